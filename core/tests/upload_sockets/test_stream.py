"""How a recognition streams to sockets, come what may (core contract, 2.5 and 2.6)."""

import pytest

from core.jobs.models import Job, Status
from core.realtime.publish import connection
from core.tests.upload_sockets.conftest import encoded, picture
from core.uploads.models import Upload

UPLOADS = "/api/v1/core/uploads/"


def is_growing(frame) -> bool:
    return frame.get("status") == "processing" and len(frame.get("streamed_text", "")) > 40


def assert_rises(frames) -> None:
    places = [(frame["run"], frame["seq"]) for frame in frames]
    assert places == sorted(set(places))


@pytest.mark.case("core", 31)
def test_an_upload_by_rest_is_told_to_an_open_socket(connect, api, platform):
    socket = connect()

    answer = api.post(UPLOADS, {"image_base64": encoded(picture("By REST"))}, format="json")
    created = socket.receive()
    frames = socket.statuses_until_end(answer.data["id"])
    updated = socket.receive()

    assert answer.status_code == 201
    assert (created["type"], created["duplicate"]) == ("Upload.created", False)
    assert created["instance"]["id"] == answer.data["id"]
    assert [frame["status"] for frame in frames][-1] == "processed"
    assert updated["instance"]["raw_text"] == frames[-1]["raw_text"] == "By REST"


@pytest.mark.case("core", 32)
def test_a_socket_that_comes_late_gets_the_text_so_far_and_the_rest(connect, slow_document):
    first = connect()
    upload_id = first.create(slow_document)["instance"]["id"]
    seen = first.until(is_growing)

    late = connect()
    shown = late.command("retrieve", instance_id=upload_id)["instance"]
    frames = late.statuses_until_end(upload_id)

    assert shown["status"] == "processing"
    assert shown["streamed_text"].startswith(seen["streamed_text"])
    assert shown["run"] == 1
    assert all(f["streamed_text"].startswith(shown["streamed_text"]) for f in frames[:-1])
    assert frames[-1]["raw_text"].startswith(shown["streamed_text"])
    assert_rises([shown, *frames])


def test_a_socket_that_comes_late_and_asks_nothing_gets_whole_texts(connect, slow_document):
    first = connect()
    upload_id = first.create(slow_document)["instance"]["id"]
    seen = first.until(is_growing)

    frames = connect(upload_id=upload_id).statuses_until_end(upload_id)

    assert len(frames) > 1
    assert all(f["streamed_text"].startswith(seen["streamed_text"]) for f in frames[:-1])


def test_deltas_add_up_to_the_text(connect, slow_document):
    socket = connect()
    socket.command("subscribe", stream="delta")
    upload_id = socket.create(slow_document)["instance"]["id"]

    frames = socket.statuses_until_end(upload_id)

    text = ""
    for frame in frames[:-1]:
        assert "streamed_text" not in frame
        assert frame["offset"] == len(text)
        text += frame["delta"]
    assert len(text) > 1000
    assert frames[-1]["raw_text"].startswith(text)


def test_a_socket_that_wants_no_stream_gets_the_end_alone(connect, slow_document):
    socket = connect()
    socket.command("subscribe", stream="none")
    upload_id = socket.create(slow_document)["instance"]["id"]

    assert [frame["status"] for frame in socket.statuses_until_end(upload_id)] == ["processed"]


def test_old_clients_get_their_frames_wrapped(connect):
    socket = connect(query="&frames=wrapped")
    upload_id = socket.create(picture("Wrapped"))["instance"]["id"]

    frames = []
    while not frames or frames[-1]["instance"]["status"] == "processing":
        frames.append(socket.until(lambda frame: frame["type"] == "Upload.status"))

    assert set(frames[-1]) == {"type", "instance"}
    assert frames[-1]["instance"]["id"] == upload_id
    assert frames[-1]["instance"]["raw_text"] == "Wrapped"


@pytest.mark.case("core", 36)
def test_a_cancel_ends_a_run_at_once_and_for_good(connect, long_document):
    socket, other_tab = connect(), connect()
    upload_id = socket.create(long_document)["instance"]["id"]
    socket.until(is_growing)

    answer = socket.command("cancel", instance_id=upload_id)
    last = socket.receive()
    updated = socket.receive()

    assert answer == {
        "type": "Upload.cancelling",
        "instance_id": upload_id,
        "request_id": answer["request_id"],
    }
    assert (last["status"], last["error_code"]) == ("error", "cancelled")
    assert (updated["type"], updated["instance"]["status"]) == ("Upload.updated", "error")
    assert socket.is_quiet(2.0)
    assert other_tab.statuses_until_end(upload_id)[-1] == last
    assert socket.command("cancel", instance_id=upload_id)["code"] == "conflict"


@pytest.mark.case("core", 37)
def test_a_reprocess_keeps_the_old_text_until_it_ends(connect, slow_document):
    socket = connect()
    upload_id = socket.create(slow_document)["instance"]["id"]
    old = socket.statuses_until_end(upload_id)[-1]

    answer = socket.command("reprocess", instance_id=upload_id, data={"language_hint": "rus"})
    socket.until(lambda frame: frame.get("status") == "processing" and frame["run"] == 2)
    meanwhile = socket.command("retrieve", instance_id=upload_id)["instance"]
    frames = socket.statuses_until_end(upload_id)

    assert (answer["instance"]["status"], answer["instance"]["run"]) == ("pending", 2)
    assert (meanwhile["status"], meanwhile["raw_text"]) == ("processing", old["raw_text"])
    assert (frames[-1]["status"], frames[-1]["run"]) == ("processed", 2)


def test_a_cancelled_reprocess_falls_back_to_the_old_text(connect, slow_document):
    socket = connect()
    upload_id = socket.create(slow_document)["instance"]["id"]
    old = socket.statuses_until_end(upload_id)[-1]
    socket.command("reprocess", instance_id=upload_id)
    socket.until(lambda frame: frame.get("status") == "processing" and frame.get("run") == 2)

    socket.command("cancel", instance_id=upload_id)
    last, updated = socket.receive(), socket.receive()

    assert (last["status"], last["error_code"], last["run"]) == ("error", "cancelled", 2)
    assert updated["instance"]["status"] == "processed"
    assert updated["instance"]["raw_text"] == old["raw_text"]
    assert updated["instance"]["error"] is None


@pytest.mark.case("core", 33)
def test_a_killed_worker_costs_an_attempt_and_nothing_else(connect, platform, slow_document):
    socket = connect()
    upload_id = socket.create(slow_document)["instance"]["id"]
    socket.until(is_growing)

    platform.worker.kill()
    platform.heal()
    frames = socket.statuses_until_end(upload_id)

    assert (frames[-1]["status"], frames[-1]["run"]) == ("processed", 2)
    assert_rises(frames)


@pytest.mark.case("core", 34)
def test_a_restarted_redis_costs_no_terminal_frame(connect, machine, slow_document):
    socket = connect()
    upload_id = socket.create(slow_document)["instance"]["id"]
    socket.until(is_growing)

    machine.restart_redis()
    frames = socket.statuses_until_end(upload_id)

    assert frames[-1]["status"] == "processed"
    assert_rises(frames)
    assert len([frame for frame in frames if frame["status"] == "processed"]) == 1


def test_an_end_whose_event_was_lost_is_told_by_the_sweep(connect, platform, slow_document):
    socket = connect()
    upload_id = socket.create(slow_document)["instance"]["id"]
    socket.until(is_growing)
    job_id = Upload.objects.get(pk=upload_id).job_id

    connection().execute_command("CLIENT", "KILL", "TYPE", "pubsub")
    Job.objects.filter(pk=job_id).update(
        status=Status.CANCELLED, lease_token=None, lease_expires_at=None
    )

    assert socket.statuses_until_end(upload_id)[-1]["error_code"] == "cancelled"
