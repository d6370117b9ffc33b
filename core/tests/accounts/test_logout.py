"""POST /api/v1/users/logout/, and the end of sessions (core contract, 2.2, 3.2, 3.3)."""

import pytest
from django.contrib.sessions.models import Session
from django.db import transaction
from django.test import Client
from rest_framework.test import APIClient

from core.accounts import services
from core.accounts.models import User
from core.accounts.tokens import token_pair
from core.tests.accounts.conftest import Revocations

URL = "/api/v1/users/logout/"
ME = "/api/v1/users/user/"
pytestmark = pytest.mark.django_db(transaction=True)


def refresh_works(raw: str) -> bool:
    answer = APIClient().post("/api/v1/users/refresh/", {"refresh": raw}, format="json")
    return answer.status_code == 200


@pytest.fixture
def browser(user: User) -> Client:
    """Return a browser that is logged in as `user` and must send CSRF tokens."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    return client


def test_nobody_logs_out_without_a_token(anyone: APIClient) -> None:
    answer = anyone.post(URL)

    assert answer.status_code == 401
    assert set(answer.json()) == {"detail"}
    assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"refresh": 5}, "refresh"),
        ({"refresh": None}, "refresh"),
        ({"refresh": []}, "refresh"),
        ({"everywhere": "true"}, "everywhere"),
        ({"everywhere": 1}, "everywhere"),
        ({"everywhere": None}, "everywhere"),
        ({"everywhere": {}}, "everywhere"),
        ([], "__all__"),
    ],
)
def test_wrong_types_are_refused_and_end_nothing(
    api: APIClient, user: User, body: object, field: str
) -> None:
    answer = api.post(URL, body, format="json")

    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {field}
    assert api.get(ME).status_code == 200


def test_another_accounts_token_is_left_alone(api: APIClient, other_user: User) -> None:
    raw = token_pair(other_user).refresh

    answer = api.post(URL, {"refresh": raw, "everywhere": True}, format="json")

    assert answer.status_code == 400
    assert refresh_works(raw)
    assert api.get(ME).status_code == 200


def test_a_session_logs_out_only_with_its_csrf_token(browser: Client) -> None:
    answer = browser.post(URL)

    assert answer.status_code == 403
    assert "CSRF" in answer.json()["detail"]
    assert browser.get(ME).status_code == 200


def test_a_plain_logout_leaves_other_tokens_alone(
    api: APIClient, user: User, revocations: Revocations
) -> None:
    raw = token_pair(user).refresh

    answer = api.post(URL)

    assert (answer.status_code, answer.json()) == (200, {"message": "Logout successful."})
    assert refresh_works(raw)
    assert revocations.next(0.2) is None


def test_a_given_refresh_token_ends(api: APIClient, user: User) -> None:
    mine, other = token_pair(user).refresh, token_pair(user).refresh

    assert api.post(URL, {"refresh": mine}, format="json").status_code == 200

    assert not refresh_works(mine)
    assert refresh_works(other)


def test_a_dead_refresh_token_may_be_given(api: APIClient, user: User) -> None:
    raw = token_pair(user).refresh

    assert [api.post(URL, {"refresh": t}, format="json").status_code for t in (raw, raw, "x")] == [
        200, 200, 200,
    ]  # fmt: skip


def test_everywhere_ends_every_token_session_and_socket(
    api: APIClient, user: User, browser: Client, revocations: Revocations
) -> None:
    raw = token_pair(user).refresh

    assert api.post(URL, {"everywhere": True}, format="json").status_code == 200

    assert api.get(ME).status_code == 401
    assert not refresh_works(raw)
    assert browser.get(ME).status_code == 401
    event = revocations.next()
    assert event["name"] == "core.auth.revoked"
    assert event["is_final"] is True
    assert event["data"] == {"token_version": 1}


def test_everywhere_touches_nobody_else(api: APIClient, other_user: User) -> None:
    raw = token_pair(other_user).refresh

    api.post(URL, {"everywhere": True}, format="json")

    assert refresh_works(raw)


def test_a_session_that_logs_out_is_over(user: User) -> None:
    browser = Client()
    browser.force_login(user)

    assert browser.post(URL, content_type="application/json").status_code == 200

    assert browser.get(ME).status_code == 401
    assert Session.objects.count() == 0


def test_a_deactivated_account_is_out_at_once(
    api: APIClient, user: User, browser: Client, revocations: Revocations
) -> None:
    services.deactivate(user)

    assert api.get(ME).status_code == 401
    assert browser.get(ME).status_code == 401
    assert revocations.next()["name"] == "core.auth.revoked"


def test_tokens_of_before_a_deactivation_stay_dead_after_it(api: APIClient, user: User) -> None:
    services.deactivate(user)
    User.objects.update(is_active=True)

    assert api.get(ME).status_code == 401


def test_a_revocation_that_is_rolled_back_ends_nothing(
    api: APIClient, user: User, revocations: Revocations
) -> None:
    def fail() -> None:
        with transaction.atomic():
            services.revoke_sessions(user)
            raise RuntimeError("the request failed")

    with pytest.raises(RuntimeError):
        fail()

    assert api.get(ME).status_code == 200
    assert revocations.next(0.2) is None
