"""POST /api/v1/users/signup/ (core contract, 3.3)."""

import pytest
from rest_framework.test import APIClient

from core.accounts.models import User
from core.tests.accounts.conftest import at_once
from tests.support.fixtures import PASSWORD

URL = "/api/v1/users/signup/"
GOOD = {"email": "new@example.org", "password": "correct horse battery"}


def refused(client: APIClient, **changes: object) -> dict[str, list[str]]:
    body = {k: v for k, v in {**GOOD, **changes}.items() if v is not ...}
    before = User.objects.count()
    answer = client.post(URL, body, format="json")
    assert answer.status_code == 400, answer.content
    assert User.objects.count() == before
    return answer.json()["errors"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "email",
    [..., None, "", "  ", 5, 5.5, True, [], {}, ["a@b.org"], "no-at", "a@", "@b.org", "a@b@c.org",
     "a b@c.org", "a@b", "a@-b.org", "a" * 250 + "@b.org", "a@" + "b" * 250 + ".org",
     "a\nb@c.org", "a@b.org\nBcc: x", "ä@b.org", "'; DROP TABLE core_user; --"],
)  # fmt: skip
def test_an_email_that_is_none_is_refused_by_its_field(anyone: APIClient, email: object) -> None:
    assert set(refused(anyone, email=email)) == {"email"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "password",
    [..., None, "", 5, 12345678, True, [], {}, "short", "12345678901", "password", "x" * 1025],
)
def test_a_password_that_will_not_do_is_refused_by_its_field(
    anyone: APIClient, password: object
) -> None:
    assert set(refused(anyone, password=password)) == {"password"}


@pytest.mark.django_db
def test_a_password_like_the_email_is_refused(anyone: APIClient) -> None:
    assert set(refused(anyone, email="stonecutter@a.org", password="stonecutter")) == {"password"}


@pytest.mark.django_db
@pytest.mark.parametrize("name", [None, 5, True, [], {}, "x" * 151])
@pytest.mark.parametrize("field", ["first_name", "last_name"])
def test_a_name_of_a_wrong_type_or_length_is_refused(
    anyone: APIClient, field: str, name: object
) -> None:
    assert set(refused(anyone, **{field: name})) == {field}


@pytest.mark.django_db
def test_all_that_is_wrong_is_told_at_once(anyone: APIClient) -> None:
    assert set(refused(anyone, email="no", password="short")) == {"email", "password"}


@pytest.mark.django_db
@pytest.mark.parametrize("body", [[], "text", 5, None, [GOOD]])
def test_a_body_that_is_no_object_is_refused(anyone: APIClient, body: object) -> None:
    answer = anyone.post(URL, body, format="json")

    assert answer.status_code == 400
    assert answer.json()["errors"]


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["a\\u0000b@c.org", "\\ud800@c.org"])
def test_nul_and_half_characters_are_refused(anyone: APIClient, text: str) -> None:
    body = f'{{"email":"{text}","password":"correct horse battery"}}'
    answer = anyone.post(URL, body, content_type="application/json")

    assert answer.status_code == 400
    assert User.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    "email", ["ada@example.org", "ADA@example.org", " Ada@Example.ORG ", "ａda@example.org"]
)
def test_a_taken_email_is_refused_in_any_case(anyone: APIClient, user: User, email: str) -> None:
    assert refused(anyone, email=email) == {
        "email": ["An account with this e-mail already exists."]
    }


@pytest.mark.django_db
def test_nobody_signs_up_where_it_is_closed(anyone: APIClient, settings) -> None:
    settings.CORE_SIGNUP = False

    answer = anyone.post(URL, GOOD, format="json")

    assert answer.status_code == 403
    assert answer.json() == {"detail": "Signing up is closed."}
    assert User.objects.count() == 0


def sign_up(email: str, **headers: str):
    body = {**GOOD, "email": email}
    return APIClient().post(URL, body, format="json", **headers)


@pytest.mark.django_db
def test_the_eleventh_newcomer_from_one_address_has_to_wait() -> None:
    codes = [sign_up(f"new{n}@example.org").status_code for n in range(10)]

    answer = sign_up("late@example.org")

    assert codes == [201] * 10
    assert answer.status_code == 429
    assert answer.json()["detail"].startswith("Request was throttled. ")
    assert 800 < int(answer["Retry-After"]) <= 900
    assert not User.objects.filter(email="late@example.org").exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("limit", "codes"), [(2, [400, 400, 429]), (0, [400] * 12)])
def test_how_many_attempts_an_address_has_is_set_and_nought_is_no_limit(
    settings, limit: int, codes: list[int]
) -> None:
    settings.CORE_SIGNUPS_PER_IP_15MIN = limit

    assert [sign_up("no").status_code for _ in codes] == codes


@pytest.mark.django_db
def test_whoever_tries_which_addresses_have_accounts_is_slowed_down(user: User) -> None:
    codes = [sign_up(user.email).status_code for _ in range(11)]

    assert codes == [400] * 10 + [429]


@pytest.mark.django_db
def test_a_forwarded_address_makes_no_other_newcomer() -> None:
    codes = [sign_up("no", HTTP_X_FORWARDED_FOR=f"198.51.100.{n}").status_code for n in range(11)]

    assert codes == [400] * 10 + [429]


@pytest.mark.django_db
def test_newcomers_from_another_address_and_logins_do_not_wait(user: User) -> None:
    for _ in range(11):
        sign_up("no")

    assert sign_up("new@example.org", REMOTE_ADDR="198.51.100.7").status_code == 201
    body = {"email": user.email, "password": PASSWORD}
    assert APIClient().post("/api/v1/users/login/", body, format="json").status_code == 200


@pytest.mark.django_db
def test_one_customers_ipv6_network_counts_as_one_address() -> None:
    codes = [sign_up("no", REMOTE_ADDR=f"2001:db8:0:1::{n:x}").status_code for n in range(11)]

    assert codes == [400] * 10 + [429]


@pytest.mark.django_db(transaction=True)
def test_of_a_burst_of_newcomers_ten_are_let_in(transactional_db) -> None:
    codes = at_once(16, lambda n: sign_up(f"new{n}@example.org").status_code)

    assert sorted(codes) == [201] * 10 + [429] * 6
    assert User.objects.count() == 10


@pytest.mark.django_db
def test_signing_up_goes_on_while_redis_is_away(machine) -> None:
    machine.stop_redis()
    try:
        code = sign_up("new@example.org").status_code
    finally:
        machine.restart_redis()

    assert code == 201


@pytest.mark.django_db
def test_a_closed_door_says_so_however_often_it_is_tried(settings) -> None:
    settings.CORE_SIGNUP = False

    assert {sign_up("new@example.org").status_code for _ in range(12)} == {403}


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["role", "is_superuser", "is_active", "token_version", "id"])
def test_nobody_gives_himself_rights(anyone: APIClient, field: str) -> None:
    anyone.post(URL, {**GOOD, field: "admin"}, format="json")

    made = User.objects.get()
    assert (made.role, made.is_superuser, made.is_active, made.token_version) == (
        "user", False, True, 0,
    )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_of_two_signups_at_once_with_one_email_one_wins(transactional_db) -> None:
    def sign_up(number: int) -> int:
        email = "twin@example.org" if number % 2 else "TWIN@example.org"
        return APIClient().post(URL, {**GOOD, "email": email}, format="json").status_code

    assert sorted(at_once(6, sign_up)) == [201] + [400] * 5
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_signing_up_gives_an_account_and_tokens(anyone: APIClient) -> None:
    answer = anyone.post(
        URL, {**GOOD, "email": "New@Example.ORG ", "first_name": "Ada"}, format="json"
    )

    assert answer.status_code == 201
    body = answer.json()
    assert set(body) == {"message", "access", "refresh", "user"}
    made = User.objects.get()
    assert body["user"] == {
        "id": str(made.pk),
        "email": "New@example.org",
        "role": "user",
        "last_ip": "127.0.0.1",
        "first_name": "Ada",
        "last_name": "",
    }
    assert made.last_login is not None
    anyone.credentials(HTTP_AUTHORIZATION=f"Bearer {body['access']}")
    assert anyone.get("/api/v1/users/user/").json() == body["user"]


@pytest.mark.django_db
def test_a_dead_token_in_the_header_does_not_keep_anyone_from_signing_up(anyone: APIClient) -> None:
    anyone.credentials(HTTP_AUTHORIZATION="Bearer dead")

    assert anyone.post(URL, GOOD, format="json").status_code == 201


@pytest.mark.django_db
def test_newcomers_get_the_role_of_the_setting(anyone: APIClient, settings) -> None:
    settings.CORE_SIGNUP_ROLE = "demo_user"

    assert anyone.post(URL, GOOD, format="json").json()["user"]["role"] == "demo_user"


@pytest.mark.django_db
def test_blanks_belong_to_a_password(anyone: APIClient) -> None:
    anyone.post(URL, {**GOOD, "password": "  correct horse  "}, format="json")

    assert User.objects.get().check_password("  correct horse  ")
