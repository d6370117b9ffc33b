"""A client that does not read: the server's memory stays flat, the final state arrives."""

import threading

import psutil
import pytest

from core.realtime.groups import group_for_jobs_of
from core.realtime.publish import Event, encode, publish
from core.tests.realtime.slow_client import SlowClient

pytestmark = pytest.mark.django_db(transaction=True)
PADDING = "x" * 20_000


@pytest.fixture
def slow(platform, user, access_token):
    client = SlowClient(platform.url, f"/ws/jobs/?token={access_token(user)}")
    yield client
    client.socket.close()


def job_event_of(number, job_id="one", *, is_final=False):
    frame = {"type": "job", "id": job_id, "revision": number, "text": PADDING}
    data = {"job_id": job_id, "revision": number}
    return Event("job", encode(frame), f"job:{job_id}", is_final=is_final, data=data)


def flood(user, events):
    for event in events:
        publish([group_for_jobs_of(user.pk)], event)


def reached(platform, user, open_socket, access_token):
    """Wait until the server has handed out everything: another socket has the mark."""
    reader = open_socket(f"/ws/jobs/?token={access_token(user)}")
    flood(user, [job_event_of(1, "mark", is_final=True)])
    reader.until(lambda frame: frame["id"] == "mark")
    reader.connection.close()


def test_progress_is_merged_memory_stays_flat_and_the_final_state_arrives(
    slow, platform, user, open_socket, access_token
):
    web = psutil.Process(platform.web.pid)
    flood(user, (job_event_of(number) for number in range(300)))
    reached(platform, user, open_socket, access_token)
    before = web.memory_info().rss
    flood(user, (job_event_of(number) for number in range(300, 3000)))
    flood(user, [job_event_of(3000, is_final=True)])
    reached(platform, user, open_socket, access_token)
    grown = web.memory_info().rss - before

    seen = []
    for frame in slow.frames():
        seen.append(frame["revision"])
        if frame["id"] == "one" and frame["revision"] == 3000:
            break
    assert seen[-1] == 3000
    assert len(seen) < 1000  # most progress was merged away
    assert grown < 20 * 2**20  # the flood was 54 MB


def test_one_full_of_final_events_is_closed_1013(slow, platform, user, open_socket, access_token):
    web = psutil.Process(platform.web.pid)
    reached(platform, user, open_socket, access_token)
    before = web.memory_info().rss
    flood(user, (job_event_of(1, f"job {number}", is_final=True) for number in range(3000)))
    reached(platform, user, open_socket, access_token)
    grown = web.memory_info().rss - before

    *frames, code = slow.frames()
    ids = [frame["id"] for frame in frames if frame["id"] != "mark"]
    assert code == 1013
    assert ids == [f"job {number}" for number in range(len(ids))]  # in order, none left out
    assert grown < 20 * 2**20  # the flood was 60 MB


def test_a_client_that_never_reads_does_not_hold_up_the_others(
    slow, user, open_socket, access_token
):
    reader = open_socket(f"/ws/jobs/?token={access_token(user)}")
    reader.ask({"type": "nope"})
    events = [job_event_of(1, f"job {number}", is_final=True) for number in range(1000)]
    flooding = threading.Thread(target=flood, args=(user, events))
    flooding.start()

    assert [reader.receive()["id"] for _ in range(1000)] == [f"job {n}" for n in range(1000)]
    flooding.join()
