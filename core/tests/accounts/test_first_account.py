"""`manage.py ensure_admin`: the first account, once (platform contract, 2)."""

import io
import re

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from core.accounts.first import FirstAccount, ensure_first_account
from core.accounts.models import User
from core.tests.accounts.conftest import at_once

pytestmark = pytest.mark.django_db


def ensure() -> str:
    out = io.StringIO()
    call_command("ensure_admin", stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("email", ["", "nonsense", "a@", "a b@c.org", "a@b.org,c@d.org"])
def test_a_malformed_email_stops_with_one_line_that_names_it(settings, email: str) -> None:
    settings.ADMIN_EMAIL = email

    with pytest.raises(CommandError) as stopped:
        ensure()

    assert str(stopped.value) == "ADMIN_EMAIL must be an e-mail address."
    assert not User.objects.exists()


def test_where_there_is_an_account_none_is_made_and_nothing_printed(user: User) -> None:
    assert ensure() == ""
    assert list(User.objects.all()) == [user]


def test_a_chosen_password_is_not_printed(settings) -> None:
    settings.ADMIN_PASSWORD = "chosen by the operator"

    printed = ensure()

    assert "chosen" not in printed
    assert "ADMIN_PASSWORD" in printed
    assert User.objects.get().check_password("chosen by the operator")


def test_a_generated_password_is_printed_once_and_lets_in() -> None:
    printed = ensure()

    (password,) = re.findall(r"Password: (\S{16})\n", printed)
    assert "admin@localhost" in printed
    made = User.objects.get()
    assert made.check_password(password)
    assert made.is_staff
    assert made.is_superuser
    assert ensure() == ""
    assert User.objects.count() == 1


def test_two_installations_get_two_passwords() -> None:
    first = ensure()
    User.objects.all().delete()

    assert ensure() != first


def test_an_account_whose_password_nobody_could_read_is_not_made() -> None:
    def broken_pipe(_: FirstAccount) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        ensure_first_account(broken_pipe)

    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_processes_that_start_at_once_one_makes_it(transactional_db) -> None:
    told: list[FirstAccount] = []

    made = at_once(6, lambda _: ensure_first_account(told.append))

    assert sum(made) == 1
    assert User.objects.get().check_password(told[-1].password)
    assert len(told) == 1


def test_the_first_account_sees_the_admin(client: Client, settings) -> None:
    settings.ADMIN_PASSWORD = "chosen by the operator"
    ensure()

    assert client.login(username="ADMIN@localhost", password="chosen by the operator")
    assert client.get("/admin/").status_code == 200
