"""Accounts and API tokens in the admin."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from core.accounts.api_tokens import create_api_token, use_api_token
from core.accounts.models import ApiToken, Role, User
from core.jobs import lifecycle
from core.kinds.selftest import Selftest
from core.tests.accounts.conftest import Revocations
from core.uploads import storage
from core.uploads.models import Upload
from tests.support.fixtures import PASSWORD

USERS, TOKENS = "/admin/core/user/", "/admin/core/apitoken/"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def admin(staff: User) -> Client:
    """Return a browser that is logged in as a superuser."""
    client = Client()
    client.force_login(staff)
    return client


@pytest.fixture
def clerk(db) -> Client:
    """Return a browser of staff who may change accounts and has no other right."""
    account = User.objects.create_user("clerk@example.org", "x", role=Role.ADMIN)
    account.user_permissions.set(Permission.objects.filter(codename__endswith="_user"))
    client = Client()
    client.force_login(account)
    return client


def form_of(user: User, **changes: object) -> dict[str, object]:
    form = {
        "email": user.email, "first_name": "", "last_name": "", "role": user.role,
        "is_active": "on",
    }  # fmt: skip
    return {k: v for k, v in {**form, **changes}.items() if v is not None}


def save(client: Client, user: User, **changes: object):
    return client.post(f"{USERS}{user.pk}/change/", form_of(user, **changes))


def act(client: Client, action: str, *users: User):
    return client.post(USERS, {"action": action, "_selected_action": [u.pk for u in users]})


@pytest.mark.parametrize("path", [USERS, f"{USERS}add/", TOKENS, f"{TOKENS}add/"])
def test_the_admin_is_closed_to_those_who_are_not_staff(user: User, path: str) -> None:
    client = Client()
    client.force_login(user)

    assert client.get(path).status_code == 302


def test_a_clerk_cannot_make_an_administrator(clerk: Client, user: User) -> None:
    answer = save(clerk, user, role="admin", is_superuser="on", first_name="Ada")

    user.refresh_from_db()
    assert answer.status_code == 302
    assert (user.first_name, user.role, user.is_superuser) == ("Ada", "user", False)


def test_a_taken_email_is_refused_in_any_case(admin: Client, user: User, other_user: User) -> None:
    answer = save(admin, user, email=other_user.email.upper())

    assert answer.status_code == 200
    assert "already exists" in answer.content.decode()


def test_locking_out_in_the_form_ends_sessions_and_sockets(
    admin: Client, user: User, revocations: Revocations
) -> None:
    save(admin, user, is_active=None)

    user.refresh_from_db()
    assert not user.is_active
    assert user.token_version == 1
    assert revocations.next()["name"] == "core.auth.revoked"


def test_taking_rights_away_ends_sessions_and_sockets(
    admin: Client, user: User, revocations: Revocations
) -> None:
    User.objects.filter(pk=user.pk).update(role="admin")

    save(admin, user, role="user")

    user.refresh_from_db()
    assert user.token_version == 1
    assert revocations.next() is not None


def test_changing_a_name_ends_nothing(admin: Client, user: User, revocations: Revocations) -> None:
    save(admin, user, first_name="Ada")

    user.refresh_from_db()
    assert user.first_name == "Ada"
    assert user.token_version == 0
    assert revocations.next(0.2) is None


def test_the_action_locks_out_all_but_whoever_acts(admin: Client, user: User, staff: User) -> None:
    act(admin, "deactivate", user, staff)

    user.refresh_from_db()
    staff.refresh_from_db()
    assert (user.is_active, user.token_version) == (False, 1)
    assert (staff.is_active, staff.token_version) == (True, 0)


def test_the_action_logs_out_everywhere(
    admin: Client, user: User, other_user: User, revocations: Revocations
) -> None:
    act(admin, "log_out_everywhere", user)

    assert set(User.objects.filter(token_version=1)) == {user}
    assert revocations.next()["data"] == {"token_version": 1}


def test_a_password_set_in_the_admin_ends_sessions(
    admin: Client, user: User, revocations: Revocations
) -> None:
    words = {"password1": "a new one, please", "password2": "a new one, please"}
    answer = admin.post(f"{USERS}{user.pk}/password/", {**words, "usable_password": "true"})

    user.refresh_from_db()
    assert answer.status_code == 302
    assert user.check_password("a new one, please")
    assert user.token_version == 1
    assert revocations.next() is not None


def test_a_password_may_be_taken_away(admin: Client, user: User) -> None:
    admin.post(f"{USERS}{user.pk}/password/", {"usable_password": "false", "unset-password": "1"})

    user.refresh_from_db()
    assert not user.has_usable_password()


def test_an_account_is_made_with_its_email_in_order(admin: Client) -> None:
    words = {"password1": "a new one, please", "password2": "a new one, please"}
    form = {**words, "usable_password": "true", "email": "New@EXAMPLE.org", "role": "user"}

    assert admin.post(f"{USERS}add/", form).status_code == 302

    made = User.objects.get(email="New@example.org")
    assert made.check_password("a new one, please")


@pytest.mark.parametrize("way", ["one", "several"])
def test_removing_an_account_removes_its_files_and_sockets(
    admin: Client, user: User, revocations: Revocations, way: str
) -> None:
    path = storage.root() / storage.stored_name(user.pk, "ab" * 32, ".png")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x")
    Upload.objects.create(owner=user, stored_name="x", image_hash="ab" * 32, size_bytes=1)

    if way == "one":
        admin.post(f"{USERS}{user.pk}/delete/", {"post": "yes"})
    else:
        form = {"action": "delete_selected", "_selected_action": [user.pk], "post": "yes"}
        admin.post(USERS, form)

    assert not User.objects.filter(pk=user.pk).exists()
    assert not path.exists()
    assert revocations.next()["data"] == {}


@pytest.mark.parametrize("way", ["one", "several"])
def test_an_account_is_removed_with_rows_that_nobody_removes_by_hand(
    admin: Client, user: User, way: str
) -> None:
    lifecycle.enqueue(Selftest, owner=user, params={"stages": 1})

    if way == "one":
        assert user.email in admin.get(f"{USERS}{user.pk}/delete/").content.decode()
        admin.post(f"{USERS}{user.pk}/delete/", {"post": "yes"})
    else:
        form = {"action": "delete_selected", "_selected_action": [user.pk], "post": "yes"}
        admin.post(USERS, form)

    assert not User.objects.filter(pk=user.pk).exists()


def test_accounts_are_found_by_name_and_filtered_by_role(admin: Client, user: User) -> None:
    assert user.email in admin.get(USERS, {"q": "ada"}).content.decode()
    assert user.email not in admin.get(USERS, {"role__exact": "admin"}).content.decode()
    assert user.email in admin.get(f"{USERS}{user.pk}/change/").content.decode()


def test_the_key_of_a_new_token_is_shown_once(admin: Client, user: User) -> None:
    form = {"user": str(user.pk), "name": "scanner", "is_active": "on"}

    page = admin.post(f"{TOKENS}add/", form, follow=True).content.decode()

    (key,) = re.findall(r"[0-9a-f]{64}", page)
    assert use_api_token(user, key).name == "scanner"
    assert key not in admin.get(TOKENS).content.decode()


def test_changing_a_token_keeps_its_key(admin: Client, user: User) -> None:
    token, key = create_api_token(user, name="old")
    form = {"user": str(user.pk), "name": "new", "is_active": "on"}

    page = admin.post(f"{TOKENS}{token.pk}/change/", form, follow=True).content.decode()

    assert use_api_token(user, key).name == "new"
    assert not re.findall(r"[0-9a-f]{64}", page)


def test_a_token_is_switched_off(admin: Client, user: User) -> None:
    token, _ = create_api_token(user)

    admin.post(f"{TOKENS}{token.pk}/change/", {"user": str(user.pk), "name": ""})

    assert not ApiToken.objects.get().is_active


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_admin_has_no_change_of_password_that_leaves_tokens_alive(
    client: Client, staff: User, method: str
) -> None:
    client.force_login(staff)
    asked = {
        "old_password": PASSWORD,
        "new_password1": "stapled moon",
        "new_password2": "stapled moon",
    }

    answer = getattr(client, method)("/admin/password_change/", asked)

    assert answer["Location"] == "/account/"
    staff.refresh_from_db()
    assert staff.check_password(PASSWORD)
