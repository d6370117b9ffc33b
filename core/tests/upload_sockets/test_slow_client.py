"""What a client gets that reads too slowly (core contract, 2.6, guarantee 3)."""

from uuid import uuid4

import pytest

from core.tests.realtime.slow_client import SlowClient
from core.tests.upload_sockets.conftest import PATH
from core.uploads.events import publish_ended
from core.uploads.models import Upload
from core.uploads.stream import StreamWriter

# A few frames of this text fill what the kernel keeps for one socket (4 MiB and a little).
TEXT = "x" * 2**21
PIECES = 10
FINALS = 256


class Recognition:
    """What a worker publishes of one upload, piece by piece, each waited for by a watcher."""

    def __init__(self, user, watcher) -> None:
        self.upload = Upload(pk=uuid4(), owner=user)
        self.watcher = watcher

    def stream(self, run: int) -> None:
        """Publish a run's pieces; the watcher gets a partial frame for each of them."""
        writer = StreamWriter(self.upload.pk, self.upload.owner_id, run)
        for seq in range(1, PIECES + 1):
            writer.write(TEXT if seq == 1 else ".", progress=0.1, page=1, page_count=1)
            self.watcher.until(lambda frame: (frame.get("run"), frame.get("seq")) == (run, seq))  # noqa: B023

    def end(self, run: int, seq: int) -> None:
        """Publish a run's end."""
        end_of(self.upload, run, seq)


def end_of(upload, run: int, seq: int) -> None:
    frame = {"type": "Upload.status", "id": str(upload.pk), "status": "processed"}
    place = {"run": run, "seq": seq, "progress": 1.0, "page": 1, "page_count": 1}
    publish_ended(upload, {**frame, **place, "raw_text": "", "processed_text": ""})


def ends_of_others(user, watcher, count: int) -> list[str]:
    """Publish the ends of so many other uploads; return their ids once a watcher has them all."""
    uploads = [Upload(pk=uuid4(), owner=user) for _ in range(count)]
    for upload in uploads:
        end_of(upload, run=1, seq=1)
    ids = [str(upload.pk) for upload in uploads]
    assert [watcher.until(is_end)["id"] for _ in ids] == ids
    return ids


def is_end(frame) -> bool:
    return isinstance(frame, dict) and frame.get("status") == "processed"


@pytest.fixture
def slow(platform, user, access_token):
    client = SlowClient(platform.url, f"{PATH}?token={access_token(user)}")
    yield client
    client.socket.close()


def partials_until(frames, wanted) -> tuple[list[int], dict[str, object]]:
    """Return the numbers of the partial frames before a wanted one, and that one."""
    numbers = []
    for frame in frames:
        if wanted(frame):
            return numbers, frame
        assert isinstance(frame, dict), f"closed with {frame}"
        assert frame["status"] == "processing"
        numbers.append(frame["seq"])
    raise AssertionError("the frames ended")


@pytest.mark.case("core", 35)
def test_a_slow_client_skips_partials_gets_256_waiting_ends_and_is_closed_1013_by_one_more(
    slow, connect, user
):
    watcher = connect()
    watcher.command("ping")
    recognition = Recognition(user, watcher)
    frames = slow.frames()

    # It does not read while pieces come; then it gets what was under way, and the newest.
    recognition.stream(run=1)
    old, newest = partials_until(frames, lambda frame: frame["seq"] == PIECES)
    assert old == list(range(1, len(old) + 1))
    assert len(old) < PIECES - 1
    assert len(newest["streamed_text"]) == len(TEXT) + PIECES - 1

    # Again, and now the run ends, and 255 others: each of 256 ends arrives, nothing stale before.
    recognition.stream(run=2)
    recognition.end(run=2, seq=PIECES + 1)
    watcher.until(is_end)
    others = ends_of_others(user, watcher, FINALS - 1)
    old, end = partials_until(frames, is_end)
    assert old == list(range(1, len(old) + 1))
    assert len(old) < PIECES
    assert (end["id"], end["run"]) == (str(recognition.upload.pk), 2)
    assert [next(frames)["id"] for _ in others] == others
    slow.send({"type": "ping"})
    assert next(frames)["type"] == "pong"

    # One end more than may wait: let go, after what was under way and nothing else.
    recognition.stream(run=3)
    ends_of_others(user, watcher, FINALS + 1)
    old, code = partials_until(frames, lambda frame: frame == 1013)
    assert old == list(range(1, len(old) + 1))
    assert code == 1013
    assert watcher.command("ping")["type"] == "pong"
