"""What an encode of ours reads: the best file of a video, and its sound where that is apart."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from core.errors import TemporaryFailure
from core.media.probe import MediaInfo, media_info, probe
from transcode.engines.graphs import Source
from transcode.kind import VideoKind
from transcode.models import Video
from transcode.videos import selectors, storage


@contextmanager
def source_of(kind: VideoKind) -> Iterator[Source]:
    """Give the source of a job's encode, on this machine for as long as the block.

    Raises: `TemporaryFailure` when there is none or it cannot be read.
    """
    video = kind.video
    best = selectors.max_quality(video)
    if best is None:
        raise TemporaryFailure("The video has no file to work on.", code="source_missing")
    apart = selectors.separate_audio_of(video, best)
    with ExitStack() as opened:
        path = opened.enter_context(storage.local_path(best.name))
        info = _info(kind, video, best.name, path)
        if apart is None:
            yield Source(path, info)
            return
        audio_path = opened.enter_context(storage.local_path(apart.name))
        yield Source(path, info, audio_path, _info(kind, video, apart.name, audio_path))


@contextmanager
def sound_of(kind: VideoKind) -> Iterator[tuple[Path, MediaInfo]]:
    """Give the best sound of a job's video, on this machine for as long as the block.

    Raises: `TemporaryFailure` when there is none or it cannot be read.
    """
    best = selectors.max_quality_audio(kind.video)
    if best is None:
        raise TemporaryFailure("The video has no file to work on.", code="source_missing")
    with storage.local_path(best.name) as path:
        info = _info(kind, kind.video, best.name, path)
        if info.audio is None:
            raise TemporaryFailure("The video's sound is not there.", code="source_missing")
        yield path, info


def _info(kind: VideoKind, video: Video, name: str, path: Path) -> MediaInfo:
    """Look at a file, unless it is the original, which was looked at when it came."""
    if name == video.source_name and video.probe:
        return media_info(video.probe, size_bytes=video.size_bytes)
    return probe(path, runner=kind.program)


def without_sound(source: Source) -> Source:
    """Return the same pictures alone."""
    return Source(source.path, replace(source.info, audio=None))
