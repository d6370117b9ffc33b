"""What the base offers to apps, shown on a consumer that uses all of it."""

import json
import sys
import time
from contextlib import suppress

import pytest
from websockets.exceptions import ConnectionClosed

from core.accounts.tokens import token_pair
from core.realtime import close_codes
from core.realtime.publish import Event, encode, publish
from core.tests.realtime.conftest import wait_for_port
from tests.support.running import Child, Platform, free_port

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def example(running: Platform):
    """Return the address and the process of the example's server."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "core.tests.realtime.example:application"]
    command += ["--port", str(port), "--lifespan", "off", "--ws-per-message-deflate", "false"]
    env = {"DATABASE_URL": running.env["DATABASE_URL"], "CORE_WS_AUTH_TIMEOUT": "1.5"}
    child = Child("example", command, env)
    wait_for_port(port)
    yield f"ws://127.0.0.1:{port}", child
    child.stop()


@pytest.fixture
def connect(open_socket, example):
    return lambda path, **options: open_socket(path, base=example[0], **options)


@pytest.fixture
def client(connect, user, access_token):
    """Return an authenticated socket of the example, after its snapshot."""
    client = connect(f"/ws/example/?token={access_token(user)}")
    assert client.receive()["type"] == "welcome"
    return client


def send_event(text, **fields):
    publish(["example"], Event(name="x", text=encode({"type": text}), is_final=True, **fields))


def test_one_who_says_nothing_is_closed_4401_in_time(connect):
    client = connect("/ws/example/")

    assert [frame["code"] for frame in client.rest()] == ["auth_required"]
    assert client.connection.close_code == close_codes.UNAUTHENTICATED


def test_before_the_token_every_command_is_answered_auth_required(connect):
    client = connect("/ws/example/")
    answer = client.ask({"type": "slow", "seconds": 0, "request_id": 3})
    assert (answer["code"], answer["request_id"]) == ("auth_required", 3)
    assert client.ask("not json")["code"] == "bad_request"
    assert client.ask(b"bytes")["code"] == "bad_request"
    assert client.ask("x" * 200_000)["code"] == "auth_required"

    assert client.close_code() == close_codes.UNAUTHENTICATED


def test_commands_do_not_prolong_the_wait_for_the_token(connect):
    client = connect("/ws/example/")
    answers = 0
    with suppress(ConnectionClosed):  # long before it has sent all of them
        for answers in range(1000):  # noqa: B007
            client.ask("not json")
            time.sleep(0.2)

    assert answers < 50
    assert client.connection.close_code == close_codes.UNAUTHENTICATED


@pytest.mark.parametrize("token", ["x", None, 5, "a refresh token"])
def test_a_first_message_with_a_bad_token_closes_the_socket(connect, user, token):
    client = connect("/ws/example/")
    if token == "a refresh token":
        token = token_pair(user).refresh
    client.send({"type": "authenticate", "token": token})

    assert [frame["code"] for frame in client.rest()] == ["token_invalid"]
    assert client.connection.close_code == close_codes.UNAUTHENTICATED


def test_a_token_that_is_given_and_bad_is_not_asked_for_again(connect):
    client = connect("/ws/example/?token=x")

    assert [frame["code"] for frame in client.rest()] == ["token_invalid"]


def test_the_first_message_may_bring_the_token(connect, user, access_token):
    client = connect("/ws/example/")
    answer = client.ask({"type": "authenticate", "token": access_token(user), "request_id": "a"})

    assert sorted(answer) == ["expires_at", "request_id", "type", "user"]
    assert (answer["type"], answer["user"]) == ("authenticated", str(user.pk))
    assert client.receive()["type"] == "welcome"
    send_event("change")
    assert client.receive() == {"type": "change"}


def test_an_account_without_the_right_is_closed_4403(connect, other_user, access_token):
    client = connect(f"/ws/example/?token={access_token(other_user)}")

    assert [frame["code"] for frame in client.rest()] == ["forbidden"]
    assert client.connection.close_code == close_codes.FORBIDDEN


def test_a_crash_is_answered_under_an_id_that_is_in_the_log(client, example, wait_until):
    answer = client.ask({"type": "crash", "request_id": "c"})

    assert (answer["code"], answer["error"], answer["request_id"]) == (
        "internal",
        "Internal error",
        "c",
    )
    assert "secret" not in json.dumps(answer)
    log = wait_until(lambda: (t := example[1].text()) and answer["error_id"] in t and t)
    assert "ZeroDivisionError" in log
    assert client.ask({"type": "slow", "seconds": 0}) == {"type": "slow"}


def test_a_crash_before_the_socket_is_open_closes_it_1011(connect, user, access_token):
    client = connect(f"/ws/broken/?token={access_token(user)}")

    frames = client.rest()
    assert [frame["code"] for frame in frames] == ["internal"]
    assert "secret" not in json.dumps(frames)
    assert client.connection.close_code == close_codes.INTERNAL


def test_a_field_error_keeps_its_shape_and_more_keys(client):
    assert client.ask({"type": "field"}) == {
        "type": "error",
        "code": "invalid",
        "error": {"name": "Too long."},
        "hint": 1,
    }


def test_a_command_may_refuse_the_socket(client):
    client.send({"type": "forbid"})

    assert client.close_code() == close_codes.FORBIDDEN


def test_events_flow_while_a_command_runs(client):
    client.send({"type": "slow", "seconds": 2})
    send_event("change")

    assert [client.receive()["type"] for _ in range(2)] == ["change", "slow"]


def test_commands_are_handled_one_at_a_time_in_order(client):
    client.send({"type": "slow", "seconds": 0.5, "request_id": 1})
    client.send({"type": "slow", "seconds": 0, "request_id": 2})

    assert [client.receive()["request_id"] for _ in range(2)] == [1, 2]


def test_binary_frames_reach_the_app_that_wants_them(client):
    assert client.ask(b"abc") == {"type": "bytes", "count": 3}


def test_huge_text_is_cut_out_before_it_is_parsed(client):
    text = '{"type":"blob","blob":"' + "A" * 3_000_000 + '"}'

    assert client.ask(text) == {"type": "blob", "size": 3_000_000}


def test_the_cause_of_an_event_does_not_get_it_back(connect, user, access_token):
    tabs = [connect(f"/ws/example/?token={access_token(user)}") for _ in range(2)]
    names = [tab.receive()["socket_id"] for tab in tabs]
    send_event("mine", origin=names[0])
    send_event("everybody's")

    assert tabs[0].receive()["type"] == "everybody's"
    assert [tabs[1].receive()["type"] for _ in range(2)] == ["mine", "everybody's"]


def test_who_has_left_a_group_gets_none_of_its_events(client):
    assert client.ask({"type": "leave"}) == {"type": "left"}
    send_event("change")

    assert client.ask({"type": "slow", "seconds": 0}) == {"type": "slow"}


def test_an_app_may_close_in_order(client):
    client.send({"type": "bye"})

    assert client.rest() == [{"type": "bye"}]
    assert client.connection.close_code == 1000


def test_a_stranger_is_let_in_where_the_app_allows_it_but_has_no_account(connect):
    client = connect("/ws/stranger/")
    client.send({"type": "who"})

    assert client.rest() == [{"oops": "auth_required"}]
    assert client.connection.close_code == close_codes.UNAUTHENTICATED


def test_a_bad_token_is_refused_even_where_none_is_needed(connect):
    client = connect("/ws/stranger/?token=x")

    assert client.rest() == [{"oops": "token_invalid"}]


def test_strangers_are_counted_by_their_address(connect):
    for _ in range(2):
        connect("/ws/stranger/").connection.ping().wait(180)
    client = connect("/ws/stranger/")

    assert client.rest() == [{"oops": "throttled"}]
    assert client.connection.close_code == close_codes.TOO_MANY
