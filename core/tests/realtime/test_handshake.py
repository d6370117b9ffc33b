"""Who gets in, by which way, and what those who do not are told."""

from contextlib import suppress

import jwt
import pytest
from django.conf import settings
from django.test import Client as Browser
from rest_framework_simplejwt.tokens import RefreshToken
from websockets.exceptions import ConnectionClosed

from core.accounts.tokens import token_pair
from core.realtime import close_codes
from core.realtime.publish import connection
from core.tests.realtime.conftest import wait_for_port
from tests.support.fixtures import PASSWORD
from tests.support.running import free_port

pytestmark = pytest.mark.django_db(transaction=True)
REFUSED = {"auth_required", "token_invalid", "token_expired"}


def refusal(client):
    """Return the code in the one frame before the close, and the close code."""
    frames = client.rest()
    assert len(frames) == 1
    assert frames[0]["type"] == "error"
    assert isinstance(frames[0]["error"], str)
    return frames[0]["code"], client.connection.close_code


def claims_of(raw):
    return jwt.decode(raw, options={"verify_signature": False})


def signed(claims, key=None):
    return jwt.encode(claims, key or settings.JWT_SIGNING_KEY, algorithm="HS256")


def test_a_socket_without_a_token_is_told_and_closed_4401(open_socket):
    assert refusal(open_socket("/ws/jobs/")) == ("auth_required", close_codes.UNAUTHENTICATED)


def test_a_refresh_token_is_refused(open_socket, user):
    client = open_socket(f"/ws/jobs/?token={token_pair(user).refresh}")

    assert refusal(client) == ("token_invalid", close_codes.UNAUTHENTICATED)


def test_forged_and_senseless_tokens_are_refused(open_socket, user, access_token):
    claims = claims_of(access_token(user))
    forged = [
        signed(claims, "x" * 40),
        jwt.encode(claims, None, algorithm="none"),
        access_token(user)[:-2] + "AA",
        signed({**claims, "user_id": "5f0f2d6e-0f5c-4a43-9e6a-0d8f3f8f0a11"}),
        signed({**claims, "user_id": "no uuid"}),
        signed({**claims, "user_id": None}),
        signed({**claims, "tv": claims["tv"] + 1}),
        signed({name: value for name, value in claims.items() if name != "tv"}),
        signed({name: value for name, value in claims.items() if name != "exp"}),
        "a.b.c",
        "x",
        "%00",
        "%ff%fe",
    ]
    for token in forged:
        code, close_code = refusal(open_socket(f"/ws/jobs/?token={token}"))
        assert (code, close_code) == ("token_invalid", close_codes.UNAUTHENTICATED), token


def test_an_expired_token_is_refused_and_named_so(open_socket, user, access_token):
    claims = claims_of(access_token(user))
    client = open_socket(f"/ws/jobs/?token={signed({**claims, 'exp': claims['iat'] - 1})}")

    assert refusal(client) == ("token_expired", close_codes.UNAUTHENTICATED)


def test_the_token_of_an_inactive_account_is_refused(open_socket, user, access_token):
    token = access_token(user)
    user.is_active = False
    user.save()

    assert refusal(open_socket(f"/ws/jobs/?token={token}"))[1] == close_codes.UNAUTHENTICATED


def test_the_token_of_a_deleted_account_is_refused(open_socket, user, access_token):
    token = access_token(user)
    user.delete()

    assert refusal(open_socket(f"/ws/jobs/?token={token}"))[1] == close_codes.UNAUTHENTICATED


def test_a_session_cookie_alone_is_refused(open_socket, user):
    browser = Browser()
    assert browser.login(username=user.email, password=PASSWORD)
    cookie = f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"
    client = open_socket("/ws/jobs/", additional_headers={"Cookie": cookie})

    assert refusal(client) == ("auth_required", close_codes.UNAUTHENTICATED)


def test_a_page_of_another_site_is_refused_even_with_a_good_token(open_socket, user, access_token):
    client = open_socket(f"/ws/jobs/?token={access_token(user)}", origin="https://evil.example")

    assert refusal(client) == ("forbidden", close_codes.FORBIDDEN)


def test_a_refused_browser_still_gets_its_subprotocol_answered(open_socket):
    client = open_socket("/ws/jobs/", subprotocols=["jwt", "no-token"])

    assert client.subprotocol == "jwt"
    assert refusal(client) == ("token_invalid", close_codes.UNAUTHENTICATED)


def test_one_socket_more_than_allowed_is_refused_and_another_users_is_not(
    open_socket, user, other_user, access_token
):
    path = f"/ws/jobs/?token={access_token(user)}"
    opened = [open_socket(path) for _ in range(settings.CORE_WS_MAX_SOCKETS_PER_USER)]
    for client in opened:
        client.ask({"type": "nope"})

    assert refusal(open_socket(path)) == ("throttled", close_codes.TOO_MANY)
    assert open_socket(f"/ws/jobs/?token={access_token(other_user)}").ask({"type": "nope"})


def test_a_closed_socket_makes_room_for_another(open_socket, user, access_token, wait_until):
    path = f"/ws/jobs/?token={access_token(user)}"
    opened = [open_socket(path) for _ in range(settings.CORE_WS_MAX_SOCKETS_PER_USER)]
    opened[-1].ask({"type": "nope"})
    opened[0].connection.close()
    left = settings.CORE_WS_MAX_SOCKETS_PER_USER - 1
    wait_until(lambda: connection().zcard(f"medialoom:sockets:{user.pk}") == left)

    assert open_socket(path).ask({"type": "nope"})["code"] == "unsupported_command"


def test_every_way_to_present_a_token_opens_the_socket(open_socket, user, access_token):
    token = access_token(user)
    ways = [
        (f"/ws/jobs/?token={token}", {}),
        (f"/ws/jobs/?x=1&token={token}", {}),
        ("/ws/jobs/", {"subprotocols": ["jwt", token]}),
        ("/ws/jobs/", {"additional_headers": {"Authorization": f"Bearer {token}"}}),
    ]
    for path, options in ways:
        client = open_socket(path, **options)
        assert client.ask({"type": "nope"})["code"] == "unsupported_command"
        assert client.subprotocol == ("jwt" if "subprotocols" in options else None)


def test_a_page_of_the_same_host_is_let_in(open_socket, user, access_token, platform):
    client = open_socket(f"/ws/jobs/?token={access_token(user)}", origin=platform.url)

    assert client.ask({"type": "nope"})["code"] == "unsupported_command"


@pytest.fixture
def talkative(platform):
    """Return a web process that logs everything it can."""
    port = free_port()
    web = platform.start_web(port, LOG_LEVEL="DEBUG")
    wait_for_port(port)
    yield f"ws://127.0.0.1:{port}", web
    web.stop()


def test_no_token_reaches_the_servers_log(
    talkative, open_socket, user, access_token, api, wait_until
):
    base, web = talkative
    good, bad = access_token(user), str(RefreshToken.for_user(user))
    ticket = api.post("/api/v1/socket-tickets/").data["ticket"]
    for path, options in [
        (f"/ws/jobs/?token={good}", {}),
        ("/ws/jobs/", {"subprotocols": ["jwt", good]}),
        ("/ws/jobs/", {"additional_headers": {"Authorization": f"Bearer {good}"}}),
        (f"/ws/jobs/?tok%65n={bad}", {}),
        (f"/ws/jobs/?ticket={ticket}", {}),
        (f"/ws/nowhere/?token={good}", {}),
    ]:
        client = open_socket(path, base=base, **options)
        with suppress(ConnectionClosed):  # some are refused
            client.send({"type": "authenticate", "token": good})
        client.connection.close()

    wait_until(lambda: web.text().count("WS /ws/jobs/") == 5)
    log = web.text()
    for secret in (good, bad, ticket):
        assert secret not in log
        assert secret.split(".")[-1] not in log
