"""Results are checked, named and put in their place (transcode contract, 4.1 and 4.2).

A result is a runner's or our own; both come through here. Names are made of the job's
attempt, so whoever finishes a result after somebody's death finds what is placed already
and makes the same of the rest. Nothing is placed before every check has passed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.jobs.models import Job
from core.media.ffmpeg import Runner, ffmpeg
from core.media.probe import MediaInfo
from transcode.engines import commands, master, playlists
from transcode.engines.checks import (
    Expected,
    check_hls_result,
    check_web_video,
    needs_remux_to_video_only,
    require_equal_cuts,
    require_in_step,
)
from transcode.engines.codecs import codecs
from transcode.engines.graphs import Source
from transcode.engines.playlists import MediaPlaylist
from transcode.engines.segment_hashes import hash_ranges
from transcode.models import FileKind, Video, VideoJob
from transcode.videos import storage
from transcode.videos.intake import kept_probe
from transcode.videos.publication import NewFile

# A still outlasts its sound by a segment, and what is made of it does too (4.2).
MERGE_SLACK_S = 5.0


@dataclass(frozen=True)
class Names:
    """The server's names of an HLS rendition; `stem` is what both files begin with."""

    stem: str
    media: str
    playlist: str


def hls_names(job: Job, video_job: VideoJob, resolution: int | None = None) -> Names:
    """Return the names of what the job's present attempt makes: the same from start to end.

    `resolution` is for a job that makes a second rendition, the sound of its own.
    """
    made = video_job.resolution if resolution is None else resolution
    stem = f"{storage.attempt_uuid(job.pk, job.attempt)}-{made or 0}"
    video_id = video_job.video_id
    return Names(
        stem=stem,
        media=storage.name_in("hls", video_id, f"{stem}-fragmented.mp4"),
        playlist=storage.name_in("hls", video_id, f"{stem}.m3u8"),
    )


def web_video_name(job: Job, video_job: VideoJob) -> str:
    """Return the key of the progressive MP4 that the job's present attempt makes."""
    stem = f"{storage.attempt_uuid(job.pk, job.attempt)}-{video_job.resolution or 0}"
    return storage.name_in("web-videos", video_job.video_id, f"{stem}.mp4")


@dataclass(frozen=True)
class CheckedHls:
    """A rendition that passed: its media file, wherever it lies, and its own playlist."""

    names: Names
    resolution: int
    media: Path
    playlist: MediaPlaylist
    info: MediaInfo


def check_hls(
    job: Job,
    video_job: VideoJob,
    media: Path,
    playlist: Path,
    *,
    scratch: Path,
    runner: Runner,
    resolution: int | None = None,
) -> CheckedHls:
    """Check a staged rendition. Sound that an old runner put beside the picture is taken out.

    `resolution` is the job's unless given.

    Raises: `Refused`, `NotMedia`.
    """
    resolution = (video_job.resolution or 0) if resolution is None else resolution
    names, asked = hls_names(job, video_job, resolution), _asked(video_job, resolution)
    listed = playlists.read_file(playlist)
    with storage.wherever(media, names.media) as path:
        may_have_sound = None if asked.has_audio is False and resolution else asked.has_audio
        loose = Expected(resolution, may_have_sound, asked.duration_s, asked.slack_s)
        info = check_hls_result(path, listed, loose, scratch=scratch, runner=runner)
        is_without = asked.has_audio is False
        if not needs_remux_to_video_only(info, separated_audio=is_without):
            return CheckedHls(names, resolution, media, listed, info)
        command = commands.hls_video_only(Source(path, info), names.stem, scratch)
        ffmpeg(command.inputs, command.output, runner=runner)
    made = scratch / f"{names.stem}-fragmented.mp4"
    cut = playlists.read_file(scratch / f"{names.stem}.m3u8")
    info = check_hls_result(made, cut, asked, scratch=scratch, runner=runner)
    return CheckedHls(names, resolution, made, cut, info)


def _asked(video_job: VideoJob, resolution: int) -> Expected:
    """Return what a rendition has to be."""
    video, output = video_job.video, video_job.payload.get("output", {})
    has_audio = video.has_audio
    if resolution:
        has_audio = has_audio and not output.get("separatedAudio")
    return Expected(resolution, has_audio, video.duration_s, slack_s(video))


def slack_s(video: Video) -> float:
    """Return by how many seconds a result may differ from its source."""
    return 2.0 if video.has_video else MERGE_SLACK_S


def require_one_ladder(made: list[CheckedHls]) -> None:
    """Refuse renditions of one encode that are not cut alike, or not in step. Raises: `Refused`."""
    pictures = [each for each in made if each.info.video]
    sounds = [each for each in made if not each.info.video]
    if len(pictures) > 1:
        slowest = min(each.info.video.fps for each in pictures if each.info.video)
        require_equal_cuts([each.playlist for each in pictures], slowest)
    for picture in pictures:
        for sound in sounds:
            require_in_step(picture.info, sound.info)


def place_hls(checked: CheckedHls, *, is_remux: bool = False) -> NewFile:
    """Move a checked rendition to its place, its playlist rewritten with our names."""
    names, playlist = checked.names, checked.playlist.as_vod()
    with storage.wherever(checked.media, names.media) as path:
        size_bytes = path.stat().st_size
        hashes = hash_ranges(path, playlist.ranges)
    storage.place(checked.media, names.media)
    # After its media: a player may find the two at any moment.
    text = playlists.write(playlist, storage.file_of(names.media))
    storage.write(names.playlist, text)
    bandwidth = master.measure(playlist, size_bytes, playlist.duration_s)
    return NewFile(
        kind=FileKind.HLS,
        resolution=checked.resolution,
        name=names.media,
        playlist_name=names.playlist,
        is_remux=is_remux,
        average_bps=bandwidth.average_bps,
        peak_bps=bandwidth.peak_bps,
        segment_hashes=hashes,
        **measured(checked.info, size_bytes),
    )


def check_and_place_web_video(
    job: Job, video_job: VideoJob, staged: Path, *, runner: Runner
) -> NewFile:
    """Check a progressive MP4 and move it to its place. Raises: `Refused`, `NotMedia`."""
    video, name = video_job.video, web_video_name(job, video_job)
    slack = slack_s(video)
    expected = Expected(video_job.resolution or 0, video.has_audio, video.duration_s, slack)
    with storage.wherever(staged, name) as path:
        info = check_web_video(path, expected, runner=runner)
        size_bytes = path.stat().st_size
    storage.place(staged, name)
    average_bps = int(size_bytes * 8 / info.duration_s) if info.duration_s else 0
    return NewFile(
        kind=FileKind.WEB,
        resolution=video_job.resolution or 0,
        name=name,
        average_bps=average_bps,
        peak_bps=average_bps,
        **measured(info, size_bytes),
    )


def measured(info: MediaInfo, size_bytes: int) -> Mapping[str, Any]:
    """Return what a rendition's row says of its content."""
    video = info.video
    return {
        "fps": max(1, round(video.fps)) if video else 0,
        "size_bytes": size_bytes,
        "width": video.width if video else 0,
        "height": video.height if video else 0,
        "has_video": video is not None,
        "has_audio": info.audio is not None,
        "codecs": list(codecs(info)),
        "probe": kept_probe(info.raw),
    }
