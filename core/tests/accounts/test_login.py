"""POST /api/v1/users/login/ (core contract, 3.3)."""

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from rest_framework.test import APIClient

from core.accounts.models import User
from core.tests.accounts.conftest import at_once
from tests.support.fixtures import PASSWORD

URL = "/api/v1/users/login/"
WRONG = {"message": "Invalid email or password."}
pytestmark = pytest.mark.django_db


class CountingHasher(MD5PasswordHasher):
    """Counts how often a password is hashed."""

    count = 0

    def encode(self, password: str, salt: str) -> str:
        type(self).count += 1
        return super().encode(password, salt)


def login(client: APIClient, email: object, password: object = PASSWORD, **headers: str):
    return client.post(URL, {"email": email, "password": password}, format="json", **headers)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "ada@example.org"},
        {"password": "x"},
        {"email": "", "password": "x"},
        {"email": "ada@example.org", "password": ""},
        {"username": "  ", "password": "x"},
    ],
)
def test_half_a_login_is_refused_as_a_whole(anyone: APIClient, body: object) -> None:
    answer = anyone.post(URL, body, format="json")

    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {"__all__"}


@pytest.mark.parametrize("value", [None, 5, True, [], {}, 1.5])
@pytest.mark.parametrize("field", ["email", "username", "password"])
def test_a_wrong_type_is_refused_by_its_field(anyone: APIClient, field: str, value: object) -> None:
    body = {"email": "ada@example.org", "password": "x", field: value}
    answer = anyone.post(URL, body, format="json")

    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {field}


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("ada@example.org", "wrong"),
        ("ada@example.org", PASSWORD.upper()),
        ("ada@example.org", PASSWORD + " "),
        ("nobody@example.org", PASSWORD),
        ("not an e-mail", PASSWORD),
        ("%", PASSWORD),
        ("' OR 1=1 --", PASSWORD),
        ("ada@example.org" * 50, PASSWORD),
    ],
)
def test_wrong_passwords_and_unknown_accounts_are_refused_alike(
    anyone: APIClient, user: User, email: str, password: str
) -> None:
    answer = login(anyone, email, password)

    assert answer.status_code == 401
    assert answer.json() == WRONG


def test_a_locked_account_is_refused_like_an_unknown_one(anyone: APIClient, user: User) -> None:
    User.objects.update(is_active=False)

    answer = login(anyone, user.email)

    assert (answer.status_code, answer.json()) == (401, WRONG)


def test_an_account_without_a_password_lets_nobody_in(anyone: APIClient, user: User) -> None:
    user.set_unusable_password()
    user.save()

    assert login(anyone, user.email, user.password).status_code == 401


def test_an_unknown_account_costs_as_much_hashing_as_a_wrong_password(
    anyone: APIClient, settings, user: User
) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    costs = []
    for email in (user.email, "nobody@example.org"):
        CountingHasher.count = 0
        login(anyone, email, "wrong")
        costs.append(CountingHasher.count)

    assert costs == [1, 1]


def test_the_eleventh_guess_is_refused_even_if_it_is_right(anyone: APIClient, user: User) -> None:
    assert [login(anyone, user.email, "wrong").status_code for _ in range(11)] == [401] * 10 + [429]

    answer = login(anyone, user.email)

    assert answer.status_code == 429
    assert answer.json()["detail"].startswith("Request was throttled. ")
    assert 800 < int(answer["Retry-After"]) <= 900


def test_guesses_count_whatever_the_case_of_the_letters(anyone: APIClient, user: User) -> None:
    spellings = ["ada@example.org", "ADA@EXAMPLE.ORG", " Ada@example.org"]
    for number in range(10):
        login(anyone, spellings[number % 3], "wrong")

    assert login(anyone, user.email).status_code == 429


def test_guesses_at_an_unknown_account_are_counted_too(anyone: APIClient) -> None:
    for _ in range(10):
        login(anyone, "nobody@example.org", "wrong")

    assert login(anyone, "nobody@example.org").status_code == 429


def test_another_account_and_another_address_are_counted_apart(
    anyone: APIClient, user: User, other_user: User
) -> None:
    for _ in range(10):
        login(anyone, user.email, "wrong")

    assert login(anyone, other_user.email).status_code == 200
    assert login(anyone, user.email, REMOTE_ADDR="198.51.100.7").status_code == 200


def test_a_forwarded_address_is_not_believed(anyone: APIClient, user: User) -> None:
    for number in range(10):
        login(anyone, user.email, "wrong", HTTP_X_FORWARDED_FOR=f"198.51.100.{number}")

    assert login(anyone, user.email, HTTP_X_FORWARDED_FOR="203.0.113.1").status_code == 429


def test_right_logins_are_not_counted(anyone: APIClient, user: User) -> None:
    assert {login(anyone, user.email).status_code for _ in range(12)} == {200}


@pytest.mark.django_db(transaction=True)
def test_a_burst_of_guesses_learns_no_more_than_ten(transactional_db, user: User) -> None:
    codes = at_once(16, lambda _: login(APIClient(), user.email, "wrong").status_code)

    assert sorted(codes) == [401] * 10 + [429] * 6


@pytest.mark.django_db(transaction=True)
def test_many_right_logins_at_once_all_pass(transactional_db, user: User) -> None:
    codes = at_once(16, lambda _: login(APIClient(), user.email).status_code)

    assert codes == [200] * 16


def test_logins_go_on_while_redis_is_away(anyone: APIClient, user: User, machine) -> None:
    machine.stop_redis()
    try:
        codes = [login(anyone, user.email, word).status_code for word in ("wrong", PASSWORD)]
    finally:
        machine.restart_redis()

    assert codes == [401, 200]


@pytest.mark.case("core", 57)
@pytest.mark.parametrize("email", ["ADA@EXAMPLE.ORG", "Ada@example.org", " ada@Example.org "])
def test_the_case_of_the_email_does_not_matter(anyone: APIClient, user: User, email: str) -> None:
    answer = login(anyone, email)

    assert answer.status_code == 200
    assert answer.json()["user"]["id"] == str(user.pk)


def test_an_account_made_in_capitals_is_found_in_small_letters(anyone: APIClient) -> None:
    made = User.objects.create_user("GRACE@Example.Org", PASSWORD)

    assert login(anyone, "grace@example.org").json()["user"]["id"] == str(made.pk)


def test_the_email_may_come_as_username(anyone: APIClient, user: User) -> None:
    body = {"username": user.email, "password": PASSWORD}

    assert anyone.post(URL, body, format="json").status_code == 200


def test_an_international_domain_is_found_in_any_case(anyone: APIClient) -> None:
    made = User.objects.create_user("ada@Bücher.example", PASSWORD)

    assert login(anyone, "ADA@BÜCHER.example").json()["user"]["id"] == str(made.pk)


def test_a_login_gives_tokens_and_is_written_down(anyone: APIClient, user: User) -> None:
    answer = login(anyone, user.email, REMOTE_ADDR="198.51.100.7")

    assert set(answer.json()) == {"message", "access", "refresh", "user"}
    user.refresh_from_db()
    assert user.last_ip == answer.json()["user"]["last_ip"] == "198.51.100.7"
    assert user.last_login is not None
