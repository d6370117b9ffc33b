"""Logging in, signing up and out in a browser: what the dashboard's pages call."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.test import RequestFactory

from core.accounts import login
from core.accounts.models import User
from core.errors import FieldErrors, InvalidInput, Throttled
from tests.support.fixtures import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def request_of_nobody() -> HttpRequest:
    """Return a request with an empty session."""
    request = RequestFactory().post("/login/", REMOTE_ADDR="198.51.100.7")
    request.session = SessionStore()
    request.user = AnonymousUser()
    return request


@pytest.mark.parametrize(
    ("email", "password"),
    [("ada@example.org", "wrong"), ("nobody@example.org", PASSWORD), ("", ""),
     ("\x00", PASSWORD), ("ada@example.org", "\x00"), ("\ud800", PASSWORD),
     ("ada@example.org", "\ud800")],
)  # fmt: skip
def test_bad_credentials_begin_no_session(
    request_of_nobody: HttpRequest, user: User, email: str, password: str
) -> None:
    with pytest.raises(login.BadCredentials, match="Invalid email or password"):
        login.log_in_session(request_of_nobody, email=email, password=password)
    assert not request_of_nobody.session.items()


def test_pages_and_rest_count_the_same_failures(request_of_nobody: HttpRequest, user: User) -> None:
    for _ in range(10):
        with pytest.raises(login.BadCredentials):
            login.log_in_session(request_of_nobody, email=user.email, password="wrong")

    with pytest.raises(Throttled) as refused:
        login.check_credentials(user.email, PASSWORD, ip="198.51.100.7")
    assert refused.value.retry_after_s > 800


def test_signing_up_with_what_is_wrong_begins_no_session(request_of_nobody: HttpRequest) -> None:
    with pytest.raises(FieldErrors) as refused:
        login.sign_up_session(request_of_nobody, email="no", password="short")

    assert set(refused.value.fields) == {"email", "password"}
    assert not request_of_nobody.session.items()


def test_nobody_signs_up_in_a_browser_where_it_is_closed(
    request_of_nobody: HttpRequest, settings
) -> None:
    settings.CORE_SIGNUP = False

    with pytest.raises(InvalidInput, match="closed"):
        login.sign_up_session(request_of_nobody, email="a@b.org", password=PASSWORD)


def test_a_login_begins_a_session_and_is_written_down(
    request_of_nobody: HttpRequest, user: User
) -> None:
    found = login.log_in_session(request_of_nobody, email=user.email.upper(), password=PASSWORD)

    assert found == user
    assert request_of_nobody.session["_auth_user_id"] == str(user.pk)
    user.refresh_from_db()
    assert user.last_ip == "198.51.100.7"
    assert user.last_login is not None


def test_signing_up_begins_a_session(request_of_nobody: HttpRequest) -> None:
    made = login.sign_up_session(request_of_nobody, email="a@b.org", password=PASSWORD)

    assert request_of_nobody.session["_auth_user_id"] == str(made.pk)
    assert made.last_ip == "198.51.100.7"


def test_a_plain_logout_ends_this_session_alone(request_of_nobody: HttpRequest, user: User) -> None:
    login.log_in_session(request_of_nobody, email=user.email, password=PASSWORD)

    login.log_out_session(request_of_nobody)

    assert not request_of_nobody.session.items()
    user.refresh_from_db()
    assert user.token_version == 0


def test_a_logout_everywhere_ends_the_tokens_too(
    request_of_nobody: HttpRequest, user: User
) -> None:
    login.log_in_session(request_of_nobody, email=user.email, password=PASSWORD)

    login.log_out_session(request_of_nobody, everywhere=True)

    user.refresh_from_db()
    assert user.token_version == 1
    assert not Session.objects.exists()


def test_the_hash_of_a_session_follows_password_and_token_version(user: User) -> None:
    hashes = {user.get_session_auth_hash()}
    user.token_version += 1
    hashes.add(user.get_session_auth_hash())
    user.set_password("something else")
    hashes.add(user.get_session_auth_hash())

    assert len(hashes) == 3


def test_a_session_survives_a_rotated_secret_key(user: User, settings) -> None:
    before = user.get_session_auth_hash()
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "k" * 64

    assert user.get_session_auth_hash() != before
    assert before in set(user.get_session_auth_fallback_hash())
