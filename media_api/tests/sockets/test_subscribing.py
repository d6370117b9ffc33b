"""`sub`, `unsub` and `sync` (Media API contract, 3.2)."""

import pytest
from django.db import connections

from core.jobs import lifecycle
from core.realtime import loops
from core.realtime.groups import group_for_media_request
from core.realtime.publish import channel_of, connection
from media_api import consumers
from media_api.tests.sockets.client import told

ZEROS = "0" * 32


def error(rid, code):
    missing = {"isMissing": True} if code == 1 else {}
    return {"type": "error", "rid": rid, "code": code, **missing}


def listeners(rid):
    return connection().pubsub_numsub(channel_of(group_for_media_request(rid)))[0][1]


@pytest.mark.case("media_api", 26)
async def test_each_refusal_has_its_code_and_success_says_nothing(client, asked, another):
    await asked.begin()
    await another.begin()
    await another.succeed()

    client.say("sub", asked.rid)
    assert await client.heard(asked.rid) == []
    assert await client.ask({"type": "sub", "rid": asked.rid}) == error(asked.rid, 3)
    assert await client.ask({"type": "sub", "rid": another.rid}) == error(another.rid, 2)
    assert await client.ask({"type": "sub", "rid": ZEROS}) == error(ZEROS, 1)
    assert await client.ask({"type": "unsub", "rid": ZEROS}) == error(ZEROS, 4)


@pytest.mark.parametrize("rid", ["", "x", "../../etc", "A" * 32, "0" * 64, "{}"])
async def test_a_name_that_no_request_can_have_is_as_unknown_as_any(client, rid):
    assert await client.ask({"type": "sub", "rid": rid}) == error(rid, 1)
    assert await client.ask({"type": "sync", "rid": rid}) == {
        "rid": rid, "status": 5, "type": "sync",
    }  # fmt: skip


async def test_anothers_request_is_unknown(connect, mine, other_token):
    stranger = connect(query=f"token={other_token}")
    assert await stranger.ask({"type": "sub", "rid": mine.rid}) == error(mine.rid, 1)
    assert await stranger.ask({"type": "sync", "rid": mine.rid}) == {
        "rid": mine.rid, "status": 5, "type": "sync",
    }  # fmt: skip
    await mine.begin()

    assert await stranger.heard(mine.rid) == []


async def test_sync_says_all_of_a_request_that_waits_or_runs(client, asked):
    waiting, _ = await client.sync(asked.rid)
    assert waiting == {
        "type": "sync", "rid": asked.rid, "curStage": -1, "totalStages": -1, "elapsedTime": 0,
        "status": 0, "pct": 0,
    }  # fmt: skip
    await asked.begin()
    await asked.report(2, 0.43)

    running, _ = await client.sync(asked.rid)
    assert running.pop("elapsedTime") >= 0
    assert running == {
        "type": "sync", "rid": asked.rid, "curStage": 2, "totalStages": 2, "status": 1, "pct": 43,
    }  # fmt: skip


async def test_sync_of_what_failed_has_no_more_keys(client, asked):
    await asked.begin()
    await asked.fail()

    body, _ = await client.sync(asked.rid)
    assert set(body) == {
        "type", "rid", "curStage", "totalStages", "elapsedTime", "status", "pct",
    }  # fmt: skip


@pytest.mark.case("media_api", 28)
async def test_after_the_end_a_request_is_neither_subscribed_nor_accepted(client, asked):
    await asked.begin()
    client.say("sub", asked.rid)
    assert await client.heard(asked.rid) == []
    await asked.succeed()

    assert told(await client.until_final())[-1] == "status 2"
    assert await client.heard(asked.rid) == []
    assert await client.ask({"type": "sub", "rid": asked.rid}) == error(asked.rid, 2)
    assert await client.ask({"type": "unsub", "rid": asked.rid}) == error(asked.rid, 4)


async def test_a_subscription_can_always_be_dropped(client, asked):
    client.say("sub", asked.rid)
    client.say("unsub", asked.rid)
    assert await client.heard(asked.rid) == []
    await asked.begin()

    assert await client.heard(asked.rid) == []
    assert await client.ask({"type": "unsub", "rid": asked.rid}) == error(asked.rid, 4)


async def test_an_end_that_comes_while_the_row_is_read_is_told(client, asked, monkeypatch):
    await asked.begin()
    read = consumers._progress_of

    def read_before_the_end(user, rid):
        progress = read(user, rid)
        lifecycle.fail(asked.job, "ffmpeg_failed", "It failed.")
        return progress

    monkeypatch.setattr(consumers, "_progress_of", read_before_the_end)
    client.say("sub", asked.rid)

    assert told(await client.until_final()) == ["status 4"]


async def test_a_row_that_cannot_be_read_costs_one_message_not_the_socket(client, asked):
    await loops.in_thread(rename, "media_api_mediarequest", "away")
    try:
        assert await client.ask({"type": "sub", "rid": asked.rid}) == error(asked.rid, 0)
    finally:
        await loops.in_thread(rename, "away", "media_api_mediarequest")
    client.say("sub", asked.rid)
    assert await client.heard(asked.rid) == []
    await asked.begin()

    assert told([await client.receive()]) == ["status 1"]


def rename(table, name):
    with connections["default"].cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO {name}")


async def test_at_the_end_of_a_connection_its_groups_are_left(client, asked):
    client.say("sub", asked.rid)
    await client.heard(asked.rid)
    assert await loops.in_thread(listeners, asked.rid) == 1
    await client.leave()

    for _ in range(1000):
        if await loops.in_thread(listeners, asked.rid) == 0:
            return
    raise AssertionError("the group was not left")
