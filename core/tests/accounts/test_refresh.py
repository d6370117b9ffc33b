"""POST /api/v1/users/refresh/ and refresh/token/ (core contract, 3.3)."""

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import RefreshToken

from core.accounts import services
from core.accounts.authentication import user_of_access_token
from core.accounts.models import User
from core.accounts.tokens import access_token, end_refresh_token, forget_expired, token_pair
from core.tests.accounts.conftest import at_once

URL = "/api/v1/users/refresh/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def rotating(monkeypatch) -> None:
    """Have refresh tokens used once, as JWT_ROTATE_REFRESH_TOKENS=1 does at the start."""
    monkeypatch.setattr(api_settings, "ROTATE_REFRESH_TOKENS", True)


def refresh(client: APIClient, token: object):
    return client.post(URL, {"refresh": token}, format="json")


def refused(client: APIClient, token: str) -> None:
    answer = refresh(client, token)
    assert answer.status_code == 401
    assert set(answer.json()) == {"errors"}
    assert set(answer.json()["errors"]) == {"refresh"}
    assert isinstance(answer.json()["errors"]["refresh"], str)


@pytest.mark.parametrize(
    "body", [{}, {"refresh": None}, {"refresh": ""}, {"refresh": 5}, {"refresh": []}, [], "x", 5]
)
def test_a_missing_token_is_refused_with_one_sentence(anyone: APIClient, body: object) -> None:
    answer = anyone.post(URL, body, format="json")

    assert answer.status_code == 400
    assert isinstance(answer.json()["errors"]["refresh"], str)


@pytest.mark.parametrize("raw", ["x", "a.b.c", "é.é.é", "e30.e30.e30", "ey" * 3000])
def test_text_that_is_no_token_is_refused(anyone: APIClient, raw: str) -> None:
    refused(anyone, raw)


def test_an_access_token_is_refused(anyone: APIClient, user: User) -> None:
    refused(anyone, access_token(user))


def test_an_expired_token_is_refused(anyone: APIClient, user: User) -> None:
    token = RefreshToken(token_pair(user).refresh)
    token.set_exp(lifetime=timedelta(seconds=-1))

    refused(anyone, str(token))


def test_a_blacklisted_token_is_refused(anyone: APIClient, user: User) -> None:
    raw = token_pair(user).refresh
    end_refresh_token(raw, user=user)

    refused(anyone, raw)


def test_a_token_from_before_a_revocation_is_refused(anyone: APIClient, user: User) -> None:
    raw = token_pair(user).refresh
    services.revoke_sessions(user)

    refused(anyone, raw)


def test_a_token_of_a_locked_account_is_refused(anyone: APIClient, user: User) -> None:
    raw = token_pair(user).refresh
    User.objects.update(is_active=False)

    refused(anyone, raw)


def test_a_token_of_a_removed_account_is_refused(anyone: APIClient, user: User) -> None:
    raw = token_pair(user).refresh
    user.delete()

    refused(anyone, raw)


def test_a_rotated_token_is_refused(anyone: APIClient, user: User, rotating) -> None:
    raw = token_pair(user).refresh
    refresh(anyone, raw)

    refused(anyone, raw)


@pytest.mark.django_db(transaction=True)
def test_of_many_uses_of_one_rotating_token_one_wins(
    transactional_db, user: User, rotating
) -> None:
    raw = token_pair(user).refresh

    codes = at_once(6, lambda _: refresh(APIClient(), raw).status_code)

    assert sorted(codes) == [200] + [401] * 5


def test_a_refresh_token_gives_an_access_token(anyone: APIClient, user: User) -> None:
    answer = anyone.post(
        URL, {"refresh": token_pair(user).refresh}, format="json", REMOTE_ADDR="2001:db8::5"
    )

    assert answer.status_code == 200
    assert set(answer.json()) == {"access"}
    assert user_of_access_token(answer.json()["access"])[0] == user
    user.refresh_from_db()
    assert user.last_ip == "2001:db8::5"


def test_a_refresh_token_serves_again_and_again(anyone: APIClient, user: User) -> None:
    raw = token_pair(user).refresh

    assert [refresh(anyone, raw).status_code for _ in range(3)] == [200] * 3


def test_a_rotating_token_gives_its_successor(anyone: APIClient, user: User, rotating) -> None:
    answer = refresh(anyone, token_pair(user).refresh)

    assert set(answer.json()) == {"access", "refresh"}
    assert refresh(anyone, answer.json()["refresh"]).status_code == 200


def test_nobody_gets_a_pair_without_a_token(anyone: APIClient, user: User) -> None:
    assert anyone.post(f"{URL}token/").status_code == 401
    anyone.credentials(HTTP_AUTHORIZATION=f"Bearer {token_pair(user).refresh}")
    answer = anyone.post(f"{URL}token/")
    assert answer.status_code == 401
    assert answer.json() == {"detail": "The token is not valid."}


def test_an_access_token_gives_a_new_pair(api: APIClient, user: User) -> None:
    answer = api.post(f"{URL}token/")

    assert answer.status_code == 200
    assert set(answer.json()) == {"message", "access", "refresh"}
    assert user_of_access_token(answer.json()["access"])[0] == user
    assert refresh(APIClient(), answer.json()["refresh"]).status_code == 200


def test_what_has_run_out_is_forgotten_and_the_rest_kept(user: User) -> None:
    for _ in range(2):
        end_refresh_token(token_pair(user).refresh, user=user)
    old = OutstandingToken.objects.first()
    OutstandingToken.objects.filter(pk=old.pk).update(expires_at=timezone.now() - timedelta(days=1))

    assert forget_expired() == 2  # the token and its place on the blacklist
    assert BlacklistedToken.objects.count() == 1
