"""Somebody who watches a live stream and looks closely."""

import re
from urllib.parse import urljoin

import httpx

from tests.support.waiting import wait_until
from transcode.live import files
from transcode.models import LiveSession, VideoState
from transcode.states import JobState, state_of
from transcode.tests.live.conftest import fresh, in_state, live_job


class Viewer:
    """Reads every playlist again and again, and every chunk that it lists."""

    def __init__(self, base, address):
        self.http, self.address = httpx.Client(base_url=base, timeout=180), address
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


def playlists_of(video):
    """Return the playlists of a stream's three renditions; empty before they are there."""
    paths = [files.folder_of(video.pk) / f"{variant}.m3u8" for variant in range(3)]
    return [path.read_text() if path.exists() else "" for path in paths]


def length_s(playlist):
    """Return how long what a playlist lists lasts."""
    return sum(map(float, re.findall(r"#EXTINF:([\d.]+)", playlist)))


def check_replay(viewer, video, at_least_s):
    """The stream has ended for its viewers, and is a video of two renditions and a sound."""
    wait_until(lambda: state_of(live_job(video).job) == JobState.COMPLETED)
    ended = viewer.texts()
    assert all("#EXT-X-ENDLIST" in text for text in ended)

    wait_until(lambda: fresh(video).master_name.endswith("-master.m3u8"))
    video = in_state(video, VideoState.PUBLISHED)
    # As long as what came of the stream; its runner had to look at it before.
    assert abs(video.duration_s - length_s(ended[0])) <= 2
    assert video.duration_s >= at_least_s
    assert {file.resolution for file in video.files.all()} == {360, 240, 0}
    assert not video.is_live
    assert video.progress == 100
    assert LiveSession.objects.get(pk=video.pk).files_due_at
