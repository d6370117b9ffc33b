"""What is told of real clips, of damaged ones, and of whatever ffprobe might print."""

import json
import math
import subprocess
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.media.errors import NotAvailable, NotMedia, ProgramTimeout
from core.media.numbers import fraction_of, integer_of, number_of
from core.media.probe import AudioStream, OtherStream, VideoStream, keyframes, media_info, probe
from tests.support.clips import clip


def video_of(name: str) -> VideoStream:
    video = probe(clip(name)).video
    assert video is not None
    return video


def audio_of(name: str) -> AudioStream:
    audio = probe(clip(name)).audio
    assert audio is not None
    return audio


def test_a_file_that_is_not_there_is_not_available(tmp_path: Path) -> None:
    with pytest.raises(NotAvailable):
        probe(tmp_path / "film.mp4")
    with pytest.raises(NotAvailable):
        keyframes(tmp_path)


def test_a_film_cut_off_before_its_index_is_no_media_and_the_reason_is_kept() -> None:
    with pytest.raises(NotMedia, match=r"^The file could not be read as video or audio\.$") as no:
        probe(clip("truncated"))
    assert "moov atom not found" in str(getattr(no.value.__cause__, "tail", ""))


def test_a_picture_is_no_media() -> None:
    with pytest.raises(NotMedia, match="kind that is accepted"):
        probe(clip("picture"))


def test_a_probe_that_takes_too_long_is_ended() -> None:
    with pytest.raises(ProgramTimeout):
        probe(clip("landscape"), timeout_s=0.0)


def test_a_film_is_told_with_its_streams() -> None:
    info = probe(clip("landscape"))
    assert (info.duration_s, info.cover) == (2.0, False)
    assert info.size_bytes == clip("landscape").stat().st_size
    assert info.bitrate_bps == pytest.approx(info.size_bytes * 8 / 2.0, rel=0.01)
    assert "mp4" in info.format_names
    assert info.streams == (info.video, info.audio)


def test_a_picture_stream_is_told_in_full() -> None:
    video = video_of("landscape")
    assert (video.index, video.codec, video.profile) == (0, "h264", "Constrained Baseline")
    assert (video.width, video.height) == (video.coded_width, video.coded_height) == (640, 360)
    assert (video.pix_fmt, video.level, video.rotation, video.sar) == ("yuv420p", 30, 0, 1)
    assert (video.fps, video.frame_count, video.start_s) == (30.0, 60, 0.0)
    assert not video.is_interlaced
    assert not video.has_b_frames
    assert video.bitrate_bps is not None


def test_a_sound_stream_is_told_in_full() -> None:
    audio = audio_of("landscape")
    assert (audio.index, audio.codec, audio.profile) == (1, "aac", "LC")
    assert (audio.channels, audio.layout, audio.sample_rate_hz) == (2, "stereo", 48_000)
    assert audio.bitrate_bps == pytest.approx(96_000, rel=0.1)


@pytest.mark.parametrize(
    ("name", "size", "fps"),
    [
        ("portrait", (360, 640), 30.0),
        ("odd", (321, 181), 30.0),
        ("film", (640, 360), 24_000 / 1001),
        ("fifty", (640, 360), 50.0),
        ("webm", (320, 180), 30.0),
        ("mkv", (640, 360), 30.0),
        ("mpegts", (640, 360), 30.0),
    ],
)
def test_sizes_and_rates_are_told(name: str, size: tuple[int, int], fps: float) -> None:
    video = video_of(name)
    assert (video.width, video.height) == size
    assert video.fps == pytest.approx(fps)


def test_a_turned_film_is_told_as_it_is_shown() -> None:
    video = video_of("rotated")
    assert (video.width, video.height, video.rotation) == (360, 640, 90)
    assert (video.coded_width, video.coded_height) == (640, 360)


def test_pixels_that_are_not_square_are_noted_beside_the_size() -> None:
    video = video_of("anamorphic")
    assert (video.width, video.height, video.sar) == (320, 360, Fraction(2))


def test_a_variable_rate_is_told_as_its_average() -> None:
    video = video_of("variable_rate")
    assert video.frame_count == 33
    assert 15.0 < video.fps < 20.0


def test_ten_bits_and_fields_are_told() -> None:
    assert video_of("ten_bit").pix_fmt == "yuv420p10le"
    assert video_of("interlaced").is_interlaced


def test_six_channels_are_told() -> None:
    assert (audio_of("surround").channels, audio_of("surround").layout) == (6, "5.1")


@pytest.mark.parametrize("name", ["audio_only", "mp3", "wav", "cover"])
def test_sound_alone_has_no_video(name: str) -> None:
    info = probe(clip(name))
    assert info.video is None
    assert info.audio is not None
    assert info.duration_s == pytest.approx(2.0, abs=0.1)


def test_a_cover_is_a_stream_of_its_own_sort() -> None:
    info = probe(clip("cover"))
    assert info.cover
    assert OtherStream(1, "cover", "mjpeg") in info.streams


def test_a_film_without_sound_has_no_audio() -> None:
    assert probe(clip("silent")).audio is None


def test_streams_that_begin_later_say_so() -> None:
    assert audio_of("late_audio").start_s == pytest.approx(0.5, abs=0.05)


def test_the_dictionary_is_ffprobes_own_but_for_the_path() -> None:
    path = clip("landscape")
    command = ["ffprobe", "-v", "error", "-show_format", "-show_streams", "-of", "json", str(path)]
    printed = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert printed["format"].pop("filename") == str(path)
    raw = probe(path).raw
    assert raw["format"].pop("filename") == path.name
    assert raw == printed


def test_key_frames_are_found_where_they_are() -> None:
    assert keyframes(clip("landscape")) == [0.0, 1.0]
    assert keyframes(clip("long_gop")) == [0.0, 5.0]
    assert keyframes(clip("mpegts")) == pytest.approx([1.4213, 2.4213], abs=0.001)


def test_key_frames_are_read_only_as_far_as_asked() -> None:
    assert keyframes(clip("long_gop"), until_s=5.1) == [0.0, 5.0]
    assert keyframes(clip("long_gop"), until_s=5.0) == [0.0]
    assert keyframes(clip("long_gop"), until_s=0.0) == []
    assert keyframes(clip("long_gop"), until_s=-1.0) == []


@pytest.mark.parametrize("name", ["audio_only", "cover"])
def test_sound_has_no_key_frames(name: str) -> None:
    assert keyframes(clip(name)) == []


BROKEN = st.sampled_from(
    [
        "N/A",
        "",
        "0/0",
        "1/0",
        "-1/2",
        "nan",
        "inf",
        "-inf",
        "1e999",
        "9" * 400,
        "x",
        None,
        -1,
        1e308,
    ]
)
KEYS = st.sampled_from(
    [
        *("duration", "size", "bit_rate", "width", "height", "coded_width", "level", "nb_frames"),
        *("avg_frame_rate", "r_frame_rate", "sample_aspect_ratio", "start_time", "has_b_frames"),
        *("channels", "sample_rate", "index", "field_order", "profile", "channel_layout"),
    ]
)
garbled = st.dictionaries(KEYS, BROKEN | st.text(max_size=8) | st.integers())
streams = st.lists(
    st.builds(
        lambda values, kind, turn: {
            **values,
            "codec_type": kind,
            "side_data_list": [{"rotation": turn}, {}],
            "tags": {"rotate": turn},
        },
        garbled,
        st.sampled_from(["video", "audio", "subtitle", "", "data"]),
        BROKEN | st.integers(-1000, 1000),
    ),
    max_size=4,
)


@given(streams, garbled)
def test_no_number_that_is_garbled_is_an_error(
    given_streams: list[dict[str, object]], container: dict[str, object]
) -> None:
    info = media_info({"streams": given_streams, "format": container}, size_bytes=1)
    assert 0.0 <= info.duration_s < math.inf
    for stream in info.streams:
        if isinstance(stream, VideoStream):
            assert 0.0 <= stream.fps < math.inf
            assert stream.rotation in (0, 90, 180, 270)
            assert stream.sar > 0


def test_nothing_at_all_is_no_error() -> None:
    info = media_info({})
    assert (info.duration_s, info.size_bytes, info.streams) == (0.0, 0, ())


@pytest.mark.parametrize(("anticlockwise", "rotation"), [(-90, 90), (90, 270), (180, 180), (-3, 0)])
def test_the_angle_of_the_matrix_is_counted_the_other_way(
    anticlockwise: int, rotation: int
) -> None:
    stream = {"codec_type": "video", "width": 4, "height": 2, "sample_aspect_ratio": "4:3"}
    turned = {**stream, "side_data_list": [{"rotation": anticlockwise}]}
    video = media_info({"streams": [turned]}).video
    assert video is not None
    assert video.rotation == rotation
    lies = rotation in (90, 270)
    assert (video.width, video.height) == ((2, 4) if lies else (4, 2))
    assert video.sar == (Fraction(3, 4) if lies else Fraction(4, 3))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_read_as_it_was_written(number: float) -> None:
    assert number_of(str(number)) == number_of(number) == number
    assert integer_of(str(number)) == int(number)


@given(st.integers(1, 10**9), st.integers(1, 10**9), st.sampled_from("/:"))
def test_a_ratio_is_read_as_it_was_written(above: int, below: int, between: str) -> None:
    assert fraction_of(f"{above}{between}{below}") == Fraction(above, below)


@pytest.mark.parametrize("value", [True, None, [], {}, "1/2/3", "²", "nan"])
def test_what_is_no_number_is_none(value: object) -> None:
    assert number_of(value) is integer_of(value) is fraction_of(value) is None
