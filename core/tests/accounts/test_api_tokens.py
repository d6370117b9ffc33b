"""/api/v1/users/tokens/ and what a key is good for (core contract, 3.7)."""

import hashlib
import re

import pytest
from django.db import connection
from rest_framework.test import APIClient

from core.accounts.api_tokens import create_api_token, use_api_token
from core.accounts.models import ApiToken, User
from core.errors import FieldErrors

URL = "/api/v1/users/tokens/"
pytestmark = pytest.mark.django_db


def refusal(user: User, key: str) -> dict[str, list[str]]:
    with pytest.raises(FieldErrors) as refused:
        use_api_token(user, key)
    return refused.value.fields


@pytest.mark.parametrize("name", [None, 5, True, [], {}, "x" * 101])
def test_a_name_of_a_wrong_type_is_refused(api: APIClient, name: object) -> None:
    answer = api.post(URL, {"name": name}, format="json")

    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {"name"}
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("pk", ["0", "999999", "9" * 19, "9" * 200])
def test_an_unknown_token_is_not_found(api: APIClient, pk: str) -> None:
    assert api.delete(f"{URL}{pk}/").status_code == 404


def test_another_accounts_token_is_not_found_and_stays(api: APIClient, other_user: User) -> None:
    token, _ = create_api_token(other_user)

    answer = api.delete(f"{URL}{token.pk}/")

    assert (answer.status_code, answer.json()) == (404, {"detail": "Not found."})
    assert ApiToken.objects.filter(pk=token.pk).exists()
    assert api.get(URL).json()["results"] == []


def test_a_key_does_not_replace_the_jwt(user: User) -> None:
    _, key = create_api_token(user)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")

    assert client.get(URL).status_code == 401


@pytest.mark.parametrize(
    "mangle",
    [
        lambda key: "",
        lambda key: key[:-1],
        lambda key: key + "0",
        lambda key: key.upper() if key.upper() != key else "G" * 64,
        lambda key: f"ML_{key}",
        lambda key: f"ml_ml_{key}",
        lambda key: f" {key}",
        lambda key: f"{key}\n",
        lambda key: hashlib.sha256(key.encode()).hexdigest(),
        lambda key: "0" * 64,
        lambda key: "٠" * 64,
    ],
)
def test_what_is_not_the_key_is_refused(user: User, mangle) -> None:
    _, key = create_api_token(user)

    assert set(refusal(user, mangle(key))) == {"token"}


def test_another_accounts_key_is_refused_in_the_same_words(user: User, other_user: User) -> None:
    _, key = create_api_token(other_user)

    assert refusal(user, key) == refusal(user, "0" * 64)
    assert refusal(user, key)["token"][0].endswith("invalid or inactive.")


def test_a_key_that_is_switched_off_is_refused(user: User) -> None:
    _, key = create_api_token(user)
    ApiToken.objects.update(is_active=False)

    assert set(refusal(user, key)) == {"token"}


def test_a_deleted_key_is_refused(api: APIClient, user: User) -> None:
    token, key = create_api_token(user)

    assert api.delete(f"{URL}{token.pk}/").status_code == 204

    assert set(refusal(user, key)) == {"token"}


def test_a_key_that_is_deleted_while_it_is_used_is_refused(user: User) -> None:
    token, key = create_api_token(user)

    def deleted_first(execute, sql, *rest):
        if sql.startswith("UPDATE"):
            ApiToken.objects.filter(pk=token.pk).delete()
        return execute(sql, *rest)

    with connection.execute_wrapper(deleted_first):
        assert set(refusal(user, key)) == {"token"}


def test_a_key_is_shown_once_and_not_kept(api: APIClient) -> None:
    answer = api.post(URL, {"name": "scanner"}, format="json")

    assert answer.status_code == 201
    key = answer.json()["key"]
    assert re.fullmatch("[0-9a-f]{64}", key)
    row = ApiToken.objects.get()
    assert row.key_hash == hashlib.sha256(key.encode()).hexdigest()
    assert row.prefix == answer.json()["prefix"] == key[:8]
    listed = api.get(URL).json()["results"]
    assert [item["name"] for item in listed] == ["scanner"]
    assert key not in str(listed)
    assert "key" not in listed[0]


def test_a_token_needs_no_name(api: APIClient, user: User) -> None:
    answer = api.post(URL)

    assert answer.status_code == 201
    assert answer.json()["name"] == ""
    assert answer.json()["user"] == str(user.pk)
    assert answer.json()["ip_address"] == "127.0.0.1"


@pytest.mark.parametrize("prefix", ["", "ml_"])
def test_a_key_counts_with_and_without_its_prefix(user: User, prefix: str) -> None:
    token, key = create_api_token(user)

    used = use_api_token(user, prefix + key, ip="198.51.100.7")

    assert used == token
    token.refresh_from_db()
    assert token.ip_address == "198.51.100.7"
    assert token.last_used_at is not None


def test_tokens_come_in_pages_newest_first(api: APIClient, user: User) -> None:
    names = [str(number) for number in range(5)]
    for name in names:
        create_api_token(user, name=name)

    first = api.get(URL, {"page_size": 3}).json()
    second = api.get(first["next"]).json()

    assert [item["name"] for item in first["results"] + second["results"]] == names[::-1]
    assert second["next"] is None
