"""Bit rates, to the bit, and what is copied instead of encoded."""

from decimal import Decimal
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcode.engines import bitrates, ladder
from transcode.tests.engines.media import audio_stream, media_info, video_stream

WIDE = Fraction(16, 9)
# The contract's own figures, as it writes them.
K_AVERAGE = (".19", ".17", ".15", ".12", ".11", ".10", ".09", ".08")
K_MAXIMUM = (".32", ".29", ".26", ".22", ".19", ".17", ".16", ".14")
AVERAGE = dict(zip(ladder.ALLOWED[1:], K_AVERAGE, strict=True))
MAXIMUM = dict(zip(ladder.ALLOWED[1:], K_MAXIMUM, strict=True))


def formula(size: int, fps: int, width: int, height: int, k: str) -> int:
    """`floor(R * R * ratio * fps * k)` with the division last, in decimal arithmetic."""
    scaled = size * size * max(width, height) * fps * Decimal(k) / min(width, height)
    return floor(scaled)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"codec": "hevc"}, "no browser plays it everywhere"),
        ({"pix_fmt": "yuv420p10le"}, "ten bits"),
        ({"pix_fmt": "yuv444p"}, "no halved colours"),
        ({"is_interlaced": True}, "combed"),
        ({"rotation": 90}, "turned by metadata"),
        ({"start_s": 0.2}, "late picture"),
    ],
)
def test_pictures_that_need_work_are_not_published_as_they_are(
    changes: dict[str, object], why: str
) -> None:
    info = media_info(video_stream(**changes))
    assert not bitrates.is_publishable_as_is(info, 2.0), why


@pytest.mark.parametrize("changes", [{"codec": "opus"}, {"start_s": 0.5}])
def test_audio_that_needs_work_is_not_published_as_it_is(changes: dict[str, object]) -> None:
    info = media_info(audio=audio_stream(**changes))
    assert not bitrates.is_publishable_as_is(info, 2.0)


def test_audio_alone_is_not_published_as_video() -> None:
    assert not bitrates.is_publishable_as_is(media_info(None), 0.0)
    assert not bitrates.may_remux_as_top(media_info(None), top=720, fps_max=60, keyframe_gap_s=1)


@pytest.mark.parametrize(("gap_s", "is_publishable"), [(10.0, True), (10.01, False)])
def test_key_frames_of_what_is_published_lie_close(gap_s: float, is_publishable: bool) -> None:
    assert bitrates.is_publishable_as_is(media_info(), gap_s) is is_publishable
    assert bitrates.is_publishable_as_is(media_info(audio=None), gap_s) is is_publishable


@pytest.mark.parametrize(
    ("video", "info", "gap_s", "top"),
    [
        ({"codec": "vp9"}, {}, 2.0, 720),
        ({"fps": 1.9}, {}, 2.0, 720),
        ({"fps": 60.1}, {}, 2.0, 720),
        ({"pix_fmt": "yuvj420p"}, {}, 2.0, 720),
        ({"rotation": 180}, {}, 2.0, 720),
        ({"sar": Fraction(4, 3)}, {}, 2.0, 720),
        ({}, {"bitrate_bps": None}, 2.0, 720),
        ({}, {"bitrate_bps": 5_253_121}, 2.0, 720),
        ({}, {}, 4.01, 720),
        ({}, {}, 2.0, 480),
        ({}, {"audio": audio_stream(codec="mp3")}, 2.0, 720),
        ({}, {"audio": audio_stream(bitrate_bps=400_000)}, 2.0, 720),
    ],
)
def test_the_quick_path_refuses(
    video: dict[str, object], info: dict[str, object], gap_s: float, top: int
) -> None:
    source = media_info(video_stream(**video), **info)
    assert not bitrates.may_remux_as_top(source, top=top, fps_max=60, keyframe_gap_s=gap_s)


def test_the_quick_path_takes_a_source_within_its_limits() -> None:
    source = media_info(bitrate_bps=5_253_120)
    assert bitrates.may_remux_as_top(source, top=720, fps_max=60, keyframe_gap_s=4.0)
    silent = media_info(audio=None)
    assert bitrates.may_remux_as_top(silent, top=720, fps_max=30, keyframe_gap_s=0.5)


@pytest.mark.parametrize(
    ("size", "kbps"),
    [
        *((144, 210), (240, 522), (360, 1037), (480, 1475)),
        *((720, 3041), (1080, 6221), (1440, 9953), (2160, 19907)),
    ],
)
def test_averages_are_those_of_the_contract_s_table(size: int, kbps: int) -> None:
    assert round(bitrates.average_bps(size, 30, WIDE) / 1000) == kbps


sizes = st.sampled_from(ladder.ALLOWED[1:])


@given(sizes, st.integers(1, 144), st.integers(16, 8192), st.integers(16, 8192))
def test_bit_rates_equal_the_formula_to_the_bit(
    size: int, fps: int, width: int, height: int
) -> None:
    shape = bitrates.ratio(width, height)
    assert bitrates.average_bps(size, fps, shape) == formula(
        size, fps, width, height, AVERAGE[size]
    )
    assert bitrates.maximum_bps(size, fps, shape) == formula(
        size, fps, width, height, MAXIMUM[size]
    )
    assert bitrates.minimum_bps(size, fps, shape) == formula(size, fps, width, height, ".02")


@pytest.mark.parametrize(("size", "k"), [(100, ".19"), (718, ".12"), (722, ".11"), (4320, ".08")])
def test_sizes_between_take_the_factor_of_the_listed_one_below(size: int, k: str) -> None:
    assert bitrates.average_bps(size, 25, WIDE) == formula(size, 25, 16, 9, k)


def test_a_thrifty_source_is_not_blown_up() -> None:
    assert bitrates.target_bps(720, 30, WIDE, 1_000_001) == 1_300_001
    assert bitrates.target_bps(720, 30, WIDE, None) == 3_041_280
    assert bitrates.target_bps(720, 30, WIDE, 0) == 3_041_280
    assert bitrates.target_bps(720, 30, WIDE, 90_000_000) == 3_041_280
    assert bitrates.target_bps(720, 30, WIDE, 10) == 552_960


@given(sizes, st.integers(1, 60), st.none() | st.integers(1, 10**10))
def test_a_target_lies_between_least_and_average(size: int, fps: int, source: int | None) -> None:
    target = bitrates.target_bps(size, fps, WIDE, source)
    assert bitrates.minimum_bps(size, fps, WIDE) <= target <= bitrates.average_bps(size, fps, WIDE)


@pytest.mark.parametrize(
    ("codec", "source_bps", "layout", "made_bps"),
    [
        ("aac", 384_001, "stereo", 384_000),
        ("aac", None, "stereo", 256_000),
        ("aac", 128_000, "quad", 128_000),
        ("aac", 300_000, None, 256_000),
        ("aac", 300_000, "unknown", 256_000),
        ("mp3", 192_000, "stereo", 128_000),
        ("mp3", 192_001, "stereo", 256_000),
        ("ac3", 384_000, "5.1", 256_000),
        ("ac3", 384_001, "5.1", 384_000),
        ("opus", None, "stereo", 256_000),
    ],
)
def test_audio_that_must_be_encoded(
    codec: str, source_bps: int | None, layout: str | None, made_bps: int
) -> None:
    audio = audio_stream(codec=codec, bitrate_bps=source_bps, layout=layout)
    assert bitrates.audio_plan(audio) == bitrates.AudioPlan(copy=False, bitrate_bps=made_bps)


@pytest.mark.parametrize("layout", ["mono", "stereo", "5.1"])
def test_plain_aac_is_copied(layout: str) -> None:
    audio = audio_stream(bitrate_bps=384_000, layout=layout)
    assert bitrates.audio_plan(audio) == bitrates.AudioPlan(copy=True, bitrate_bps=384_000)


def test_without_audio_there_is_nothing_to_encode() -> None:
    assert bitrates.audio_plan(None).copy


def test_audio_that_starts_late_is_encoded_so_that_silence_fills_the_gap() -> None:
    late = media_info(audio=audio_stream(start_s=0.5))
    assert bitrates.audio_plan_beside_video(late) == bitrates.AudioPlan(False, 128_000)
    assert bitrates.audio_plan_beside_video(media_info()).copy
    assert bitrates.audio_plan_beside_video(media_info(None)).copy


@pytest.mark.parametrize(
    ("keyframes", "gap_s"),
    [
        ([], 10.0),
        ([0.0], 10.0),
        ([0, 2, 6, 8], 4.0),
        ([0, 2, 4], 6.0),
        ([8, 0, 4, 2], 4.0),
        ([5, 7], 8.0),
    ],
)
def test_the_longest_time_without_a_key_frame(keyframes: list[float], gap_s: float) -> None:
    assert bitrates.longest_gap_s(keyframes, 10.0) == gap_s
