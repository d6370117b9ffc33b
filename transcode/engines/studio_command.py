"""The ffmpeg command of a studio edit: all its tasks in one graph, so it is encoded once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import ffmpeg
from ffmpeg.nodes import FilterableStream, FilterNode, Node

from core.media.ffmpeg import Input
from transcode.engines import graphs
from transcode.engines.bitrates import maximum_bps, ratio
from transcode.engines.encoders import Encoder
from transcode.engines.graphs import Command, Source
from transcode.engines.ladder import Size, scaled_size
from transcode.engines.studio import WATERMARK_MARGIN, WATERMARK_SIZE, Cut, Join, Task, Watermark

_SOUND = {"sample_fmts": "fltp", "sample_rates": "48000", "channel_layouts": "stereo"}
_AUDIO_BPS = 256_000


@dataclass(frozen=True)
class Picture:
    """A watermark. `demuxer` is out of `core.media.ffmpeg_rules.PICTURES`, by its content."""

    path: Path
    size: Size
    demuxer: str


@dataclass(frozen=True)
class _Cutting:
    """A video on its way through the tasks. `sound` is None where nothing of it has any."""

    pictures: Any
    sound: Any


def edit(
    source: Source,
    tasks: Sequence[Task],
    files: Mapping[str, Source | Picture],
    path: Path,
    *,
    fps: int,
    encoder: Encoder | None = None,
) -> Command:
    """Apply tasks to a video in their order; a progressive MP4, of the source's size and `fps`.

    `files` has what the tasks name. Clips are fitted into the source's picture, the rest is black;
    where one has no sound there is silence.

    Raises: KeyError, TypeError for a file that is missing or of the wrong sort; ValueError without
    video.
    """
    encoder = encoder or Encoder()
    desk = _Desk(source, tasks, files, fps)
    video = desk.opening()
    for at, task in enumerate(tasks, start=1):
        video = desk.apply(task, video, at)
    pictures = video.pictures.filter("fps", fps=fps, start_time=0).filter("format", "yuv420p")
    sounds = [video.sound] if video.sound is not None else []
    cap_bps = maximum_bps(min(desk.size), fps, ratio(*desk.size))
    options = {
        **graphs.STRIPPED,
        **graphs.FAST_START,
        **encoder.common_options,
        **encoder.source_options(fps, cap_bps),
        **({"c:a": "aac", "b:a": str(_AUDIO_BPS)} if sounds else {}),
    }
    streams = [encoder.upload(pictures), *sounds]
    return graphs.compiled(desk.inputs(encoder), streams, path, options, muxer="mp4")


class _Desk:
    """Where one edit is put together. Input 0 is the source, input n the file of task n."""

    def __init__(
        self,
        source: Source,
        tasks: Sequence[Task],
        files: Mapping[str, Source | Picture],
        fps: int,
    ) -> None:
        self._source, self._tasks, self._files, self._fps = source, tasks, files, fps
        side = min(source.size)
        self.size = scaled_size(*source.size, side + side % 2)
        clips = [self._clip(task) for task in tasks if isinstance(task, Join)]
        self._has_sound = any(clip.audio is not None for clip in (source, *clips))

    def inputs(self, encoder: Encoder) -> list[Input]:
        """Every file; a cut's place is taken by the source, which it does not read."""
        first = Input(self._source.path, encoder.device_options)
        others = [self._input(task) for task in self._tasks]
        sound = self._source.audio_path
        return [first, *others, *([Input(sound)] if sound else [])]

    def opening(self) -> _Cutting:
        """The source as it is."""
        pictures = graphs.steady(self._source.pictures(), self._source.video, self._fps)
        pictures = Encoder().finish(pictures, self.size)
        number = len(self._tasks) + 1 if self._source.audio_path else 0
        return _Cutting(pictures, self._sound(self._source, number))

    def apply(self, task: Task, video: _Cutting, at: int) -> _Cutting:
        """What task number `at` makes of a video."""
        if isinstance(task, Cut):
            return _cut(task, video)
        if isinstance(task, Watermark):
            return _Cutting(self._marked(video.pictures, self._picture(task), at), video.sound)
        added = self._fitted(self._clip(task), at)
        parts = [added, video] if task.place == "intro" else [video, added]
        return self._joined(parts)

    def _input(self, task: Task) -> Input:
        if isinstance(task, Cut):
            return Input(self._source.path)
        if isinstance(task, Watermark):
            picture = self._picture(task)
            return Input(picture.path, format=picture.demuxer)
        return Input(self._clip(task).path)

    def _clip(self, task: Join) -> Source:
        found = self._files[task.file]
        if not isinstance(found, Source):
            raise TypeError("An intro or outro is a clip.")
        return found

    def _picture(self, task: Watermark) -> Picture:
        found = self._files[task.file]
        if not isinstance(found, Picture):
            raise TypeError("A watermark is a picture.")
        return found

    def _sound(self, clip: Source, number: int) -> Any:
        if not self._has_sound:
            return None
        if clip.audio is None:
            return _silence(number, clip.info.duration_s).filter("aformat", **_SOUND)
        sound = graphs.even_sound(graphs.node(number, clip.audio.index), clip.audio)
        return sound.filter("aformat", **_SOUND)

    def _fitted(self, clip: Source, at: int) -> _Cutting:
        """A clip in the size of the source, with black where it has another shape."""
        width, height = clip.size
        scale = min(Fraction(self.size[0], width), Fraction(self.size[1], height))
        inner = tuple(max(2, int(side * scale) // 2 * 2) for side in (width, height))
        pictures = graphs.node(at, clip.video.index)
        pictures = graphs.steady(pictures, clip.video, self._fps)
        pictures = pictures.filter("scale", *inner, flags="bicubic")
        pictures = pictures.filter("pad", *self.size, "(ow-iw)/2", "(oh-ih)/2")
        return _Cutting(Encoder().finish(pictures), self._sound(clip, at))

    def _joined(self, parts: list[_Cutting]) -> _Cutting:
        count = int(self._has_sound)
        streams = [
            stream for part in parts for stream in (part.pictures, part.sound) if stream is not None
        ]
        node = ffmpeg.concat(*streams, v=1, a=count).node
        return _Cutting(node[0], node[1] if count else None)

    def _marked(self, pictures: Any, picture: Picture, at: int) -> Any:
        """A tenth of the height, in the top right corner, the margins a twentieth of it."""
        width, height = self.size
        margin = round(height * WATERMARK_MARGIN)
        room = (width - 2 * margin, round(height * WATERMARK_SIZE))
        scale = min(side / own for side, own in zip(room, picture.size, strict=True))
        mark = [max(1, round(side * scale)) for side in picture.size]
        shown = graphs.node(at, 0).filter("scale", *mark, flags="bicubic")
        return ffmpeg.filter(
            [pictures, shown], "overlay", x=width - mark[0] - margin, y=margin, eof_action="repeat"
        )


def _cut(task: Cut, video: _Cutting) -> _Cutting:
    times = {"start": task.start_s, "end": task.end_s}
    between = {name: value for name, value in times.items() if value is not None}
    pictures = video.pictures.filter("trim", **between).filter("setpts", "PTS-STARTPTS")
    if video.sound is None:
        return _Cutting(pictures, None)
    sound = video.sound.filter("atrim", **between).filter("asetpts", "PTS-STARTPTS")
    return _Cutting(pictures, sound)


class _Generator(FilterNode):  # type: ignore[misc]
    """A filter without input. `ffmpeg.filter` of ffmpeg-python 0.2 insists on one."""

    def __init__(self, name: str, **options: Any) -> None:
        Node.__init__(self, None, name, {FilterableStream}, FilterableStream, 0, 0, kwargs=options)


def _silence(number: int, duration_s: float) -> Any:
    """Silence in place of the sound of an input.

    ffmpeg-python takes two nodes that look alike for one, so each has a length of frame of its own.
    """
    silence = _Generator("anullsrc", r=48000, cl="stereo", nb_samples=1024 + number).stream()
    return silence.filter("atrim", duration=f"{duration_s:.6f}")
