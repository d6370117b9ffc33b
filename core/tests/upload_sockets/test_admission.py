"""Who may open an upload socket, and for how long (core contract, 2.2)."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count

import jwt
import pytest
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import RefreshToken

from core.accounts.tokens import token_pair
from core.tests.upload_sockets.conftest import PATH, UploadClient, picture
from tests.support.fixtures import PASSWORD
from tests.support.running import free_port
from tests.support.waiting import wait_until


def refusal(client) -> tuple[str, int]:
    """Return the code of the last frame and that of the close."""
    frames = client.rest()
    assert all(frame["type"] == "error" for frame in frames)
    return frames[-1]["code"], client.connection.close_code


@pytest.mark.case("core", 2)
def test_a_silent_socket_without_a_token_is_told_and_closed(open_socket):
    assert refusal(open_socket(PATH)) == ("auth_required", 4401)


def _refresh(user, access_token):
    return str(RefreshToken.for_user(user))


def _forged(user, access_token):
    claims = jwt.decode(access_token(user), options={"verify_signature": False})
    return jwt.encode(claims, "another key that is long enough to sign with", "HS256")


def _unsigned(user, access_token):
    claims = jwt.decode(access_token(user), options={"verify_signature": False})
    return jwt.encode(claims, None, "none")


def _of_an_inactive_user(user, access_token):
    token = access_token(user)
    user.is_active = False
    user.save()
    return token


@pytest.mark.case("core", 3)
@pytest.mark.parametrize("make", [_refresh, _forged, _unsigned, _of_an_inactive_user])
def test_a_token_that_does_not_count_is_refused(open_socket, user, access_token, make):
    token = make(user, access_token)

    assert refusal(open_socket(f"{PATH}?token={token}")) == ("token_invalid", 4401)


def test_an_expired_token_is_refused_as_expired(open_socket, user, access_token):
    token = access_token(user, lifetime=timedelta(seconds=-5))

    assert refusal(open_socket(f"{PATH}?token={token}")) == ("token_expired", 4401)


@pytest.mark.case("core", 7)
def test_a_session_cookie_alone_opens_nothing(open_socket, platform, user, client):
    client.login(username=user.email, password=PASSWORD)
    cookie = f"sessionid={client.cookies['sessionid'].value}"

    socket = open_socket(PATH, additional_headers={"Cookie": cookie})

    assert refusal(socket) == ("auth_required", 4401)


@pytest.mark.case("core", 8)
def test_a_page_of_another_site_is_refused_with_a_valid_token(open_socket, user, access_token):
    socket = open_socket(f"{PATH}?token={access_token(user)}", origin="https://evil.example")

    assert refusal(socket) == ("forbidden", 4403)


@pytest.mark.case("core", 1)
def test_a_token_in_the_query_opens_a_socket_that_says_nothing(connect):
    assert connect().is_quiet()


@pytest.mark.case("core", 4)
def test_the_token_may_stand_anywhere_in_the_query(open_socket, user, access_token):
    socket = UploadClient(open_socket(f"{PATH}?x=1&token={access_token(user)}&y=2").connection)

    assert socket.command("ping")["type"] == "pong"


@pytest.mark.case("core", 5)
def test_a_token_may_be_a_sub_protocol_and_is_never_echoed(open_socket, user, access_token):
    socket = open_socket(PATH, subprotocols=["jwt", access_token(user)])

    assert socket.subprotocol == "jwt"
    assert UploadClient(socket.connection).command("ping")["type"] == "pong"


@pytest.mark.case("core", 6)
def test_a_token_may_be_the_first_message(open_socket, user, access_token):
    socket = UploadClient(open_socket(PATH).connection)

    assert socket.command("list")["code"] == "auth_required"
    answer = socket.command("authenticate", token=access_token(user))

    assert answer["type"] == "authenticated"
    assert answer["user"] == str(user.pk)
    assert answer["expires_at"]
    assert socket.command("list")["type"] == "Upload.list"


def exp_of(token: str) -> int:
    """Return the Unix time at which a token ends."""
    return jwt.decode(token, options={"verify_signature": False})["exp"]


def made_at(event) -> str:
    """Return when the upload was made that an event tells of."""
    return event["instance"]["created_at"]


@pytest.mark.case("core", 9)
def test_a_socket_ends_with_its_token(connect, open_socket, user, access_token):
    token = access_token(user, lifetime=timedelta(seconds=8))
    short = open_socket(f"{PATH}?token={token}")
    other = connect()

    warning = short.receive()
    with ThreadPoolExecutor(1) as pool:
        ending = pool.submit(short.rest)
        # Something happens all the time, before the end and beyond it.
        for number in count():
            other.create(picture(f"Picture {number}"), process=False)
            if ending.done():
                break
            time.sleep(0.25)  # Sixty commands in ten seconds are the most.
    *events, last = ending.result()

    assert warning["type"] == "auth.expiring"
    assert 0 < warning["expires_in"] <= 8
    assert (last["type"], last["code"]) == ("error", "token_expired")
    assert short.connection.close_code == 4401
    assert {event["type"] for event in events} == {"Upload.created"}
    ends_at = datetime.fromtimestamp(exp_of(token), UTC)
    assert all(datetime.fromisoformat(made_at(event)) < ends_at for event in events)


@pytest.mark.case("core", 10)
def test_anothers_token_does_not_renew_a_socket(connect, user, other_user, access_token):
    socket = connect()

    answer = socket.command("authenticate", token=access_token(other_user))
    created = socket.create(picture("Still mine"))

    assert (answer["type"], answer["code"]) == ("error", "token_invalid")
    assert created["instance"]["owner"] == str(user.pk)


def test_a_fresh_token_of_the_same_user_prolongs_a_socket(open_socket, user, access_token):
    token = access_token(user, lifetime=timedelta(seconds=8))
    socket = UploadClient(open_socket(f"{PATH}?token={token}").connection)

    assert socket.command("authenticate", token=access_token(user))["type"] == "authenticated"
    with pytest.raises(TimeoutError):
        _wait_past_the_end(socket)
    assert socket.command("ping")["type"] == "pong"


def _wait_past_the_end(socket: UploadClient) -> None:
    while True:
        frame = socket.receive(4)
        assert frame["type"] == "auth.expiring"


@pytest.mark.case("core", 55)
def test_logging_out_everywhere_ends_tokens_and_sockets(connect, api, user):
    socket, refresh = connect(), str(token_pair(user).refresh)
    socket.command("ping")

    assert api.post("/api/v1/users/logout/", {"everywhere": True}, format="json").status_code == 200

    assert refusal(socket) == ("token_invalid", 4401)
    assert api.get("/api/v1/users/user/").status_code == 401
    renewed = APIClient().post("/api/v1/users/refresh/", {"refresh": refresh}, format="json")
    assert renewed.status_code == 401


@pytest.mark.case("core", 62)
def test_no_token_reaches_a_log(platform, open_socket, user, access_token):
    port = free_port()
    web = platform.start_web(port, LOG_LEVEL="DEBUG")
    platform.wait_for_web(port)
    token = access_token(user)

    socket = open_socket(f"{PATH}?token={token}", base=f"ws://127.0.0.1:{port}")
    assert UploadClient(socket.connection).command("ping")["type"] == "pong"
    socket.connection.close()
    log = wait_until(lambda: PATH in web.text() and web.text())
    web.stop()

    assert token.rpartition(".")[2] not in log
    assert token.split(".")[1] not in log


@pytest.mark.parametrize("limit", [20])
def test_one_socket_too_many_is_refused(connect, limit):
    sockets = [connect() for _ in range(limit)]
    assert all(socket.command("ping")["type"] == "pong" for socket in sockets)

    assert refusal(connect()) == ("throttled", 4429)


def test_too_many_commands_close_a_socket(connect):
    socket = connect()

    for _ in range(61):
        socket.send({"type": "ping"})

    assert [frame["code"] for frame in socket.rest() if frame["type"] == "error"] == ["throttled"]
    assert socket.connection.close_code == 4429
