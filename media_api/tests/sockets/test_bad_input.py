"""What is no event costs its sender one answer, and nobody else anything (contract, 3.5)."""

import json

import pytest

from media_api.tests.sockets.client import told

TOO_LONG = "a" * 65


def kinds_of(frame):
    assert (frame["type"], frame["isValidation"], frame["code"]) == ("error", True, 5)
    return [error["type"] for error in frame["detail"]]


@pytest.mark.case("media_api", 27)
async def test_five_sorts_of_nonsense_are_answered_and_a_neighbour_misses_nothing(
    client, connect, asked
):
    neighbour = connect()
    neighbour.say("sub", asked.rid)
    assert await neighbour.heard(asked.rid) == []

    for nonsense in ("{bad", "[1,2]", {"type": "sub"}, {"type": "nope", "rid": "x"}, b"\x00\xff"):
        assert kinds_of(await client.ask(nonsense))
    await asked.begin()
    await asked.report(1, 0.5)
    await asked.succeed()

    assert told(await neighbour.until_final()) == [
        "status 1", "stage 1", "progress 50", "progress 100", "status 2",
    ]  # fmt: skip
    assert (await client.sync(asked.rid))[0]["status"] == 2


@pytest.mark.parametrize(
    ("message", "kinds"),
    [
        ("", ["json_invalid"]),
        ("{bad", ["json_invalid"]),
        ('{"type": NaN}', ["json_invalid"]),
        ("[" * 5000, ["json_invalid"]),
        ('{"a":' * 40 + "1" + "}" * 40, ["json_invalid"]),
        (r'{"type":"sub","rid":"\ud800"}', ["json_invalid"]),
        (b'{"type":"sub","rid":"x"}', ["json_invalid"]),
        ("[1,2]", ["dict_type"]),
        ("null", ["dict_type"]),
        ('"sub"', ["dict_type"]),
        ("{}", ["missing", "missing"]),
        ('{"type":"sub"}', ["missing"]),
        ('{"type":"sub","rid":5}', ["string_type"]),
        ('{"type":"sub","rid":null}', ["string_type"]),
        ('{"type":["sub"],"rid":"x"}', ["literal_error"]),
        ('{"type":"SUB","rid":"x"}', ["literal_error"]),
        ('{"type":"authenticate","rid":"x","token":"x"}', ["literal_error"]),
        (json.dumps({"type": "sub", "rid": TOO_LONG}), ["string_too_long"]),
    ],
)
async def test_each_sort_has_its_name(client, message, kinds):
    frame = await client.ask(message)

    assert kinds_of(frame) == kinds
    assert set(frame) <= {"type", "detail", "isValidation", "code", "rid"}
    for error in frame["detail"]:
        assert set(error) == {"loc", "msg", "type"}


async def test_the_rid_comes_back_where_it_was_text(client):
    assert (await client.ask({"type": "nope", "rid": "x"}))["rid"] == "x"
    assert "rid" not in await client.ask({"type": "sub", "rid": 5})
    assert "rid" not in await client.ask({"type": "sub"})


async def test_keys_that_nobody_knows_are_not_looked_at(client, asked):
    answer = await client.ask({"type": "sync", "rid": asked.rid, "request_id": 7, "a": [1]})

    assert (answer["type"], answer["rid"]) == ("sync", asked.rid)
    assert "request_id" not in answer


async def test_a_frame_of_64_kib_is_read_and_a_larger_one_closes_1009(client, asked):
    event = json.dumps({"type": "sync", "rid": asked.rid})
    assert (await client.ask(event.ljust(64 * 2**10)))["type"] == "sync"
    client.send(event.ljust(64 * 2**10 + 1))

    assert await client.close_code() == 1009


async def test_a_large_binary_frame_closes_1009(client):
    client.send(bytes(64 * 2**10 + 1))

    assert await client.close_code() == 1009


async def test_twenty_invalid_frames_in_a_row_close_1008(client):
    for number in range(20):
        client.send(b"x" if number % 2 else "x")

    assert [kinds_of(await client.receive()) for _ in range(19)] == [["json_invalid"]] * 19
    assert await client.close_code() == 1008


async def test_a_valid_frame_between_begins_the_count_anew(client, asked):
    for _ in range(3):
        for _ in range(19):
            assert kinds_of(await client.ask("x")) == ["json_invalid"]
        await client.sync(asked.rid)


async def test_more_than_50_frames_a_second_for_5_seconds_close_1008(client):
    for _ in range(251):
        client.say("unsub", "0" * 32)

    assert await client.close_code() == 1008
