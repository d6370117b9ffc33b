"""A live stream from its first picture to its replay."""

import re
import threading
from urllib.parse import urljoin

import httpx
import pytest

from tests.support.waiting import wait_until
from transcode.api.playing import play_url
from transcode.models import LiveSession, VideoState
from transcode.states import JobState, state_of
from transcode.tests.live.conftest import fresh, in_state, live_job, take
from transcode.tests.live.sending import LiveRunner, sending

LENGTH_S = 15


class Viewer:
    """Reads every playlist again and again, and every chunk that it lists."""

    def __init__(self, base, address):
        self.http, self.address = httpx.Client(base_url=base), address
        self.lists = self.most = 0

    def look(self):
        """Read once. Everything that is named has to be there."""
        master = self.http.get(self.address)
        assert master.status_code == 200
        names = re.findall(r"\d\.m3u8", master.text)
        assert sorted(names) == ["0.m3u8", "1.m3u8", "2.m3u8"]
        for name in names:
            self.read(name)

    def read(self, name):
        playlist = self.http.get(urljoin(self.address, name))
        assert playlist.status_code == 200, name
        chunks = re.findall(r"^\d-\d{6}\.ts$", playlist.text, re.MULTILINE)
        for chunk in chunks:
            assert self.http.head(urljoin(self.address, chunk)).status_code == 200, chunk
        self.lists += 1
        self.most = max(self.most, len(chunks))
        return playlist.text

    def texts(self):
        return [self.read(f"{n}.m3u8") for n in range(3)]


def length_s(playlist):
    """Return how long what a playlist lists lasts."""
    return sum(map(float, re.findall(r"#EXTINF:([\d.]+)", playlist)))


@pytest.mark.case("transcode", 26)
def test_a_runner_encodes_a_live_stream_which_plays_all_along_and_is_replayed(
    ingest, platform, runner, announce, tmp_path
):
    new = announce(low_latency=True)
    assert fresh(new.video).state == VideoState.WAITING_FOR_LIVE
    with sending(new, LENGTH_S) as sender:
        job = take(runner)
        work = LiveRunner(runner, job, tmp_path / "work")
        working = threading.Thread(target=work.run)
        working.start()
        video = in_state(new.video, VideoState.PUBLISHED)
        assert video.is_playable
        viewer = Viewer(platform.url, play_url(video, "master.m3u8"))
        while working.is_alive():
            viewer.look()
        working.join()
        assert sender.wait(30) == 0
    assert viewer.lists > 3
    assert (work.refused, work.answer.status_code) == ([], 204)
    wait_until(lambda: state_of(live_job(video).job) == JobState.COMPLETED)
    ended = viewer.texts()
    assert all("#EXT-X-ENDLIST" in text for text in ended)

    wait_until(lambda: fresh(video).master_name.endswith("-master.m3u8"), 60)
    video = in_state(video, VideoState.PUBLISHED)
    # As long as what came of the stream; its runner had to look at it before.
    assert abs(video.duration_s - length_s(ended[0])) <= 2
    assert video.duration_s > LENGTH_S / 3
    assert {file.resolution for file in video.files.all()} == {360, 240, 0}
    assert not video.is_live
    assert video.progress == 100
    assert LiveSession.objects.get(pk=video.pk).files_due_at
