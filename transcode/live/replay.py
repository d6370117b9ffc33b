"""The chunks of a stream become renditions of a video, without a new encode (contract, 4.3)."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from core.errors import JobError
from core.media.ffmpeg import Runner, ffmpeg
from core.media.probe import MediaInfo, probe
from transcode.engines import commands
from transcode.engines.checks import Expected, check_hls_result
from transcode.engines.errors import Refused
from transcode.engines.graphs import Source
from transcode.engines.ladder import display_size
from transcode.engines.ladder_command import MEDIA_SUFFIX, PLAYLIST_SUFFIX
from transcode.engines.live_playlists import chunk_name, numbers_of
from transcode.engines.live_window import join
from transcode.engines.playlists import read_file
from transcode.live import files
from transcode.models import VideoJob
from transcode.videos import placing
from transcode.videos.placing import CheckedHls

SLACK_PX = 2


@dataclass(frozen=True)
class Track:
    """One rendition of a stream: its chunks in a row, `resolution` 0 for the sound."""

    path: Path
    info: MediaInfo
    resolution: int


def tracks_of(video_id: UUID, asked: list[int], scratch: Path, runner: Runner) -> list[Track]:
    """Join the chunks of each rendition. `asked` are the sizes that were to be made.

    Raises: `Refused` when a size was not asked for, `JobError` when nothing has a picture.
    """
    tracks = []
    for variant, chunks in sorted(_common(_chunks(video_id)).items()):
        path = scratch / f"{variant}.ts"
        join(chunks, path)
        info = probe(path, runner=runner)
        tracks.append(Track(path, info, _resolution(info, asked)))
    if not any(track.resolution for track in tracks):
        raise JobError("Nothing came of the live stream.", code="no_source")
    return tracks


def _chunks(video_id: UUID) -> dict[int, dict[int, Path]]:
    """Find the chunks, by rendition and number."""
    found: dict[int, dict[int, Path]] = {}
    for path in files.folder_of(video_id).glob("*.ts"):
        try:
            variant, number = numbers_of(chunk_name(path.name))
        except Refused:
            continue
        found.setdefault(variant, {})[number] = path
    return found


def _common(chunks: dict[int, dict[int, Path]]) -> dict[int, list[Path]]:
    """Begin all renditions with the same chunk: the same number is the same time."""
    first = max((min(numbered) for numbered in chunks.values()), default=0)
    kept = {
        variant: [path for number, path in sorted(numbered.items()) if number >= first]
        for variant, numbered in chunks.items()
    }
    return {variant: paths for variant, paths in kept.items() if paths}


def _resolution(info: MediaInfo, asked: list[int]) -> int:
    if info.video is None:
        return 0
    side = min(display_size(info.video))
    nearest = min(asked, key=lambda size: abs(size - side))
    if abs(nearest - side) > SLACK_PX:
        raise Refused("The live stream has a size that was not asked for.", code="wrong_size")
    return nearest


def packaged(
    video_job: VideoJob,
    tracks: list[Track],
    scratch: Path,
    runner: Runner,
    tell: Callable[[float], None],
) -> list[CheckedHls]:
    """Package each track as VOD HLS, and check it. `tell` gets the share that is done.

    Raises: `Refused`, what `core.media.process.run` raises.
    """
    made = []
    for done, track in enumerate(tracks):
        tell(done / len(tracks))
        made.append(_package(video_job, track, scratch, runner))
        track.path.unlink()  # Room for the next.
    return made


def _package(video_job: VideoJob, track: Track, scratch: Path, runner: Runner) -> CheckedHls:
    names = placing.hls_names(video_job.job, video_job, track.resolution)
    source = Source(track.path, track.info)
    if track.resolution:
        command = commands.hls_remux(source, names.stem, scratch)
    else:
        command = commands.hls_audio(source, names.stem, scratch)
    ffmpeg(command.inputs, command.output, demuxers=command.demuxers, runner=runner)
    media = scratch / f"{names.stem}{MEDIA_SUFFIX}"
    listed = read_file(scratch / f"{names.stem}{PLAYLIST_SUFFIX}")
    expected = Expected(track.resolution, track.info.audio is not None, track.info.duration_s)
    info = check_hls_result(media, listed, expected, scratch=scratch, runner=runner)
    return CheckedHls(names, track.resolution, media, listed, info)
