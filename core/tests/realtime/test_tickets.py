"""Single-use tickets: over HTTP, at the door, and when several come with one."""

import threading
import time

import pytest
from django.conf import settings
from django.test import Client as Browser
from rest_framework.test import APIClient

from core.accounts.services import revoke_sessions
from core.accounts.tokens import access_token as issue_access
from core.realtime import close_codes, tickets
from core.realtime.publish import connection
from tests.support.fixtures import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/api/v1/socket-tickets/"


def is_refused(client):
    frames = client.rest()
    return (frames[0]["code"], client.connection.close_code) == (
        "token_invalid",
        close_codes.UNAUTHENTICATED,
    )


def test_nobody_gets_a_ticket_without_logging_in(db):
    assert APIClient().post(URL).status_code == 401
    assert APIClient().get(URL).status_code in {401, 405}


def test_a_session_without_its_csrf_token_gets_no_ticket(user):
    browser = Browser(enforce_csrf_checks=True)
    browser.login(username=user.email, password=PASSWORD)

    assert browser.post(URL).status_code == 403


def test_without_redis_the_answer_is_503(api, monkeypatch):
    import redis

    nowhere = redis.Redis.from_url("unix:///nowhere/redis.sock")
    monkeypatch.setattr("core.realtime.tickets.connection", lambda: nowhere)

    assert api.post(URL).status_code == 503


def test_a_ticket_is_answered_with_its_lifetime(api):
    answer = api.post(URL)

    assert answer.status_code == 201
    assert sorted(answer.data) == ["expires_in", "ticket"]
    assert answer.data["expires_in"] == 30


def test_redis_keeps_no_ticket_as_it_is_and_none_for_long(api):
    ticket = api.post(URL).data["ticket"]
    keys = connection().keys("medialoom:ticket:*")

    assert keys
    assert not any(ticket.encode() in key for key in keys)
    assert all(0 < connection().ttl(key) <= 30 for key in keys)


def test_what_is_no_ticket_is_refused(open_socket):
    for raw in ("x", "%00", "%ff", "a" * 5000, "*"):
        assert is_refused(open_socket(f"/ws/jobs/?ticket={raw}"))


def test_a_ticket_that_has_run_out_is_refused(open_socket, user):
    ticket = tickets.issue(user, time.time() + 3600)
    connection().delete(*connection().keys("medialoom:ticket:*"))  # as Redis does after 30 s

    assert is_refused(open_socket(f"/ws/jobs/?ticket={ticket}"))


def test_a_ticket_opens_one_socket_only(open_socket, api):
    ticket = api.post(URL).data["ticket"]
    first = open_socket(f"/ws/jobs/?ticket={ticket}")
    assert first.ask({"type": "nope"})["code"] == "unsupported_command"

    assert is_refused(open_socket(f"/ws/jobs/?ticket={ticket}"))
    assert first.ask({"type": "nope"})["code"] == "unsupported_command"


def test_of_many_who_come_with_one_ticket_exactly_one_gets_in(user):
    ticket = tickets.issue(user, time.time() + 3600)
    barrier = threading.Barrier(16)
    got = []

    def come():
        barrier.wait()
        got.append(tickets.redeem(ticket))

    threads = [threading.Thread(target=come) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len([ticket for ticket in got if ticket]) == 1


def test_a_ticket_of_revoked_tokens_is_refused(open_socket, api, user):
    ticket = api.post(URL).data["ticket"]
    revoke_sessions(user)

    assert is_refused(open_socket(f"/ws/jobs/?ticket={ticket}"))


def test_a_ticket_of_an_inactive_account_is_refused(open_socket, api, user):
    ticket = api.post(URL).data["ticket"]
    user.is_active = False
    user.save()

    assert is_refused(open_socket(f"/ws/jobs/?ticket={ticket}"))


def test_the_socket_ends_with_the_jwt_the_ticket_was_made_with(user, open_socket):
    from datetime import timedelta

    client = APIClient()
    token = issue_access(user, lifetime=timedelta(seconds=4))
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    socket = open_socket(f"/ws/jobs/?ticket={client.post(URL).data['ticket']}")

    frames = socket.rest()
    assert [frame["type"] for frame in frames] == ["auth.expiring", "error"]
    assert frames[-1]["code"] == "token_expired"
    assert socket.connection.close_code == close_codes.UNAUTHENTICATED


def test_a_ticket_made_from_a_session_ends_within_the_hour(user, open_socket):
    browser = Browser()
    browser.login(username=user.email, password=PASSWORD)
    before = time.time()
    ticket = browser.post(URL).json()["ticket"]
    kept = tickets.redeem(ticket)

    assert kept["user"] == str(user.pk)
    assert before + 3590 < kept["expires_at_s"] <= time.time() + 3600


def test_a_short_session_makes_a_short_ticket(user):
    browser = Browser()
    browser.login(username=user.email, password=PASSWORD)
    session = browser.session
    session.set_expiry(60)
    session.save()
    kept = tickets.redeem(browser.post(URL).json()["ticket"])

    assert kept["expires_at_s"] <= time.time() + 60
    assert settings.SESSION_COOKIE_AGE > 3600
