"""Every sort of clip, from its upload to the last byte that a player fetches of it."""

import re
import subprocess
import sys
from array import array
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import httpx
import pytest

from core.jobs.models import Status
from core.media.probe import MediaInfo, probe
from tests.support.clips import clip
from tests.support.running import Child, database_url, free_port
from tests.support.waiting import wait_until
from transcode.api.playing import play_url
from transcode.models import FileKind, JobType, Video, VideoFile, VideoState
from transcode.tests.local.conftest import run_all, states
from transcode.tests.videos.conftest import create, staged
from transcode.videos import storage

__all__ = ["create", "staged"]

WIDE, TALL = {240: (426, 240, 30), 144: (256, 144, 30)}, {240: (240, 426, 30), 144: (144, 256, 30)}


def at(*fps):
    """The usual sizes at another rate: one for all, or that of each."""
    rates = fps if len(fps) > 1 else fps * len(WIDE)
    return {side: (*WIDE[side][:2], rate) for side, rate in zip(WIDE, rates, strict=True)}


# Width, height and frame rate of each rendition, where 144 and 240 are enabled: 5.1 and 5.2 of
# the contract worked out by hand.
LADDERS = {
    "landscape": WIDE,
    "portrait": TALL,
    "rotated": TALL,
    "odd": {144: (256, 144, 30)},
    "film": at(24),
    "fifty": at(50, 25),
    "variable_rate": at(17),
    "ten_bit": WIDE,
    "interlaced": at(25),
    "anamorphic": WIDE,
    "silent": WIDE,
    "surround": WIDE,
    "late_audio": WIDE,
    "audio_only": at(25),
    "mp3": at(25),
    "wav": at(25),
    "cover": {240: (240, 240, 25), 144: (144, 144, 25)},
    "webm": {144: (256, 144, 30)},
    "mkv": WIDE,
    "mpegts": WIDE,
    "slow_start": WIDE,
    "long_gop": WIDE,
}
MUTE = {"silent", "interlaced", "anamorphic", "variable_rate"}
SOUND_ALONE = {"audio_only", "mp3", "wav", "cover"}
# What browsers play as it is: H.264 in 8 bits, progressive, unturned, with square pixels.
COPIED = {
    *("landscape", "portrait", "film", "fifty", "variable_rate", "silent", "surround"),
    *("mkv", "mpegts", "slow_start", "long_gop"),
}


@dataclass(frozen=True)
class Player:
    """What somebody saw who fetched a published video by the addresses of its files."""

    name: str
    source: MediaInfo
    video: Video
    states: dict[str, list[tuple[str, str]]]
    rows: list[VideoFile]
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
        self.http = httpx.Client(base_url=url, timeout=60)

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
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def watch(name, video, url, folder):
    """Fetch all that a published video's master leads to."""
    with_them = Watching(url, video, folder)
    master = with_them.get(storage.file_of(video.master_name)).text
    hashes = with_them.get(storage.file_of(video.hashes_name)).json()
    listed = re.findall(r'URI="([^"]+)"', master)
    listed += [line for line in master.splitlines() if line[:1] != "#"]
    lists = {each: with_them.get(each).text for each in listed}
    inside = {re.search(r'MAP:URI="([^"]+)"', text)[1] for text in lists.values()}
    media = {each: with_them.fetch(each) for each in sorted(inside)}
    return Player(
        name,
        probe(clip(name)),
        video,
        states(video),
        list(video.files.all()),
        master,
        lists,
        media,
        hashes,
        {each: {s: with_them.piece(each, s) for s in spans} for each, spans in hashes.items()},
        with_them.decode(storage.file_of(video.master_name)),
        {int(re.search(r"-(\d+)-frag", each)[1]): probe(path) for each, path in media.items()},
    )


@pytest.fixture(scope="module")
def door(django_db_setup, django_db_blocker):
    """Return the address of a server that nobody works beside."""
    port = free_port()
    with django_db_blocker.unblock():
        env = {"DATABASE_URL": database_url(), "HOST": "127.0.0.1", "PORT": str(port)}
    web = Child("web-media", [sys.executable, "-m", "backend.serve"], env)
    url = f"http://127.0.0.1:{port}"
    wait_until(lambda: is_up(url), 60)
    yield url
    web.kill()


def is_up(url):
    """Return whether a server answers."""
    try:
        return httpx.get(url).status_code > 0
    except httpx.TransportError:
        return False


@pytest.fixture
def videos(transactional_db):
    """Videos lie where the server finds them; they go with the test."""
    yield storage.root()
    for video in Video.objects.all():
        storage.remove_video(video.pk)


@pytest.fixture
def publish(alone, settings, create, door, tmp_path):
    """Return a function that makes a video of a clip here, and watches it."""
    settings.TRANSCODE_LOCAL_WORKERS = "always"
    settings.TRANSCODE_RESOLUTIONS = [144, 240]

    def make(name, **changes):
        for key, value in changes.items():
            setattr(settings, f"TRANSCODE_{key}", value)
        return watch(name, run_all(create(name)), door, tmp_path)

    return make


_SEEN: dict[str, Player] = {}


@pytest.fixture
def player(request, transactional_db):
    """Return what was seen of a clip: each is made once, for all tests that ask for it."""
    name = request.param
    if name not in _SEEN:
        _SEEN[name] = request.getfixturevalue("publish")(name)
    return _SEEN[name]


def every_clip(of=LADDERS):
    return pytest.mark.parametrize("player", sorted(of), indirect=True)


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
    return subprocess.run(command, capture_output=True, timeout=120, check=True)


# ---- each clip


@every_clip()
def test_a_clip_is_published_and_every_job_of_it_succeeds(player):
    video = player.video
    assert (video.state, video.is_playable, video.progress) == (VideoState.PUBLISHED, True, 100.0)
    assert (video.error, video.warnings, video.growing) == ("", [], None)
    assert {each for jobs in player.states.values() for each in jobs} == {(Status.SUCCEEDED, "")}
    assert (JobType.REMUX in player.states) == (player.name in COPIED)
    assert (JobType.AUDIO_MERGE in player.states) == (player.name in SOUND_ALONE)


@every_clip()
def test_there_is_a_rendition_of_each_size_and_one_of_the_sound(player):
    expected = [*sorted(LADDERS[player.name], reverse=True), *([] if player.name in MUTE else [0])]
    assert [row.resolution for row in player.rows] == expected
    assert sorted(player.infos, reverse=True) == expected
    assert all(
        (row.has_video, row.has_audio) == (row.resolution > 0, row.resolution == 0)
        for row in player.rows
    )
    assert {row.kind for row in player.rows} == {FileKind.HLS}
    assert not any(row.is_remux for row in player.rows)


@every_clip()
def test_a_rendition_has_the_size_and_the_rate_of_the_ladder_and_what_every_player_decodes(player):
    pictures = {side: info for side, info in player.infos.items() if side}
    shown = {s: (i.video.width, i.video.height, round(i.video.fps)) for s, i in pictures.items()}
    assert shown == LADDERS[player.name]
    for info in pictures.values():
        picture = info.video
        assert (picture.codec, picture.pix_fmt) == ("h264", "yuv420p")
        assert (picture.sar, picture.rotation, picture.is_interlaced) == (Fraction(1), 0, False)
        assert (picture.coded_width % 2, picture.coded_height % 2) == (0, 0)
        assert [stream.codec for stream in info.streams] == ["h264"]


@every_clip()
def test_the_sound_is_aac_where_the_clip_has_any(player):
    if player.name in MUTE:
        assert 0 not in player.infos
        return
    (sound,) = player.infos[0].streams
    assert (sound.codec, sound.profile, sound.layout) == ("aac", "LC", "stereo")


@every_clip()
def test_picture_and_sound_are_as_long_as_the_clip_and_begin_together(player):
    slack_s = max(2.0, 0.02 * player.source.duration_s)
    for side, info in player.infos.items():
        assert info.duration_s == pytest.approx(player.source.duration_s, abs=slack_s)
        seen_s = sum(duration_s for duration_s, _ in segments(list_of(player, side)))
        assert seen_s == pytest.approx(info.duration_s, abs=0.2)
    for side, (_, _, fps) in LADDERS[player.name].items():
        if 0 in player.infos:
            begun_s = player.infos[side].video.start_s - player.infos[0].audio.start_s
            assert abs(begun_s) <= max(0.1, 2 / fps)


@every_clip()
def test_the_master_says_what_each_rendition_is(player):
    said, sound = variants(player), [row for row in player.rows if not row.resolution]
    assert {side: (each["RESOLUTION"], each["FRAME-RATE"]) for side, each in said.items()} == {
        side: (f"{width}x{height}", f"{fps}.000")
        for side, (width, height, fps) in LADDERS[player.name].items()
    }
    assert list(said) == sorted(said, reverse=True)
    for side, each in said.items():
        picture = player.infos[side].video
        start = {"High": "6400", "Main": "4D40", "Constrained Baseline": "42E0"}[picture.profile]
        codecs = [f"avc1.{start}{picture.level:02x}", *(["mp4a.40.2"] if sound else [])]
        assert each["CODECS"] == ",".join(codecs)
        assert ("AUDIO" in each) == bool(sound)


@every_clip()
def test_the_master_promises_no_less_than_any_segment_needs(player):
    def peak_bps(side):
        found = segments(list_of(player, side))
        return max(length * 8 / duration_s for duration_s, length in found)

    for side, each in variants(player).items():
        needed = sum(peak_bps(part) for part in {side, 0} & set(player.infos) | {side})
        assert int(each["BANDWIDTH"]) >= needed
        assert int(each["BANDWIDTH"]) >= int(each["AVERAGE-BANDWIDTH"]) > 0


@every_clip()
def test_every_piece_that_a_player_fetches_has_the_hash_that_is_said_of_it(player):
    assert player.pieces == player.hashes
    assert set(player.hashes) == set(player.media)
    for name, spans in player.hashes.items():
        ends = sorted(tuple(map(int, span.split("-"))) for span in spans)
        assert (ends[0][0], ends[-1][1]) == (0, player.media[name].stat().st_size - 1)
        assert all(one[1] + 1 == other[0] for one, other in pairwise(ends))


@every_clip()
def test_a_player_decodes_the_whole_from_the_master_on(player):
    assert (player.decoded.returncode, player.decoded.stderr) == (0, "")
    played_us = re.findall(r"out_time_us=(\d+)", player.decoded.stdout)[-1]
    assert int(played_us) / 1e6 == pytest.approx(player.source.duration_s, abs=0.5)


# ---- what is shown and heard


@every_clip({"landscape", "portrait", "rotated", "anamorphic", "ten_bit", "odd", "webm", "mkv"})
def test_every_rendition_shows_what_the_clip_shows(player):
    for side, (width, height, _) in LADDERS[player.name].items():
        shape = f"scale={width}:{height},setsar=1,format=yuv420p,setpts=PTS-STARTPTS"
        graph = f"[0:v]{shape}[a];[1:v]{shape}[b];[a][b]psnr"
        inputs = ("-i", clip(player.name), "-i", media_of(player, side))
        heard = run_ffmpeg("info", *inputs, "-lavfi", graph, "-f", "null", "-").stderr
        likeness_db = re.search(rb"PSNR .*average:([\d.]+|inf)", heard)[1]
        assert float(likeness_db) > 25


@every_clip({"late_audio"})
def test_a_sound_that_begins_late_is_late_in_the_rendition(player):
    loud = []
    for from_s in (0.1, 0.7):
        words = ("-ss", str(from_s), "-t", "0.3", "-i", media_of(player, 0), "-f", "s16le", "-")
        heard = array("h", run_ffmpeg("error", *words).stdout)
        loud.append(max(map(abs, heard)))
    assert loud[0] < 100
    assert loud[1] > 1000


# ---- settings


def sizes(player):
    return sorted((row.kind, row.resolution, row.is_remux) for row in player.rows)


@pytest.mark.parametrize("name", ["landscape", "ten_bit"])
def test_the_original_size_is_a_rendition_of_its_own_where_that_is_wanted(publish, name):
    player = publish(name, ALWAYS_ORIGINAL=True)
    assert player.video.state == VideoState.PUBLISHED
    assert sorted(player.infos) == [0, 144, 240, 360]
    assert player.decoded.returncode == 0


def test_an_odd_size_is_made_even_where_the_original_is_wanted(publish):
    player = publish("odd", ALWAYS_ORIGINAL=True)
    assert (player.infos[182].video.width, player.infos[182].video.height) == (322, 182)
    assert sorted(player.infos) == [0, 144, 182]


def test_a_copy_that_is_as_large_as_the_top_is_the_only_one_of_its_size(publish):
    player = publish("silent", RESOLUTIONS=[144, 360])
    assert sorted(player.infos) == [144, 360]
    assert sizes(player) == [("hls", 144, False), ("hls", 360, False)]


@pytest.mark.parametrize("name", ["landscape", "webm", "late_audio"])
def test_every_rendition_has_the_sound_in_it_where_it_is_not_split(publish, name):
    player = publish(name, SPLIT_AUDIO_VIDEO=False)
    assert 0 not in player.infos
    for info in player.infos.values():
        assert [stream.codec for stream in info.streams] == ["h264", "aac"]
        assert abs(info.video.start_s - info.audio.start_s) <= 0.1
    assert all("AUDIO" not in each for each in variants(player).values())
    assert {each["CODECS"].split(",")[1] for each in variants(player).values()} == {"mp4a.40.2"}
    assert player.decoded.returncode == 0


@pytest.mark.parametrize("name", ["landscape", "silent", "mp3"])
def test_web_videos_are_made_beside_the_hls_renditions(publish, name):
    player = publish(name, WEB_VIDEOS_ENABLED=True)
    web = {row.resolution: row for row in player.rows if row.kind == FileKind.WEB}
    assert set(web) >= {144, 240}
    assert {row.has_audio for row in web.values()} == {name not in MUTE}
    assert set(player.infos) == {144, 240, *([] if name in MUTE else [0])}
    for side, row in web.items():
        info = probe(storage.root() / row.name)
        assert min(info.video.width, info.video.height) == side
        assert (info.audio is not None) == (name not in MUTE)


def test_a_video_plays_whose_original_is_not_kept(publish):
    player = publish("landscape", KEEP_ORIGINAL=False)
    assert player.video.source_name == ""
    assert storage.files_in("originals", player.video.pk) == []
    assert sorted(player.infos) == [0, 144, 240]
    assert player.decoded.returncode == 0
