"""A graphics card that fails under a live stream: software goes on, and the video says so."""

import re

import pytest

from tests.support.waiting import wait_until
from transcode.live import sessions
from transcode.models import VideoState
from transcode.tests.engines.making import decode
from transcode.tests.live.conftest import fresh, in_state
from transcode.tests.live.sending import sending
from transcode.tests.live.viewing import playlists_of
from transcode.tests.local.cards import CARD, card_that_does
from transcode.videos import storage

TRIAL = 'if "-frames:v" in words: sys.exit(0)'
AT_ONCE = [TRIAL, 'print("No capable devices found", file=sys.stderr)', "sys.exit(1)"]
# Software plays the card, which breaks off once two chunks are listed.
AFTER_TWO_CHUNKS = [
    TRIAL,
    "unknown = [words.index(each) for each in ('-preset', '-rc', '-no-scenecut', '-forced-idr')]",
    "words = [w for at, w in enumerate(words) if at not in unknown and at - 1 not in unknown]",
    f"words[words.index({CARD!r})] = 'libx264'",
    "child = subprocess.Popen([real, *words])",
    "def listed():",
    "    path = words[-1].replace('%v', '0')",
    "    return open(path).read().count('#EXTINF') if os.path.exists(path) else 0",
    "while child.poll() is None and listed() < 2: time.sleep(0.05)",
    "child.kill()",
    "sys.exit(1)",
]


@pytest.fixture
def worker(platform, monkeypatch, tmp_path):
    """Return the function that starts the only worker, on a machine with such a card."""

    def start(lines):
        platform.worker.kill()
        card_that_does(tmp_path, monkeypatch, *lines)
        platform.worker = platform.start_worker(TRANSCODE_ENCODERS=f"{CARD},libx264")

    yield start
    platform.worker.kill()


def chunks_of(playlist):
    return [int(number) for number in re.findall(r"^\d-(\d{6})\.ts$", playlist, re.MULTILINE)]


@pytest.mark.parametrize(("does", "breaks"), [(AT_ONCE, 0), (AFTER_TWO_CHUNKS, 1)])
def test_a_stream_goes_on_in_software_where_the_card_fails(ingest, worker, announce, does, breaks):
    worker(does)
    new = announce(low_latency=True)
    with sending(new, 300) as sender:
        wait_until(lambda: fresh(new.video).warnings)
        in_state(new.video, VideoState.PUBLISHED)
        wait_until(lambda: all(len(chunks_of(text)) >= 4 for text in playlists_of(new.video)))
        assert sender.poll() is None
    wait_until(lambda: fresh(new.video).master_name.endswith("-master.m3u8"))
    video = in_state(new.video, VideoState.PUBLISHED)

    assert sessions.jobs_of(video.pk).get().job.status == "succeeded"
    said = f"The encoder {CARD} failed; the video was encoded in software."
    assert video.warnings == [said]
    for playlist in playlists_of(video):
        assert chunks_of(playlist) == list(range(len(chunks_of(playlist))))
        assert playlist.count("#EXT-X-DISCONTINUITY\n") == breaks
        assert len(chunks_of(playlist)) >= 4
    # What the card made and what software made are one video.
    assert decode(storage.root() / video.master_name) == []
