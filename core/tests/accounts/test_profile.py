"""GET user/, profile/edit/, profile/password/ (core contract, 3.3)."""

import pytest
from django.test import Client
from rest_framework.test import APIClient

from core.accounts import login
from core.accounts.models import User
from core.accounts.tokens import token_pair
from core.errors import FieldErrors
from core.tests.accounts.conftest import Revocations, at_once
from tests.support.fixtures import PASSWORD, client_of

ME, EDIT, NEW_PASSWORD = (
    f"/api/v1/users/{tail}/" for tail in ("user", "profile/edit", "profile/password")
)
NEW = "stapled to the moon"
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("method", "url"),
    [("get", ME), ("put", EDIT), ("patch", EDIT), ("post", NEW_PASSWORD),
     ("delete", "/api/v1/users/profile/delete/"), ("get", "/api/v1/users/tokens/"),
     ("post", "/api/v1/users/tokens/"), ("delete", "/api/v1/users/tokens/1/")],
)  # fmt: skip
def test_every_door_wants_a_token(anyone: APIClient, method: str, url: str) -> None:
    answer = getattr(anyone, method)(url)

    assert answer.status_code == 401
    assert set(answer.json()) == {"detail"}


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Bearer a b", "bearer x", "Basic YTpi", "Bearer \udcff"]
)
def test_a_malformed_header_is_refused(anyone: APIClient, header: str) -> None:
    answer = anyone.get(ME, HTTP_AUTHORIZATION=header.encode("utf-8", "surrogateescape"))

    assert answer.status_code == 401


@pytest.mark.parametrize("method", ["put", "patch"])
@pytest.mark.parametrize("body", [{}, {"email": "x@y.org"}, {"role": "admin"}, []])
def test_a_change_of_nothing_is_refused(api: APIClient, method: str, body: object) -> None:
    answer = getattr(api, method)(EDIT, body, format="json")

    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {"__all__"}


@pytest.mark.parametrize("value", [None, 5, 0, True, [], {}, "x" * 151])
@pytest.mark.parametrize("field", ["first_name", "last_name"])
def test_a_name_of_a_wrong_type_is_refused(api: APIClient, field: str, value: object) -> None:
    answer = api.put(EDIT, {field: value}, format="json")

    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {field}


def test_nobody_promotes_himself(api: APIClient, user: User) -> None:
    body = {"first_name": "Ada", "role": "admin", "is_superuser": True, "email": "x@y.org"}
    answer = api.patch(EDIT, body, format="json")

    user.refresh_from_db()
    assert answer.status_code == 200
    assert (user.role, user.is_superuser, user.email) == ("user", False, "ada@example.org")


@pytest.mark.parametrize("method", ["put", "patch"])
def test_one_name_is_changed_and_the_other_stays(api: APIClient, user: User, method: str) -> None:
    User.objects.update(first_name="Ada", last_name="King")

    answer = getattr(api, method)(EDIT, {"last_name": "Лавлейс"}, format="json")

    assert answer.status_code == 200
    assert set(answer.json()) == {"message", "user"}
    assert answer.json()["user"]["first_name"] == "Ada"
    assert answer.json()["user"]["last_name"] == "Лавлейс"


def test_an_empty_name_clears_it(api: APIClient, user: User) -> None:
    User.objects.update(first_name="Ada")

    api.put(EDIT, {"first_name": ""}, format="json")

    user.refresh_from_db()
    assert user.first_name == ""


def test_the_caller_sees_his_account(api: APIClient, user: User, other_user: User) -> None:
    body = api.get(ME).json()

    assert set(body) == {"id", "email", "role", "last_ip", "first_name", "last_name"}
    assert body["id"] == str(user.pk)
    assert body["last_ip"] is None


@pytest.mark.parametrize("field", ["old_password", "new_password"])
@pytest.mark.parametrize("value", [..., None, "", 5, [], {}])
def test_half_a_change_of_password_is_refused(api: APIClient, field: str, value: object) -> None:
    body = {"old_password": PASSWORD, "new_password": NEW, field: value}
    body = {name: word for name, word in body.items() if word is not ...}

    answer = api.post(NEW_PASSWORD, body, format="json")

    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {field}


@pytest.mark.parametrize("new", ["short", "12345678901", "password"])
def test_a_weak_new_password_is_refused(api: APIClient, user: User, new: str) -> None:
    body = {"old_password": PASSWORD, "new_password": new}

    assert set(api.post(NEW_PASSWORD, body, format="json").json()["errors"]) == {"new_password"}
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    assert user.token_version == 0


def test_a_wrong_old_password_changes_nothing(api: APIClient, user: User) -> None:
    body = {"old_password": "wrong", "new_password": NEW}

    answer = api.post(NEW_PASSWORD, body, format="json")

    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {"old_password"}
    assert api.get(ME).status_code == 200


def test_guessing_the_old_password_counts_as_failed_logins(api: APIClient) -> None:
    body = {"old_password": "wrong", "new_password": NEW}
    codes = [api.post(NEW_PASSWORD, body, format="json").status_code for _ in range(11)]

    assert codes == [400] * 10 + [429]
    login = {"email": "ada@example.org", "password": PASSWORD}
    assert APIClient().post("/api/v1/users/login/", login, format="json").status_code == 429


@pytest.mark.django_db(transaction=True)
def test_of_parallel_changes_with_one_old_password_one_wins(user: User) -> None:
    readers = [User.objects.get(pk=user.pk) for _ in range(8)]

    def change(number: int) -> str | dict[str, list[str]]:
        new = f"{NEW} {number}"
        try:
            login.change_password(readers[number], old_password=PASSWORD, new_password=new, ip=None)
        except FieldErrors as refusal:
            return refusal.fields
        return new

    answers = at_once(8, change)

    (won,) = [answer for answer in answers if isinstance(answer, str)]
    wrong = {"old_password": ["The password is not right."]}
    assert [answer for answer in answers if answer != won] == [wrong] * 7
    user.refresh_from_db()
    assert user.check_password(won)
    assert user.token_version == 1


@pytest.mark.django_db(transaction=True)
def test_parallel_requests_with_one_old_password_change_it_once(user: User, access_token) -> None:
    clients = [client_of(user, access_token) for _ in range(8)]

    def change(number: int) -> int:
        body = {"old_password": PASSWORD, "new_password": f"{NEW} {number}"}
        return clients[number].post(NEW_PASSWORD, body, format="json").status_code

    codes = at_once(8, change)

    # Whoever comes only after the change is told that his token has ended.
    assert sorted(codes)[0] == 200
    assert set(sorted(codes)[1:]) <= {400, 401}
    user.refresh_from_db()
    assert user.check_password(f"{NEW} {codes.index(200)}")


@pytest.mark.django_db(transaction=True)
def test_a_change_made_meanwhile_is_not_undone_by_a_stronger_hash_of_the_old_password(
    user: User, settings
) -> None:
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]
    late = User.objects.get(pk=user.pk)
    login.change_password(user, old_password=PASSWORD, new_password=NEW, ip=None)

    with pytest.raises(FieldErrors):
        login.change_password(late, old_password=PASSWORD, new_password="x" + NEW, ip=None)

    assert User.objects.get().check_password(NEW)


@pytest.mark.django_db(transaction=True)
def test_a_new_password_ends_old_tokens_and_gives_new_ones(
    user: User, access_token, revocations: Revocations
) -> None:
    api, old = client_of(user, access_token), token_pair(user)
    body = {"old_password": PASSWORD, "new_password": NEW}

    answer = api.post(NEW_PASSWORD, body, format="json")

    assert answer.status_code == 200
    assert set(answer.json()) == {"message", "access", "refresh"}
    assert api.get(ME).status_code == 401
    refresh = {"refresh": old.refresh}
    assert api.post("/api/v1/users/refresh/", refresh, format="json").status_code == 401
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {answer.json()['access']}")
    assert api.get(ME).status_code == 200
    assert revocations.next()["data"] == {"token_version": 1}


def test_the_session_that_changes_the_password_goes_on_and_the_others_end(user: User) -> None:
    mine, other = Client(), Client()
    mine.force_login(user)
    other.force_login(user)

    body = {"old_password": PASSWORD, "new_password": NEW}
    answer = mine.post(NEW_PASSWORD, body, content_type="application/json")

    assert answer.status_code == 200
    assert mine.get(ME).status_code == 200
    assert other.get(ME).status_code == 401
