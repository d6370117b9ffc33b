"""Signing in, signing up, signing out: the refusals, then the way in."""

import pytest
from django.test import Client

from core.accounts.models import User
from tests.support.fixtures import PASSWORD

pytestmark = pytest.mark.django_db
REFUSAL = "Invalid email or password."


@pytest.fixture
def strict() -> Client:
    return Client(enforce_csrf_checks=True)


def sign_in(client: Client, email: str, password: str = PASSWORD, **more):
    return client.post("/login/", {"email": email, "password": password, **more})


def is_in(client: Client) -> bool:
    return client.get("/").status_code == 200


def test_a_login_without_the_forms_secret_is_refused(strict: Client, user) -> None:
    response = sign_in(strict, user.email)

    assert response.status_code == 403
    assert "The form is out of date" in response.content.decode()
    assert not is_in(strict)


def test_an_unknown_account_and_a_wrong_password_get_the_same_page(client: Client, user) -> None:
    unknown = sign_in(client, "nobody@example.org")
    wrong = sign_in(client, user.email, "not the password")

    assert unknown.status_code == wrong.status_code == 401
    assert REFUSAL in unknown.content.decode()
    assert REFUSAL in wrong.content.decode()
    assert not is_in(client)


def test_a_locked_account_is_not_told_apart(client: Client, user) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)

    response = sign_in(client, user.email)

    assert response.status_code == 401
    assert REFUSAL in response.content.decode()


@pytest.mark.parametrize("missing", ["email", "password"])
def test_an_empty_field_is_named(client: Client, user, missing: str) -> None:
    filled = {"email": user.email, "password": PASSWORD, missing: ""}

    response = client.post("/login/", filled)

    assert response.status_code == 400
    assert "This field is required." in response.content.decode()


@pytest.mark.parametrize(
    "email", ["x" * 300, "\x00@example.org", "a" * 200 + "@example.org", "' OR 1=1 --"]
)
def test_nonsense_for_an_address_is_a_refusal_and_no_crash(client: Client, email: str) -> None:
    assert sign_in(client, email).status_code in (400, 401)


def test_a_file_in_place_of_a_field_is_a_refusal(client: Client) -> None:
    from io import BytesIO

    assert client.post("/login/", {"email": BytesIO(b"x"), "password": "x"}).status_code == 400


def test_guessing_is_slowed_down_as_on_the_api(client: Client, user) -> None:
    for _ in range(10):
        assert sign_in(client, user.email, "a guess").status_code == 401

    response = sign_in(client, user.email)

    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert "Too many attempts. Try again in 15 minutes." in response.content.decode()
    assert not is_in(client)


def test_the_refused_page_keeps_the_address_and_not_the_password(client: Client, user) -> None:
    page = sign_in(client, user.email, "a secret guess").content.decode()

    assert user.email in page
    assert "a secret guess" not in page


def test_the_letter_case_of_the_address_does_not_matter(client: Client, user) -> None:
    assert sign_in(client, user.email.upper()).status_code == 302
    assert is_in(client)


def test_the_session_before_the_login_is_worth_nothing_after_it(client: Client, user) -> None:
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    client.cookies["sessionid"] = planted = session.session_key

    sign_in(client, user.email)

    assert client.cookies["sessionid"].value != planted
    intruder = Client()
    intruder.cookies["sessionid"] = planted
    assert not is_in(intruder)


def test_after_the_login_one_is_where_one_wanted_to_be(client: Client, user) -> None:
    asked = client.get("/uploads/")
    assert asked["Location"] == "/login/?next=/uploads/"
    assert 'name="next" value="/uploads/"' in client.get(asked["Location"]).content.decode()

    assert sign_in(client, user.email, next="/uploads/")["Location"] == "/uploads/"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "javascript:alert(1)",
        "http:evil.example",
        "evil",
        "/\t/evil.example/",
        "",
    ],
)
def test_a_login_never_leads_away_from_here(client: Client, user, target: str) -> None:
    assert sign_in(client, user.email, next=target)["Location"] == "/"


def test_who_is_in_already_need_not_sign_in_again(client: Client, user) -> None:
    client.force_login(user)

    assert client.get("/login/?next=/uploads/")["Location"] == "/uploads/"
    assert client.get("/signup/")["Location"] == "/"


def test_a_sign_up_without_the_forms_secret_is_refused(strict: Client) -> None:
    response = strict.post("/signup/", {"email": "new@example.org", "password": PASSWORD})

    assert response.status_code == 403
    assert not User.objects.exists()


def test_an_address_that_is_taken_in_other_letters_is_refused(client: Client, user) -> None:
    response = client.post("/signup/", {"email": user.email.upper(), "password": PASSWORD})

    assert response.status_code == 400
    assert "An account with this e-mail already exists." in response.content.decode()
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("email", "password", "sentence"),
    [
        ("no address", PASSWORD, "Enter a valid email address."),
        ("new@example.org", "short", "at least 8 characters"),
        ("new@example.org", "password", "too common"),
        ("new@example.org", "9164827364", "entirely numeric"),
    ],
)
def test_what_is_wrong_with_a_sign_up_is_said(
    client: Client, email: str, password: str, sentence: str
) -> None:
    response = client.post("/signup/", {"email": email, "password": password})

    assert response.status_code == 400
    assert sentence in response.content.decode()
    assert not User.objects.exists()


def test_signing_up_is_slowed_down_as_on_the_api(client: Client, user) -> None:
    taken = {"email": user.email, "password": PASSWORD}
    for _ in range(10):
        assert client.post("/signup/", taken).status_code == 400

    response = client.post("/signup/", {"email": "new@example.org", "password": PASSWORD})

    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert "Too many attempts. Try again in 15 minutes." in response.content.decode()
    assert not User.objects.filter(email="new@example.org").exists()
    assert not is_in(client)


def test_nobody_signs_up_as_staff(client: Client) -> None:
    asked = {"email": "new@example.org", "password": PASSWORD, "role": "admin", "is_superuser": "1"}
    client.post("/signup/", asked)

    assert not User.objects.get().is_staff
    assert not User.objects.get().is_superuser


def test_where_signing_up_is_closed_nothing_offers_it(client: Client, settings) -> None:
    settings.CORE_SIGNUP = False

    page = client.get("/signup/")
    sent = client.post("/signup/", {"email": "new@example.org", "password": PASSWORD})

    assert "/signup/" not in client.get("/login/").content.decode()
    assert page.status_code == sent.status_code == 403
    assert "Signing up is closed" in page.content.decode()
    assert not User.objects.exists()


def test_a_newcomer_signs_up_and_is_in(client: Client) -> None:
    assert "/signup/" in client.get("/login/").content.decode()

    response = client.post(
        "/signup/", {"email": "New@Example.org", "password": PASSWORD, "first_name": "Ada"}
    )

    assert response["Location"] == "/"
    assert is_in(client)
    assert User.objects.get().first_name == "Ada"


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_admin_has_no_login_of_its_own_that_nobody_counts(
    client: Client, staff, method: str
) -> None:
    asked = {"username": staff.email, "password": PASSWORD}

    response = getattr(client, method)("/admin/login/", asked)

    assert response["Location"].startswith("/login/?next=%2Fadmin%2F")
    assert not is_in(client)


def test_who_is_no_staff_is_told_so_by_the_admin(client: Client, user) -> None:
    client.force_login(user)

    response = client.get("/admin/", follow=True)

    assert response.status_code == 403
    assert "Not allowed" in response.content.decode()


def test_staff_come_into_the_admin_through_the_one_login(client: Client, staff) -> None:
    asked = client.get("/admin/", follow=True)
    assert asked.redirect_chain[-1][0] == "/login/?next=%2Fadmin%2F"

    response = sign_in(client, staff.email, next="/admin/")

    assert response["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_a_link_alone_signs_nobody_out(client: Client, user) -> None:
    client.force_login(user)

    assert "Sign out?" in client.get("/logout/").content.decode()
    assert is_in(client)


def test_signing_out_without_the_forms_secret_is_refused(strict: Client, user) -> None:
    strict.force_login(user)

    assert strict.post("/logout/").status_code == 403
    assert is_in(strict)


def test_signing_out_ends_the_session_for_good(client: Client, user) -> None:
    client.force_login(user)
    old = client.cookies["sessionid"].value

    response = client.post("/logout/", follow=True)

    assert "You are signed out." in response.content.decode()
    replayed = Client()
    replayed.cookies["sessionid"] = old
    assert not is_in(replayed)


def test_signing_out_twice_is_harmless(client: Client) -> None:
    assert client.get("/logout/")["Location"] == "/login/"
    assert client.post("/logout/")["Location"] == "/login/"


@pytest.mark.parametrize("path", ["/login/", "/logout/", "/signup/"])
def test_other_methods_are_refused(client: Client, path: str) -> None:
    assert client.put(path).status_code == 405
    assert client.delete(path).status_code == 405
