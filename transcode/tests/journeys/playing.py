"""Somebody who plays a published video: what is fetched of it over HTTP, and what is in it."""

import contextlib
import re
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from core.media.probe import MediaInfo, probe
from tests.support.clips import clip
from tests.support.running import Child, database_url, free_port
from tests.support.waiting import wait_until
from transcode.api.playing import play_url
from transcode.models import Video, VideoFile
from transcode.tests.local.conftest import run_all, states
from transcode.videos import services, storage


@dataclass(frozen=True)
class Player:
    """What somebody saw who fetched a published video by the addresses of its files.

    `lying` is what lies in storage for players, less what is only kept for open ones; `infos` is
    what ffprobe says of the file of each resolution, 0 for the sound.
    """

    name: str
    source: MediaInfo
    video: Video
    states: dict[str, list[tuple[str, str]]]
    rows: list[VideoFile]
    lying: set[str]
    master: str
    lists: dict[str, str]
    media: dict[str, Path]
    hashes: dict[str, dict[str, str]]
    pieces: dict[str, dict[str, str]]
    decoded: "subprocess.CompletedProcess[str]"
    infos: dict[int, MediaInfo]


class Watching:
    """Somebody who fetches a video's files into a folder."""

    def __init__(self, url, video, folder):
        self.url, self.video, self.folder = url, video, folder
        self.http = httpx.Client(base_url=url, timeout=180)

    def get(self, name, **headers):
        answer = self.http.get(play_url(self.video, name), headers=headers)
        assert answer.status_code == (206 if headers else 200), (name, answer.status_code)
        return answer

    def fetch(self, name):
        path = self.folder / name
        path.write_bytes(self.get(name).content)
        return path

    def piece(self, name, span):
        return sha256(self.get(name, Range=f"bytes={span}").content).hexdigest()

    def decode(self, name):
        """Play everything that a master names, over HTTP; what ends in an error says so."""
        words = ["-v", "error", "-xerror", "-progress", "pipe:1", "-i"]
        output = ["-map", "0", "-f", "null", "-"]
        command = ["ffmpeg", "-nostdin", *words, self.url + play_url(self.video, name), *output]
        return subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)


def watch(source, video, url, folder):
    """Fetch all that a published video's master leads to."""
    with_them = Watching(url, video, folder)
    master = with_them.get(storage.file_of(video.master_name)).text
    hashes = with_them.get(storage.file_of(video.hashes_name)).json()
    listed = re.findall(r'URI="([^"]+)"', master)
    listed += [line for line in master.splitlines() if line[:1] != "#"]
    lists = {each: with_them.get(each).text for each in listed}
    inside = {re.search(r'MAP:URI="([^"]+)"', text)[1] for text in lists.values()}
    media = {each: with_them.fetch(each) for each in sorted(inside)}
    kept = set(video.discarded.values_list("name", flat=True))
    return Player(
        source.stem,
        probe(source),
        video,
        states(video),
        list(video.files.all()),
        set(storage.files_in("hls", video.pk)) - kept,
        master,
        lists,
        media,
        hashes,
        {each: {s: with_them.piece(each, s) for s in spans} for each, spans in hashes.items()},
        with_them.decode(storage.file_of(video.master_name)),
        {int(re.search(r"-(\d+)-frag", each)[1]): probe(path) for each, path in media.items()},
    )


@pytest.fixture(scope="module")
def web_url(django_db_setup, django_db_blocker):
    """Return the address of a server that nobody works beside."""
    port = free_port()
    with django_db_blocker.unblock():
        env = {"DATABASE_URL": database_url(), "HOST": "127.0.0.1", "PORT": str(port)}
    web = Child("web-media", [sys.executable, "-m", "backend.serve"], env)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: web.process.poll() is not None or answers(port))
        assert web.process.poll() is None, web.text()[-2000:]
        yield url
    finally:
        web.kill()


def answers(port):
    """Return whether somebody listens there."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


@pytest.fixture
def publish(transactional_db, alone, settings, user, web_url, tmp_path):
    """Return a function that makes a video here of a clip or of another file, and watches it.

    Videos lie where the server finds them; they go with the test.
    """
    settings.TRANSCODE_LOCAL_WORKERS = "always"
    settings.TRANSCODE_RESOLUTIONS = [144, 240]

    def make(which, **changes):
        for key, value in changes.items():
            setattr(settings, f"TRANSCODE_{key}", value)
        source = which if isinstance(which, Path) else clip(which)
        copy = Path(shutil.copy(source, tmp_path / f"staged-{source.name}"))
        video = services.create_video(owner=user, path=copy, filename=source.name, name="A clip")
        return watch(source, run_all(video), web_url, tmp_path)

    yield make
    for video in Video.objects.all():
        storage.remove_video(video.pk)


def attributes(line):
    """Return what a line of a playlist names: RFC 8216, 4.2."""
    return {key: said.strip('"') for key, said in re.findall(r'([A-Z-]+)=("[^"]*"|[^",]*)', line)}


def variants(player):
    """Return the attributes of each variant of the master, by the shorter side."""
    lines = [line for line in player.master.splitlines() if line.startswith("#EXT-X-STREAM-INF")]
    said = [attributes(line) for line in lines]
    return {min(map(int, each["RESOLUTION"].split("x"))): each for each in said}


def segments(text):
    """Return the duration in seconds and the number of bytes of each segment of a playlist."""
    found = re.findall(r"#EXTINF:([\d.]+),\s+#EXT-X-BYTERANGE:(\d+)@", text)
    return [(float(duration_s), int(length)) for duration_s, length in found]


def media_of(player, side):
    """Return the file of one rendition."""
    return next(path for name, path in player.media.items() if f"-{side}-frag" in name)


def list_of(player, side):
    """Return the playlist of one rendition."""
    return next(text for name, text in player.lists.items() if name.endswith(f"-{side}.m3u8"))


def run_ffmpeg(level, *words):
    """Run ffmpeg; return what it has said and written."""
    command = ["ffmpeg", "-nostdin", "-v", level, *map(str, words)]
    return subprocess.run(command, capture_output=True, timeout=180, check=True)
