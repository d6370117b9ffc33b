"""Accounts over a real server: what only a real server can spoil."""

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from core.accounts.models import User
from tests.support.fixtures import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


def post(platform, path: str, body: Any, **headers: str) -> tuple[int, dict[str, str], Any]:
    connection = http.client.HTTPConnection(urlsplit(platform.url).netloc, timeout=180)
    payload = body if isinstance(body, bytes) else json.dumps(body)
    connection.request("POST", path, payload, {"Content-Type": "application/json", **headers})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, dict(answer.getheaders()), json.loads(text)


def test_hostile_bodies_are_refused(platform) -> None:
    for body in (
        b"[" * 200_000,
        b'{"email":"\\ud800"}',
        b'{"z":1e999}',
        b"\xff",
        b'{"a":"\\u0000"}',
    ):
        status, _, answer = post(platform, "/api/v1/users/login/", body)
        assert status == 400, body[:20]
        assert set(answer) == {"errors"}


def test_an_unknown_address_of_the_api_is_a_problem(platform) -> None:
    status, headers, answer = post(platform, "/api/v1/nope/", {})

    assert status == 404
    assert headers["content-type"] == "application/problem+json"
    assert answer["status"] == 404


def test_the_servers_own_peer_is_believed_and_no_header(platform, user: User) -> None:
    body = {"email": user.email, "password": PASSWORD}
    status, _, answer = post(
        platform, "/api/v1/users/login/", body, **{"X-Forwarded-For": "203.0.113.9"}
    )

    assert status == 200
    assert answer["user"]["last_ip"] == "127.0.0.1"


def test_tokens_work_until_a_logout_everywhere(platform, user: User) -> None:
    body = {"email": user.email, "password": PASSWORD}
    _, _, session = post(platform, "/api/v1/users/login/", body)
    bearer = {"Authorization": f"Bearer {session['access']}"}
    assert post(platform, "/api/v1/users/refresh/token/", {}, **bearer)[0] == 200

    assert post(platform, "/api/v1/users/logout/", {"everywhere": True}, **bearer)[0] == 200

    assert post(platform, "/api/v1/users/refresh/token/", {}, **bearer)[0] == 401
    refresh = {"refresh": session["refresh"]}
    assert post(platform, "/api/v1/users/refresh/", refresh)[0] == 401
