"""A live socket whose token runs out, is renewed, or is revoked."""

from datetime import timedelta

import pytest

from core.accounts.models import User
from core.accounts.services import deactivate, delete_account, revoke_sessions
from core.accounts.tokens import token_pair
from core.jobs.events import announce
from core.jobs.models import Job
from core.realtime import close_codes
from core.realtime.account import AccountWatch
from core.realtime.identity import Identity
from core.realtime.publish import Event

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def short_socket(open_socket, user, access_token):
    """Return a socket whose token has a few seconds left, none of them for a server's first."""
    open_socket(f"/ws/jobs/?token={access_token(user)}")
    return open_socket(f"/ws/jobs/?token={access_token(user, lifetime=timedelta(seconds=4))}")


def is_open(client):
    return client.ask({"type": "nope"})["code"] == "unsupported_command"


def test_at_its_end_the_socket_is_warned_told_and_closed_4401(short_socket):
    frames = short_socket.rest()

    assert [frame["type"] for frame in frames] == ["auth.expiring", "error"]
    assert 0 <= frames[0]["expires_in"] <= 4
    assert frames[1]["code"] == "token_expired"
    assert short_socket.connection.close_code == close_codes.UNAUTHENTICATED


def test_no_event_follows_the_end(short_socket, user):
    job = Job.objects.create(owner=user, kind="core.selftest", queue="nobody")
    announce(job)
    frames = short_socket.rest()
    announce(job)

    assert [frame["type"] for frame in frames] == ["auth.expiring", "job", "error"] or [
        frame["type"] for frame in frames
    ] == ["job", "auth.expiring", "error"]


def test_a_token_of_another_account_renews_nothing(jobs_socket, other_user, access_token):
    answer = jobs_socket.ask(
        {"type": "authenticate", "token": access_token(other_user), "request_id": 7}
    )

    assert (answer["type"], answer["code"], answer["request_id"]) == ("error", "token_invalid", 7)
    assert is_open(jobs_socket)


def test_what_is_no_access_token_renews_nothing(jobs_socket, user):
    for token in ("x", token_pair(user).refresh, None, 5, ["x"], {"a": 1}):
        assert jobs_socket.ask({"type": "authenticate", "token": token})["code"] == "token_invalid"
    assert jobs_socket.ask({"type": "authenticate"})["code"] == "token_invalid"
    assert is_open(jobs_socket)


def test_a_fresh_token_of_the_same_account_prolongs_the_socket(short_socket, user, access_token):
    assert short_socket.receive()["type"] == "auth.expiring"
    fresh = access_token(user, lifetime=timedelta(seconds=64))
    answer = short_socket.ask({"type": "authenticate", "token": fresh})
    assert (answer["type"], answer["user"]) == ("authenticated", str(user.pk))
    assert answer["expires_at"].endswith("+00:00")

    # The warning of the new end, which comes after the old end has passed.
    assert short_socket.receive()["type"] == "auth.expiring"
    assert is_open(short_socket)


@pytest.mark.parametrize("revoke", [revoke_sessions, deactivate, delete_account])
def test_revoked_deactivated_and_deleted_accounts_lose_their_sockets(
    revoke, open_socket, user, other_user, access_token
):
    sockets = [open_socket(f"/ws/jobs/?token={access_token(user)}") for _ in range(2)]
    other = open_socket(f"/ws/jobs/?token={access_token(other_user)}")
    for client in (*sockets, other):
        assert is_open(client)
    revoke(user)

    for client in sockets:
        assert [frame["code"] for frame in client.rest()] == ["token_invalid"]
        assert client.connection.close_code == close_codes.UNAUTHENTICATED
    assert is_open(other)


def test_a_socket_with_the_new_token_outlives_the_revocation(open_socket, user, access_token):
    old = open_socket(f"/ws/jobs/?token={access_token(user)}")
    assert is_open(old)
    revoke_sessions(user)
    new = open_socket(f"/ws/jobs/?token={access_token(user)}")

    assert old.close_code() == close_codes.UNAUTHENTICATED
    assert is_open(new)


def test_a_revocation_whose_event_was_lost_is_found_by_the_sweep(open_socket, user, access_token):
    client = open_socket(f"/ws/jobs/?token={access_token(user)}")
    assert is_open(client)
    User.objects.filter(pk=user.pk).update(token_version=user.token_version + 1)

    assert client.close_code() == close_codes.UNAUTHENTICATED


@pytest.mark.parametrize(
    ("version", "ends"), [(None, True), (2, True), (1, False), (0, False)],
    ids=["no such account", "revoked since", "as it was", "read before the token was made"],
)  # fmt: skip
def test_what_was_read_before_the_token_was_made_ends_nothing(user, version, ends):
    ended = []
    watch = AccountWatch(Identity(user, 1, 0.0), end=lambda: ended.append(True))

    watch.deliver(Event(name="account.state", data={"version": version}))

    assert bool(ended) is ends
