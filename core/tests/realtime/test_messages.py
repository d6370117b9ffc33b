"""What clients may send, and what a hostile one gets for it."""

import json
from contextlib import suppress

import pytest
from websockets.exceptions import ConnectionClosed

from core.realtime import close_codes
from core.realtime.commands import (
    MAX_DEPTH,
    decode_command,
    decode_object,
    request_id_of,
    size_bytes,
)
from core.realtime.errors import BadRequest
from core.realtime.publish import encode

MALFORMED = {
    "no JSON": "not json",
    "nothing": "",
    "a list": "[]",
    "a number": "5",
    "null": "null",
    "no type": '{"foo": 1}',
    "a type that is no text": '{"type": 5}',
    "half an object": '{"type": "x"',
    "NaN": '{"type": "x", "n": NaN}',
    "Infinity": '{"type": "x", "n": -Infinity}',
    "a number too long": '{"type": "x", "n": ' + "9" * 5000 + "}",
    "too deep": '{"type": "x", "n": ' + "[" * 40 + "]" * 40 + "}",
    "far too deep": "[" * 100_000,
    "deep objects": '{"a":' * 5000 + "1" + "}" * 5000,
    "too many values": json.dumps({"type": "x", "n": [0] * 20_000}),
    "too many names": json.dumps({"type": "x", **{f"k{n}": n for n in range(20_000)}}),
    "half a surrogate pair": '{"type": "\\ud800"}',
    "half a surrogate pair in a name": '{"type": "x", "\\udfff": 1}',
}


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_no_command_is_a_bad_request(text):
    with pytest.raises(BadRequest):
        decode_command(text)


def test_an_object_may_be_as_deep_as_allowed():
    text = '{"a":' * (MAX_DEPTH - 1) + "{}" + "}" * (MAX_DEPTH - 1)
    assert decode_object(text)

    with pytest.raises(BadRequest):
        decode_object('{"a":' + text + "}")


def test_a_command_is_read_as_it_was_sent():
    assert decode_command('{"type": "é", "data": [1, {"a": null}]}') == {
        "type": "é",
        "data": [1, {"a": None}],
    }


@pytest.mark.parametrize(
    ("request_id", "repeated"),
    [
        ("c1", True),
        (7, True),
        ("x" * 64, True),
        ("x" * 65, False),
        (True, False),
        (1.5, False),
        (None, False),
        ([1], False),
    ],
)
def test_a_request_id_is_short_text_or_a_whole_number(request_id, repeated):
    expected = {"request_id": request_id} if repeated else {}
    assert request_id_of({"request_id": request_id}) == expected


def test_a_message_is_measured_in_bytes_of_utf_8():
    assert size_bytes("abc") == 3
    assert size_bytes("é€") == 5


def test_a_frame_with_half_a_surrogate_pair_can_still_be_sent():
    assert encode({"name": "a\udcffé"}).encode() == b'{"name":"a?\xc3\xa9"}'


@pytest.mark.django_db(transaction=True)
class TestOnALiveSocket:
    def test_malformed_messages_are_answered_and_the_socket_stays_open(self, jobs_socket):
        for name, text in MALFORMED.items():
            answer = jobs_socket.ask(text)
            assert (answer["type"], answer["code"]) == ("error", "bad_request"), name
        assert jobs_socket.ask({"type": "nope"})["code"] == "unsupported_command"

    def test_a_binary_frame_is_a_bad_request(self, jobs_socket):
        assert jobs_socket.ask(b"\x00\xff")["code"] == "bad_request"
        assert jobs_socket.ask(b"")["code"] == "bad_request"

    def test_an_unknown_command_is_named_in_the_answer(self, jobs_socket):
        answer = jobs_socket.ask({"type": "nope", "request_id": "c1"})

        assert answer == {
            "type": "error",
            "code": "unsupported_command",
            "error": "Unsupported command",
            "command": "nope",
            "request_id": "c1",
        }

    def test_the_largest_message_is_read(self, jobs_socket):
        text = json.dumps({"type": "nope", "filler": ""})
        filled = text.replace('""', '"' + "x" * (2**20 - len(text)) + '"')

        assert len(filled) == 2**20
        assert jobs_socket.ask(filled)["code"] == "unsupported_command"

    def test_a_larger_message_closes_the_socket_4413(self, jobs_socket):
        jobs_socket.send("x" * (2**20 + 1))
        frames = jobs_socket.rest()

        assert [frame["code"] for frame in frames] == ["too_large"]
        assert jobs_socket.connection.close_code == close_codes.TOO_LARGE

    def test_characters_count_as_the_bytes_they_are(self, jobs_socket):
        jobs_socket.send("€" * (2**20 // 3 + 1))

        assert jobs_socket.close_code() == close_codes.TOO_LARGE

    def test_a_large_binary_frame_closes_the_socket_4413(self, jobs_socket):
        jobs_socket.send(b"x" * (2**20 + 1))

        assert jobs_socket.close_code() == close_codes.TOO_LARGE

    def test_a_frame_of_100_mb_closes_only_the_socket_that_sent_it(
        self, jobs_socket, open_socket, user, access_token
    ):
        other = open_socket(f"/ws/jobs/?token={access_token(user)}")
        with suppress(ConnectionClosed):  # cut off in the middle, or when it is whole
            jobs_socket.send("x" * 100_000_000)
        with pytest.raises(ConnectionClosed):
            jobs_socket.receive()

        assert other.ask({"type": "nope"})["code"] == "unsupported_command"

    def test_too_many_commands_close_the_socket_4429(self, jobs_socket, settings):
        limit = settings.CORE_WS_COMMANDS_PER_10S
        for _ in range(limit + 1):
            jobs_socket.send({"type": "nope"})
        frames = jobs_socket.rest()

        assert [frame["code"] for frame in frames] == ["unsupported_command"] * limit + [
            "throttled"
        ]
        assert jobs_socket.connection.close_code == close_codes.TOO_MANY
