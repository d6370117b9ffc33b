"""Every sort of clip, from its upload to the last byte that a player fetches of it."""

import re
from array import array
from fractions import Fraction
from itertools import pairwise

import pytest

from core.jobs.models import Status
from tests.support.clips import clip
from transcode.models import FileKind, JobType, VideoState
from transcode.tests.journeys.playing import (
    Player,
    list_of,
    media_of,
    publish,
    run_ffmpeg,
    segments,
    variants,
    web_url,
)

__all__ = ["publish", "web_url"]


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


# ---- each clip


@every_clip()
def test_a_clip_is_published_and_every_job_of_it_succeeds(player):
    video = player.video
    assert (video.state, video.is_playable, video.progress) == (VideoState.PUBLISHED, True, 100.0)
    assert (video.error, video.warnings, video.growing) == ("", [], None)
    assert {each for jobs in player.states.values() for each in jobs} == {(Status.SUCCEEDED, "")}
    assert (next(iter(player.states)) == JobType.REMUX) == (player.name in COPIED)
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
def test_nothing_lies_in_storage_but_what_the_master_leads_to_and_the_hashes(player):
    expected = {player.video.master_name, player.video.hashes_name}
    for row in player.rows:
        expected |= {row.name, row.playlist_name}
    assert player.lying == expected


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
    assert (sound.codec, sound.profile, sound.layout) == (
        *("aac", "LC"),
        # AAC that is not too large is copied as it is.
        "5.1" if player.name == "surround" else "stereo",
    )


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
    for side, (width, height, fps) in LADDERS[player.name].items():
        # Matroska rounds its times to milliseconds.
        times = f"setpts=PTS-STARTPTS,fps={fps}"
        shape = f"{times},scale={width}:{height},setsar=1,format=yuv420p"
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
