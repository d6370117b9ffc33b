"""What this machine's ffmpeg can do, found out by trying."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.media import capabilities
from core.media.capabilities import can_encode, device_for, encoders, first_usable, has_filter
from core.media.errors import ProgramMissing
from core.media.ffmpeg import ffmpeg


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    """What a test found out on a machine that was made up is forgotten."""
    yield
    for cached in (encoders, has_filter, can_encode):
        cached.cache_clear()


@pytest.mark.parametrize("name", ["no_such_encoder", "", "aac", "-i", "libx264 -i"])
def test_what_is_no_video_encoder_cannot_encode(name: str) -> None:
    assert not can_encode(name)


@pytest.mark.parametrize("name", ["libx264", "libvpx-vp9"])
def test_encoders_in_software_are_listed_and_work(name: str) -> None:
    assert name in encoders()
    assert can_encode(name)


@pytest.mark.parametrize("name", ["h264_nvenc", "h264_vaapi", "h264_qsv"])
def test_an_encoder_works_here_exactly_if_it_makes_a_frame(name: str) -> None:
    device = device_for(name)
    source = ["-f", "lavfi", "-i", "color=size=256x256:rate=25:duration=1"]
    chain = ["-vf", ",".join(["format=yuv420p", *map("=".join, device.upload)])]
    words = [*device.options, *source, *chain, "-frames:v", "1", "-c:v", name, "-f", "null", "-"]
    made = subprocess.run(["ffmpeg", "-v", "quiet", *words], check=False).returncode == 0
    assert can_encode(name) == made


def test_the_first_that_works_is_taken_and_software_when_none_does() -> None:
    assert first_usable(["no_such_encoder", "libx264", "libvpx-vp9"]) == "libx264"
    assert first_usable(["no_such_encoder"]) == first_usable([]) == "libx264"


def test_filters_are_known_by_name() -> None:
    assert has_filter("scale")
    assert not has_filter("no_such_filter")
    assert not has_filter("=")


def test_an_encoder_is_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert can_encode("libx264")
    monkeypatch.setenv("PATH", "/nowhere")
    assert can_encode("libx264")


def test_without_ffmpeg_the_answer_is_an_error_and_not_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as away:
        away.setenv("PATH", "/nowhere")
        with pytest.raises(ProgramMissing):
            can_encode("libx264")
    assert can_encode("libx264")


def test_the_first_graphics_card_is_the_one_that_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("renderD129", "card0", "renderD128"):
        (tmp_path / name).touch()
    monkeypatch.setattr(capabilities, "_DEVICES", tmp_path)
    assert device_for("h264_vaapi").options == ("-vaapi_device", str(tmp_path / "renderD128"))


def test_an_encoder_in_software_needs_no_device() -> None:
    device = device_for("libx264")
    assert (device.options, device.upload) == ((), ())
    chain = "color=size=64x64:rate=5:duration=1"
    ffmpeg([], [*device.options, "-filter_complex", chain, "-c:v", "libx264", "-f", "null", "-"])
