"""Running ffmpeg: names of files, progress, limits, what an error says, and no orphans."""

import re
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from core.media import process
from core.media.errors import OutputTooLarge, ProgramFailed, ProgramStalled, ProgramTimeout
from core.media.ffmpeg import MAX_STREAMS, Input, ffmpeg, ffprobe
from core.media.ffmpeg_rules import DEMUXERS, PICTURES
from core.media.probe import probe
from core.media.process import Completed, Limits
from core.media.progress import Progress
from core.tests.media.programs import alive_with_argument, python, unique_seconds
from tests.support.clips import clip

COPY = ("-c", "copy")
ENDLESS = ("-filter_complex", "testsrc2=size=64x64:rate=30,realtime", "-f", "null", "-")
NASTY = [
    *("-i.mp4", "--.mp4", "a\nb.mp4", 'it\'s "so" $(x) `y`.mp4', "%d%03d%%.mp4", "http:x.mp4"),
    *("concat:a|b.mp4", "pipe:1.mp4", "a:b,c;d.mp4", "[f=hls]x.mp4", "пример é.mp4", " .mp4"),
]


class Seen:
    """A runner that keeps what it was asked for, and asks it of the real one."""

    def __init__(self) -> None:
        self.command: list[str] = []
        self.options: dict[str, Any] = {}

    def __call__(self, args: list[str], **options: Any) -> Completed:
        self.command, self.options = args, options
        return process.run(args, **options)


@pytest.mark.parametrize("name", NASTY)
def test_a_name_is_only_a_name_wherever_it_stands(tmp_path: Path, name: str) -> None:
    source, target = tmp_path / name, tmp_path / f"-out {name}"
    shutil.copy(clip("landscape"), source)
    ffmpeg([Input(source)], [*COPY, target])
    assert probe(target).duration_s == 2.0
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, target.name])


def test_a_missing_file_is_named_without_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "somebody's secret folder"
    folder.mkdir()
    with pytest.raises(ProgramFailed) as failure:
        ffmpeg([Input(folder / "film.mp4")], [*COPY, folder / "out.mp4"])
    said = "\n".join([str(failure.value), *failure.value.tail])
    assert "film.mp4" in said
    assert "secret" not in said and str(tmp_path) not in said  # noqa: PT018 - one thing


def test_a_folder_that_cannot_be_written_is_not_named_either(tmp_path: Path) -> None:
    with pytest.raises(ProgramFailed) as failure:
        ffmpeg([Input(clip("landscape"))], [*COPY, tmp_path / "no such folder" / "out.mp4"])
    said = "\n".join(failure.value.tail)
    assert "out.mp4" in said
    assert "no such folder" not in said


def test_a_damaged_file_fails_and_ffprobe_says_why(tmp_path: Path) -> None:
    with pytest.raises(ProgramFailed):
        ffmpeg([Input(clip("truncated"))], [*COPY, tmp_path / "out.mp4"])
    with pytest.raises(ProgramFailed) as failure:
        ffprobe(clip("truncated"), ["-show_format"])
    assert "moov atom not found" in failure.value.tail[0]


@pytest.mark.parametrize("option", ["-i", "-protocol_whitelist", "-f", "-max_streams"])
def test_ffprobe_takes_no_option_that_lifts_the_rules(option: str) -> None:
    with pytest.raises(ValueError, match="may not be given"):
        ffprobe(clip("landscape"), [option, "hls"])


def test_every_input_stands_behind_its_own_rules(tmp_path: Path) -> None:
    seen = Seen()
    inputs = [Input(clip("landscape")), Input(clip("wav"), ("-ss", "1")), Input(clip("mp3"))]
    ffmpeg(inputs, [*COPY, "-map", "0:v", "-map", "1:a", tmp_path / "o.mov"], runner=seen)
    groups = " ".join(seen.command).split(" -i ")
    for group in groups[:3]:
        assert "-protocol_whitelist file,pipe" in group
        assert "-format_whitelist " in group
        assert f"-max_streams {MAX_STREAMS}" in group
    assert "-nostdin" in groups[0]
    assert all(group.startswith(f"file:{clip('wav').parent}/") for group in groups[1:])


def test_a_number_of_threads_bounds_decoders_filters_and_encoders() -> None:
    seen = Seen()
    ffmpeg([Input(clip("silent"))], ["-f", "null", "-"], threads=1, runner=seen)
    said = " ".join(seen.command)
    decoder, encoder = said.split(" -i ")
    assert "-filter_threads 1 -filter_complex_threads 1" in decoder
    assert " -threads 1 " in decoder
    assert " -threads 1 " in encoder


def test_ffmpeg_runs_at_a_lower_priority_and_in_the_folder_it_is_given(tmp_path: Path) -> None:
    seen = Seen()
    ffmpeg([Input(clip("silent"))], [*COPY, Path("here.mkv")], cwd=tmp_path, runner=seen)
    assert (seen.options["nice"], seen.options["cwd"]) == (10, tmp_path)
    assert probe(tmp_path / "here.mkv").video is not None


def test_the_limits_are_the_runners_own_unless_given() -> None:
    seen = Seen()
    ffmpeg([Input(clip("silent"))], ["-f", "null", "-"], runner=seen)
    assert "limits" not in seen.options
    mine = Limits(wall_s=60.0)
    ffmpeg([Input(clip("silent"))], ["-f", "null", "-"], limits=mine, runner=seen)
    assert seen.options["limits"] is mine


def test_a_file_that_exists_is_overwritten(tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    target.write_text("old")
    ffmpeg([Input(clip("landscape"))], [*COPY, target])
    assert probe(target).video is not None


def test_a_file_larger_than_it_may_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputTooLarge):
        ffmpeg(
            [Input(clip("landscape"))],
            ["-c:v", "rawvideo", "-an", tmp_path / "out.avi"],
            limits=Limits(file_size_bytes=1_000_000),
        )


def test_progress_grows_to_the_end_and_stays_out_of_the_other_lines() -> None:
    told: list[Progress] = []
    lines: list[str] = []
    done = ffmpeg(
        [Input(clip("landscape"))],
        ["-c:v", "libx264", "-preset", "ultrafast", "-f", "null", "-"],
        on_progress=told.append,
        on_line=lines.append,
    )
    times = [progress.out_time_s for progress in told]
    assert times == sorted(times)
    assert told[-1].is_end
    assert told[-1].frame == 60
    assert times[-1] == pytest.approx(2.0, abs=0.1)
    assert lines == list(done.tail) == []


def test_a_complaint_of_ffmpeg_is_heard_beside_the_progress(tmp_path: Path) -> None:
    torn = tmp_path / "torn.ts"
    whole = clip("mpegts").read_bytes()
    torn.write_bytes(whole[:100_000] + b"\0" * 100_000 + whole[200_000:])
    lines: list[str] = []
    ffmpeg([Input(torn)], ["-f", "null", "-"], on_progress=lambda _: None, on_line=lines.append)
    assert lines
    assert not any(re.match(r"\w+=", line) for line in lines)


def test_blocks_that_no_longer_grow_are_a_stall() -> None:
    block = "print('frame=1\\nout_time_us=40000\\nprogress=continue', flush=True)"
    clock = f"import time\nwhile True:\n    {block}\n    time.sleep(0.01)"

    def stuck(_args: list[str], **options: Any) -> Completed:
        return process.run(python(clock), **options)

    with pytest.raises(ProgramStalled):
        ffmpeg(
            [Input(clip("silent"))],
            ["-f", "null", "-"],
            on_progress=lambda _: None,
            limits=Limits(stall_s=0.5),
            runner=stuck,
        )


def test_a_run_beyond_its_time_is_ended() -> None:
    with pytest.raises(ProgramTimeout):
        ffmpeg([], ENDLESS, limits=Limits(wall_s=0.5))


class Cancelled(Exception):  # noqa: N818 - what happened
    """What the kernel raises when a job was cancelled."""


def cancel(*_heard: object) -> None:
    raise Cancelled


@pytest.mark.parametrize("heard_by", ["on_progress", "check"])
def test_a_cancel_leaves_no_ffmpeg_behind(heard_by: str) -> None:
    mark = f"comment={unique_seconds()}"
    started = partial(ffmpeg, [], ["-metadata", mark, *ENDLESS])
    with pytest.raises(Cancelled):
        started(**{heard_by: cancel})  # type: ignore[arg-type]
    assert alive_with_argument(mark) == []


@pytest.mark.parametrize(("name", "forced"), [("picture", "jpeg_pipe")])
def test_a_picture_is_read_only_where_it_is_asked_for(
    tmp_path: Path, name: str, forced: str
) -> None:
    picture = tmp_path / "%d.jpg"
    shutil.copy(clip(name), picture)
    target = tmp_path / "still.mp4"
    with pytest.raises(ProgramFailed):
        ffmpeg([Input(picture)], [target])
    looped = Input(picture, ("-loop", "1", "-framerate", "10"), format=forced)
    ffmpeg([looped], ["-t", "0.5", target], demuxers=DEMUXERS | PICTURES)
    video = probe(target).video
    assert video is not None
    assert (video.width, video.height, video.frame_count) == (64, 64, 5)


def test_a_playlist_names_its_segments_without_their_folder(tmp_path: Path) -> None:
    playlist, segment = tmp_path / "v.m3u8", tmp_path / "v-%02d.ts"
    words = [*COPY, "-f", "hls", "-hls_time", "1", "-hls_segment_filename", segment, playlist]
    ffmpeg([Input(clip("silent"))], words)
    listed = [line for line in playlist.read_text().splitlines() if not line.startswith("#")]
    assert listed == ["v-00.ts", "v-01.ts"]
    assert all((tmp_path / name).exists() for name in listed)
