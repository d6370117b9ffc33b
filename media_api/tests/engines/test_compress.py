"""Two passes of the real encoders: what was asked for comes out, whatever went in."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from core.media import process
from core.media.probe import MediaInfo, VideoStream, probe
from core.media.process import Limits
from media_api.config.schema import Config
from media_api.engines.commands import run
from media_api.engines.compress import CompressSettings, fitted, passes
from media_api.engines.errors import UnsupportedFileType
from media_api.engines.percent import Percent
from media_api.engines.words import AudioCodec, Fit, Preset, VideoCodec
from media_api.schemas.submission import parse
from tests.support.clips import clip

LIMITS = Limits(wall_s=120)


def settings_of(**video: Any) -> CompressSettings:
    codecs = {key: video.pop(key) for key in ("video", "audio") if key in video}
    small = {"width": 320, "height": 180, "videoBitrate": 200, "audioBitrate": 96}
    data = {"config": {"preset": "ultrafast", "video": {**small, **video}, "codecs": codecs}}
    taken = parse("compress", data, Config(), languages=frozenset())
    return CompressSettings.of(taken.config["ffmpeg"])


def compressed(
    source: Path, folder: Path, told: list[int] | None = None, **wanted: Any
) -> MediaInfo:
    info, target = probe(source), folder / "out.mp4"
    percent = Percent(info.duration_s, passes=2)
    both = passes(source, info, settings_of(**wanted), scratch=folder, target=target)
    for number, command in enumerate(both, 1):
        run(
            command,
            runner=process.run,
            limits=LIMITS,
            on_progress=lambda progress, number=number: (  # type: ignore[misc]
                told.append(percent.at(progress, number)) if told is not None else None
            ),
        )
    return probe(target)


def shown(info: MediaInfo) -> VideoStream:
    assert info.video is not None
    return info.video


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds that are as hard to encode as one likes, with a tone."""
    path = tmp_path_factory.mktemp("noise") / "noise.mp4"
    picture = "testsrc2=size=320x180:rate=24:duration=2,noise=alls=20:allf=t"
    words = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", "sine=440:duration=2"]
    encoders = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    subprocess.run(["ffmpeg", "-v", "error", *words, *encoders, str(path)], check=True)
    return path


def test_what_has_no_picture_cannot_be_compressed(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedFileType):
        compressed(clip("cover"), tmp_path)


@pytest.mark.parametrize(
    ("codec", "name", "logs", "bitrate_kbps"),
    [
        ("libx264", "h264", {"2pass-0.log", "2pass-0.log.mbtree"}, 800),
        ("libx265", "hevc", {"x265.stats", "x265.stats.cutree"}, 200),
    ],
)
def test_both_encoders_meet_the_bit_rate_in_two_passes(
    noise: Path, tmp_path: Path, codec: str, name: str, logs: set[str], bitrate_kbps: int
) -> None:
    told: list[int] = []

    info = compressed(noise, tmp_path, told, video=codec, videoBitrate=bitrate_kbps)

    found = shown(info)
    assert (found.codec, found.width, found.height, found.fps) == (name, 320, 180, 24)
    assert found.bitrate_bps == pytest.approx(bitrate_kbps * 1000, rel=0.2)
    assert info.audio is not None
    assert (info.audio.codec, info.audio.sample_rate_hz) == ("mp3", 48000)
    assert info.duration_s == pytest.approx(2.0, abs=0.2)
    # The first pass is there, and nothing is written elsewhere.
    assert {path.name for path in tmp_path.iterdir()} >= {"out.mp4", sorted(logs)[0]}
    assert {path.name for path in tmp_path.iterdir()} <= {"out.mp4", *logs}
    assert told == sorted(told)
    assert max(told) == 99
    assert any(48 <= each <= 52 for each in told)


def test_what_has_no_sound_has_none_afterwards(tmp_path: Path) -> None:
    assert compressed(clip("silent"), tmp_path).audio is None


@pytest.mark.parametrize("name", ["mpegts", "ten_bit", "variable_rate"])
def test_sources_of_every_sort_come_out_alike(name: str, tmp_path: Path) -> None:
    found = shown(compressed(clip(name), tmp_path, fps=30))

    assert (found.width, found.height, found.fps) == (320, 180, 30)
    assert (found.pix_fmt, found.sar, found.rotation) == ("yuv420p", 1, 0)


def test_a_picture_that_comes_late_does_not_break_the_second_pass(tmp_path: Path) -> None:
    source = tmp_path / "late.mkv"
    late = ["-itsoffset", "0.5", "-i", str(clip("landscape")), "-i", str(clip("landscape"))]
    words = ["-map", "0:v", "-map", "1:a", "-c", "copy", str(source)]
    subprocess.run(["ffmpeg", "-v", "error", *late, *words], check=True)

    info = compressed(source, tmp_path)

    assert info.duration_s == pytest.approx(2.5, abs=0.2)


def test_the_lowest_rates_of_mp3_fit_into_the_video(tmp_path: Path) -> None:
    info = compressed(clip("landscape"), tmp_path, audioSampleRate=8000)

    assert info.audio is not None
    assert (info.audio.codec, info.audio.sample_rate_hz) == ("mp3", 8000)


def test_aac_and_the_smallest_picture_are_taken(tmp_path: Path) -> None:
    info = compressed(
        clip("landscape"), tmp_path, width=16, height=16, audio="aac", audioSampleRate=96000
    )

    assert (shown(info).width, shown(info).height) == (16, 16)
    assert info.audio is not None
    assert (info.audio.codec, info.audio.sample_rate_hz) == ("aac", 96000)


@pytest.mark.parametrize(
    ("codec", "source", "box", "size"),
    [
        ("libx264", (16, 8), (320, 180), (16, 8)),
        ("libx265", (16, 8), (320, 180), (16, 16)),
        ("libx265", (8, 18), (320, 180), (16, 18)),
        ("libx265", (640, 36), (64, 64), (64, 16)),
        ("libx265", (64, 48), (16, 16), (16, 16)),
    ],
)
def test_a_picture_that_is_too_small_for_the_encoder_is_padded_not_enlarged(
    tmp_path: Path,
    codec: str,
    source: tuple[int, int],
    box: tuple[int, int],
    size: tuple[int, int],
) -> None:
    film, sides = tmp_path / "film.mp4", f"{source[0]}x{source[1]}"
    white = ["-f", "lavfi", "-i", f"color=white:s={sides}:d=1:r=24", "-c:v", "libx264"]
    subprocess.run(["ffmpeg", "-v", "error", *white, str(film)], check=True)

    wanted = {"fit": "shrink", "width": box[0], "height": box[1], "video": codec}
    found = shown(compressed(film, tmp_path, **wanted))

    assert (found.width, found.height, found.sar) == (*size, 1)


@pytest.mark.parametrize(
    ("name", "fit", "box", "size"),
    [
        ("landscape", "stretch", (320, 320), (320, 320)),
        ("landscape", "contain", (320, 320), (320, 320)),
        ("landscape", "shrink", (320, 320), (320, 180)),
        ("landscape", "shrink", (1920, 1080), (640, 360)),
        ("rotated", "shrink", (320, 320), (180, 320)),
        ("anamorphic", "shrink", (320, 320), (320, 180)),
    ],
)
def test_a_picture_of_another_shape_is_forced_padded_or_kept(
    name: str, fit: str, box: tuple[int, int], size: tuple[int, int], tmp_path: Path
) -> None:
    source = clip(name)
    wanted = settings_of(width=box[0], height=box[1], fit=fit)
    info = probe(source)

    both = passes(source, info, wanted, scratch=tmp_path, target=tmp_path / "out.mp4")
    graph = " ".join(both[1].output)

    inner = box if fit == "stretch" else fitted(shown(info), wanted)
    assert f"scale={inner[0]}:{inner[1]}:flags=lanczos" in graph
    assert ("pad=" in graph) == (fit == "contain")
    if fit == "shrink":
        assert inner == size


def test_padding_lies_black_around_the_whole_picture(tmp_path: Path) -> None:
    found = shown(compressed(clip("landscape"), tmp_path, width=180, height=180, fit="contain"))
    grey = ["-frames:v", "1", "-pix_fmt", "gray", "-f", "rawvideo", "-"]
    words = ["ffmpeg", "-v", "error", "-i", str(tmp_path / "out.mp4"), *grey]
    pixels = subprocess.run(words, capture_output=True, check=True).stdout
    rows = [pixels[at : at + 180] for at in range(0, len(pixels), 180)]

    assert (found.width, found.height, found.sar) == (180, 180, 1)
    assert max(rows[20]) < 40
    assert max(rows[-20]) < 40
    assert max(rows[90]) > 100


def test_settings_are_read_from_a_request() -> None:
    found = settings_of(fps=30, fit="shrink", video="libx265", audio="aac")

    assert (found.preset, found.fit) == (Preset.ULTRAFAST, Fit.SHRINK)
    assert (found.width, found.height, found.fps, found.bitrate_kbps) == (320, 180, 30, 200)
    assert (found.codec, found.audio.codec) == (VideoCodec.X265, AudioCodec.AAC)
    assert (found.audio.bitrate_kbps, found.audio.rate_hz) == (96, 48000)


def test_loudness_is_evened_in_the_second_pass_alone(tmp_path: Path) -> None:
    source = clip("landscape")
    first, second = passes(
        source, probe(source), settings_of(), scratch=tmp_path, target=tmp_path / "o.mp4"
    )

    assert "loudnorm=I=-16:LRA=11:TP=-1.5" in " ".join(second.output)
    assert "loudnorm" not in " ".join(first.output)
    assert first.output[-1] == "/dev/null"
    assert first.cwd == second.cwd == tmp_path
