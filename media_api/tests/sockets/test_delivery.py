"""What reaches a subscriber, and in what order (Media API contract, 3.3 and 3.4)."""

import asyncio

import pytest

from core.jobs.models import Job
from core.realtime.loops import in_thread
from media_api.tests.sockets.client import told

PARTLY = {"code": "ffmpeg_failed", "message": "It failed.", "stage": 2}


@pytest.fixture
async def subscriber(client, asked):
    client.say("sub", asked.rid)
    assert await client.heard(asked.rid) == []
    return client


async def test_a_request_is_told_from_its_begin_to_its_end(subscriber, asked):
    await asked.begin()
    await asked.report(1, 0.0)
    await asked.report(1, 0.5)
    await asked.report(1, 1.0)
    await asked.report(2, 0.0)
    await asked.report(2, 0.25)
    await asked.succeed()

    assert told(await subscriber.until_final()) == [
        "status 1", "stage 1", "progress 50", "progress 100",
        "stage 2", "progress 25", "progress 100", "status 2",
    ]  # fmt: skip


async def test_frames_have_their_keys_and_no_others(subscriber, asked):
    await asked.begin()
    await asked.report(1, 0.431)
    rid = asked.rid
    assert [await subscriber.receive() for _ in range(3)] == [
        {"type": "status", "rid": rid, "status": 1},
        {"type": "stage", "rid": rid, "curStage": 1},
        {"type": "progress", "rid": rid, "pct": 43},
    ]
    await asked.fail()

    assert await subscriber.receive() == {"type": "status", "rid": rid, "status": 4}


async def test_what_failed_is_told_as_it_is(subscriber, asked):
    await asked.begin()
    await asked.report(1, 0.5)
    await asked.fail()

    assert told(await subscriber.until_final())[-2:] == ["progress 50", "status 4"]


async def test_a_stage_that_failed_does_not_come_to_100(subscriber, asked):
    await asked.begin()
    await asked.report(1, 0.5)
    await asked.report(2, 0.0)
    await asked.report(2, 1.0)
    await asked.succeed(error={**PARTLY, "stage": 1})

    assert told(await subscriber.until_final()) == [
        "status 1", "stage 1", "progress 50", "stage 2", "progress 100", "status 3",
    ]  # fmt: skip


async def test_one_that_is_cancelled_while_it_waits_never_began(subscriber, asked):
    await asked.cancel()

    assert told(await subscriber.until_final()) == ["status 4"]


async def test_deletion_is_told_as_5_and_nothing_after_it(subscriber, asked):
    await asked.begin()
    await asked.delete()

    assert told(await subscriber.until_final()) == ["status 1", "status 5"]
    assert await subscriber.heard(asked.rid) == []


async def test_a_request_of_a_lost_worker_waits_again_and_begins_anew(subscriber, asked):
    await asked.begin()
    await asked.report(2, 0.9)
    await asked.go_back()
    await asked.begin()
    await asked.report(1, 0.1)
    await asked.succeed()

    assert told(await subscriber.until_final()) == [
        "status 1", "stage 1", "stage 2", "progress 90",
        "status 0", "status 1", "stage 1", "progress 10", "progress 100", "status 2",
    ]  # fmt: skip


async def test_a_late_report_of_less_is_not_told(subscriber, asked):
    await asked.begin()
    await asked.report(1, 0.5)
    await asked.report(1, 0.3)
    await asked.report(1, 0.6)
    await asked.succeed()

    assert told(await subscriber.until_final())[2:-1] == [
        "progress 50", "progress 60", "progress 100",
    ]  # fmt: skip


async def test_within_the_interval_only_the_hundredth_is_told(subscriber, asked, configured):
    configured(auth={"required": False}, websockets={"update_progress_interval": 3600})
    await asked.begin()
    for progress in (0.1, 0.2, 0.99, 1.0):
        await asked.report(1, progress)
    await asked.report(2, 0.3)
    await asked.succeed()

    assert told(await subscriber.until_final()) == [
        "status 1", "stage 1", "progress 10", "progress 100",
        "stage 2", "progress 30", "progress 100", "status 2",
    ]  # fmt: skip


@pytest.mark.case("media_api", 30)
async def test_without_progress_updates_stages_and_statuses_arrive_all_the_same(
    subscriber, asked, configured
):
    configured(auth={"required": False}, websockets={"no_progress_updates": True})
    await asked.begin()
    await asked.report(1, 0.25)
    first, before = await subscriber.sync(asked.rid)
    await asked.report(1, 0.75)
    second, between = await subscriber.sync(asked.rid)
    await asked.report(2, 0.5)
    await asked.succeed()

    assert (first["pct"], second["pct"]) == (25, 75)
    assert told([*before, *between, *await subscriber.until_final()]) == [
        "status 1", "stage 1", "stage 2", "status 2",
    ]  # fmt: skip


async def test_one_connection_serves_several_requests(client, asked, another):
    for one in (asked, another):
        client.say("sub", one.rid)
    await client.heard(asked.rid)
    await asked.begin()
    await another.begin()
    await asked.succeed()
    await another.report(1, 0.5)

    frames = await client.heard(asked.rid)
    assert told([f for f in frames if f["rid"] == asked.rid])[-1] == "status 2"
    assert told([f for f in frames if f["rid"] == another.rid]) == [
        "status 1", "stage 1", "progress 50",
    ]  # fmt: skip


async def test_an_event_that_was_lost_is_made_up_for_by_the_row(subscriber, asked):
    await in_thread(fail_silently, asked)

    assert told(await subscriber.until_final()) == ["status 4"]


def fail_silently(asked):
    """End a request as if its event had been lost."""
    Job.objects.filter(pk=asked.job.pk).update(
        status="failed", error_code="ffmpeg_failed", revision=99
    )


async def test_who_asks_for_more_gets_numbers_times_and_the_error(connect, asked):
    client = connect(query="extended=1")
    client.say("sub", asked.rid)
    waiting, _ = await client.sync(asked.rid)
    await asked.begin()
    await asked.report(1, 0.5)
    await asked.fail()
    frames = await client.until_final()

    assert waiting["queuePosition"] == 1
    assert [frame["seq"] for frame in (waiting, *frames)] == [1, 2, 3, 4, 5]
    assert all(isinstance(frame["ts"], float) for frame in frames)
    assert frames[-1]["error"] == {
        "code": "ffmpeg_failed", "message": "It failed.", "stage": 1,
    }  # fmt: skip


async def test_the_request_in_the_address_is_not_subscribed_to(connect, asked):
    client = connect(f"/api/v1/status/{asked.rid}/ws/")
    client.say("sub", asked.rid)

    assert await client.heard(asked.rid) == []


async def test_the_request_in_the_address_is_subscribed_to_where_that_is_asked_for(connect, asked):
    await asked.begin()
    client = connect(f"/api/v1/status/{asked.rid}/ws/", query="subscribe=1")
    first = await client.receive()
    await asked.fail()

    assert (first["type"], first["status"]) == ("sync", 1)
    assert told(await client.until_final()) == ["status 4"]


@pytest.mark.parametrize("name", ["0" * 32, "nonsense", "x" * 200])
async def test_an_unknown_request_in_the_address_does_not_refuse_the_connection(
    connect, asked, name
):
    client = connect(f"/api/v1/status/{name}/ws")
    client.say("sub", asked.rid)

    assert await client.heard(asked.rid) == []


@pytest.mark.case("media_api", 41)
async def test_two_hundred_subscribers_hear_everything_in_order(connect, asked):
    """How soon they hear it is measured by `benchmarks/media_fanout.py` (decision 0008)."""
    clients = [connect() for _ in range(200)]
    for client in clients:
        client.say("sub", asked.rid)
    for client in clients:
        assert await client.heard(asked.rid) == []
    await asked.begin()
    for stage in (1, 2):
        for percent in range(1, 101):
            await asyncio.sleep(0.05)  # twenty a second, ten seconds long
            await asked.report(stage, percent / 100)
    await asked.fail()

    steps = [f"progress {percent}" for percent in range(1, 101)]
    wanted = ["status 1", "stage 1", *steps, "stage 2", *steps, "status 4"]
    for client in clients:
        assert told(await client.until_final()) == wanted


async def test_one_who_has_stopped_reading_holds_up_nobody(connect, client, asked):
    stuck = connect()
    for one in (stuck, client):
        one.say("sub", asked.rid)
        await one.heard(asked.rid)
    stuck.reads.clear()
    await asked.begin()
    await asked.report(1, 0.5)
    await asked.succeed()

    assert told(await client.until_final())[-1] == "status 2"
