"""The runners' socket on a live server, packet by packet (Engine.IO 4, Socket.IO 5)."""

import asyncio
import json
import subprocess
import sys
from datetime import timedelta

import httpx
import pytest
import socketio
import websockets
from asgiref.sync import sync_to_async
from django.conf import settings
from django.utils import timezone

from tests.support.waiting import wait_until
from transcode.models import Runner
from transcode.runners import events, presence, watchdog
from transcode.tests.runners_socket.conftest import dial

pytestmark = pytest.mark.django_db(transaction=True)
EVENT = '42/runners,["available-jobs"'


@pytest.mark.parametrize(
    "auth",
    [
        {},
        {"runnerToken": "ptrt-11111111-1111-4111-8111-111111111111"},
        {"runnerToken": ""},
        {"runnerToken": "x" * 5000},
        {"runnerToken": ["ptrt"]},
        {"runnerToken": "\ud800"},
        "ptrt",
        None,
    ],
)
async def test_a_bad_or_missing_token_is_refused(platform, auth):
    socket, answer = await dial(platform, auth)
    assert answer.startswith("44/runners,")
    assert json.loads(answer.partition(",")[2])["message"] == "invalid runner token"
    await socket.websocket.close()


async def test_no_other_namespace_is_open(platform, make_runner):
    _, token = await sync_to_async(make_runner)()
    socket, answer = await dial(platform, {"runnerToken": token}, namespace="/admin")
    assert answer.startswith("44/admin,")
    await socket.websocket.close()


async def test_a_page_of_another_site_is_refused(platform, make_runner):
    _, token = await sync_to_async(make_runner)()
    with pytest.raises((websockets.InvalidStatus, websockets.ConnectionClosed)):
        await dial(platform, {"runnerToken": token}, origin="https://evil.example")


async def test_who_shows_no_good_token_in_time_is_sent_away(platform, make_runner):
    """Who says nothing, and who was refused; a runner stays."""
    _, token = await sync_to_async(make_runner)()
    known, _ = await dial(platform, {"runnerToken": token})
    refused, _ = await dial(platform, {"runnerToken": "ptrt-nobody"})
    address = f"{platform.ws_url}/socket.io/?EIO=4&transport=websocket"
    async with websockets.connect(address) as silent:
        for socket in (silent, refused.websocket):
            await asyncio.wait_for(socket.wait_closed(), 60)
            assert socket.close_code == 4401
    await sync_to_async(events.emit)()
    assert (await known.until(EVENT)).startswith(EVENT)
    await known.websocket.close()


async def test_long_polling_is_not_offered(platform):
    async with httpx.AsyncClient(timeout=180) as client:
        answer = await client.get(f"{platform.url}/socket.io/?EIO=4&transport=polling")
    assert answer.status_code == 400


async def test_a_huge_packet_ends_only_its_own_socket(platform, make_runner):
    _, token = await sync_to_async(make_runner)()
    good, _ = await dial(platform, {"runnerToken": token})
    bad, _ = await dial(platform, {"runnerToken": token})
    await bad.websocket.send("42/runners," + "x" * (3 * 2**20))
    with pytest.raises(websockets.ConnectionClosed):
        await bad.until("never")
    await sync_to_async(events.emit)()
    assert (await good.until(EVENT)).startswith(EVENT)
    await good.websocket.close()


@pytest.mark.case("transcode", 20)
async def test_runners_hear_of_jobs_from_any_process_and_nobody_else_comes_in(
    platform, make_runner, user, access_token
):
    _, token = await sync_to_async(make_runner)()
    socket, answer = await dial(platform, {"runnerToken": token})
    assert json.loads(answer.removeprefix("40/runners,"))["sid"]
    heard = asyncio.create_task(socket.until(EVENT))  # From now on: it answers pings meanwhile.
    for auth, namespace in (
        ({"runnerToken": "ptrt-nobody"}, "/runners"),
        ({}, "/runners"),
        ({"runnerToken": token}, "/elsewhere"),
    ):
        stranger, refusal = await dial(platform, auth, namespace)
        assert refusal.startswith("44")
        await stranger.websocket.close()
    jwt = await sync_to_async(access_token)(user)
    async with websockets.connect(f"{platform.ws_url}/ws/jobs/?token={jwt}") as jobs:
        assert await (await jobs.ping()) >= 0  # Let in, and answered.
    code = "import django; django.setup(); from transcode.runners import events; events.emit()"
    emit = sync_to_async(subprocess.run)
    await emit([sys.executable, "-c", code], check=True, cwd=settings.BASE_DIR)
    assert await heard == f"{EVENT}]"
    await socket.websocket.close()


def test_the_client_library_connects_and_hears(platform, make_runner):
    runner, token = make_runner()
    client, heard = socketio.Client(), []
    client.on("available-jobs", lambda *data: heard.append(data), namespace="/runners")
    client.connect(
        platform.url,
        auth={"runnerToken": token},
        namespaces=["/runners"],
        transports=["websocket"],
    )
    events.emit()
    wait_until(lambda: heard)
    client.disconnect()
    wait_until(lambda: Runner.objects.get(pk=runner.pk).disconnected_at)


async def test_a_runner_that_is_removed_loses_its_socket(platform, make_runner):
    runner, token = await sync_to_async(make_runner)()
    other, other_token = await sync_to_async(make_runner)("other")
    socket, _ = await dial(platform, {"runnerToken": token})
    stays, _ = await dial(platform, {"runnerToken": other_token})
    await sync_to_async(runner.delete)()
    assert (await socket.until("41")) == "41/runners,"
    # On a busy machine the other's note may have run out, and comes again at the next look.
    await asyncio.to_thread(wait_until, lambda: presence.connected() == {other.pk})
    await stays.websocket.close()


async def test_many_changes_are_few_events_and_the_last_is_followed_by_one(platform, make_runner):
    _, token = await sync_to_async(make_runner)()
    socket, _ = await dial(platform, {"runnerToken": token})
    for _ in range(20):
        await sync_to_async(events.announce)()
    first = await socket.until(EVENT)
    second = await socket.until(EVENT)  # From the beat's worker, a second later.
    assert first == second
    assert not [packet for packet in socket.heard if packet.startswith(EVENT)]
    await socket.websocket.close()


def test_a_web_process_that_died_leaves_no_runner_connected(make_runner, monkeypatch):
    runner, _ = make_runner()
    monkeypatch.setattr(presence, "TTL_S", -1.0)
    presence.seen({"sid": runner.pk})
    watchdog.watch()
    runner.refresh_from_db()
    assert runner.disconnected_at is not None
    assert timezone.now() - runner.disconnected_at < timedelta(minutes=1)
    assert presence.connected() == set()
