"""Which jobs a video gets (transcode contract, 5.4): thought out, nothing written."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings as django_settings

from core.media.probe import media_info
from transcode.engines import ladder
from transcode.engines.bitrates import is_publishable_as_is, may_remux_as_top
from transcode.models import JobType, Video

AUDIO_SHARE = 0.01
# What a still under a sound looks like before its preview says so.
_CARD_SIZE = (850, 480)


@dataclass(frozen=True)
class LadderSettings:
    """What an installation makes of a video."""

    resolutions: Collection[int]
    always_original: bool
    fps_max: int
    has_hls: bool
    has_web_videos: bool
    splits_audio: bool
    publishes_first: bool

    @classmethod
    def current(cls) -> "LadderSettings":
        """Read them from Django's settings. Without HLS and web videos there would be nothing."""
        has_web_videos = django_settings.TRANSCODE_WEB_VIDEOS_ENABLED
        return cls(
            resolutions=tuple(django_settings.TRANSCODE_RESOLUTIONS),
            always_original=django_settings.TRANSCODE_ALWAYS_ORIGINAL,
            fps_max=django_settings.TRANSCODE_FPS_MAX,
            has_hls=django_settings.TRANSCODE_HLS_ENABLED or not has_web_videos,
            has_web_videos=has_web_videos,
            splits_audio=django_settings.TRANSCODE_SPLIT_AUDIO_VIDEO,
            publishes_first=django_settings.TRANSCODE_LOCAL_WORKERS != "off",
        )


@dataclass(frozen=True)
class PlannedJob:
    """One job to be. `parent` is the place of another in the plan; `weight` counts pixels a second.

    `is_top` marks the copy of the source that is the top rendition itself.
    """

    type: JobType
    resolution: int
    fps: int
    parent: int | None = None
    weight: float = 0.0
    is_optional: bool = False
    is_separated: bool = False
    is_top: bool = False


@dataclass(frozen=True)
class Rung:
    """One size of a ladder."""

    resolution: int
    fps: int
    weight: float


@dataclass
class _Plan:
    """The jobs so far, in order of making."""

    jobs: list[PlannedJob] = field(default_factory=list)

    def add(self, job_type: JobType, rung: Rung, parent: int | None, **more: Any) -> int:
        job = PlannedJob(job_type, rung.resolution, rung.fps, parent, rung.weight, **more)
        self.jobs.append(job)
        return len(self.jobs) - 1


def plan(
    video: Video, settings: LadderSettings, *, keyframe_gap_s: float | None = None
) -> list[PlannedJob]:
    """Think out a video's jobs, parents before their children.

    `keyframe_gap_s` is the longest time without a key frame in the source; None: nothing is
    published before the first encode.
    """
    planned = _Plan()
    rungs = _rungs(video, settings)
    root = None
    if not video.has_video:
        root = planned.add(JobType.AUDIO_MERGE, _merge_rung(settings), None)
    copied = _add_remux(planned, video, settings, rungs[0], keyframe_gap_s)
    if settings.has_web_videos:
        _add_web_ladder(planned, video, settings, rungs, root, is_top_copied=copied)
    else:
        _add_hls_ladder(planned, video, settings, rungs[copied:], root)
    return _weighted(planned.jobs)


def _rungs(video: Video, settings: LadderSettings) -> list[Rung]:
    """The sizes of the ladder, the top one first, then in the order of making."""
    size, fps = _CARD_SIZE, float(ladder.audio_merge_fps(settings.fps_max))
    if video.has_video and video.width and video.height:
        size, fps = (video.width, video.height), video.fps or 1.0
    found = ladder.resolutions(
        settings.resolutions, *size, always_original=settings.always_original
    )
    return [
        _rung(size, resolution, fps, settings, is_top=resolution == found[0])
        for resolution in found
    ]


def _rung(
    size: ladder.Size, resolution: int, fps: float, settings: LadderSettings, *, is_top: bool
) -> Rung:
    made_fps = ladder.frame_rate(fps, resolution, is_top=is_top, fps_max=settings.fps_max)
    width, height = ladder.scaled_size(*size, resolution)
    return Rung(resolution, made_fps, float(width * height * made_fps))


def _merge_rung(settings: LadderSettings) -> Rung:
    resolution = ladder.AUDIO_MERGE_RESOLUTION
    fps = ladder.audio_merge_fps(settings.fps_max)
    return _rung(_CARD_SIZE, resolution, fps, settings, is_top=True)


def _add_remux(
    planned: _Plan, video: Video, settings: LadderSettings, top: Rung, gap_s: float | None
) -> bool:
    """Add the copy that is published first; return whether it is the top rendition, too."""
    if gap_s is None or not (settings.publishes_first and settings.has_hls and video.has_video):
        return False
    info = media_info(video.probe, size_bytes=video.size_bytes)
    if info.video is None or not is_publishable_as_is(info, gap_s):
        return False
    size = ladder.display_size(info.video)
    if size != (info.video.width, info.video.height):
        return False  # Its pixels are not square.
    is_top = may_remux_as_top(
        info, top=top.resolution, fps_max=settings.fps_max, keyframe_gap_s=gap_s
    )
    own = Rung(min(size), max(1, round(video.fps or 1)), 0.0)
    is_separated = _separates(video, settings)
    planned.add(
        JobType.REMUX, own, None, is_optional=not is_top, is_top=is_top, is_separated=is_separated
    )
    return is_top


def _add_hls_ladder(
    planned: _Plan, video: Video, settings: LadderSettings, rungs: list[Rung], root: int | None
) -> None:
    """Add the first rung as the parent of the sound and of the others."""
    separated = _separates(video, settings)
    top = root
    for rung in rungs[:1]:
        top = planned.add(JobType.HLS, rung, root, is_separated=separated)
    _add_audio(planned, video, settings, top)
    for rung in rungs[1:]:
        planned.add(JobType.HLS, rung, top, is_separated=separated, is_optional=True)


def _add_web_ladder(
    planned: _Plan,
    video: Video,
    settings: LadderSettings,
    rungs: list[Rung],
    root: int | None,
    *,
    is_top_copied: bool,
) -> None:
    """Add a web video for each rung, the top one first, and beside each its HLS rendition."""
    separated = _separates(video, settings)
    top = root if _is_merged(rungs[0], root) else planned.add(JobType.WEB_VIDEO, rungs[0], root)
    if settings.has_hls:
        if not is_top_copied:
            planned.add(JobType.HLS, rungs[0], top, is_separated=separated)
        _add_audio(planned, video, settings, top)
    for rung in rungs[1:]:
        web = planned.add(JobType.WEB_VIDEO, rung, top, is_optional=True)
        if settings.has_hls:
            planned.add(JobType.HLS, rung, web, is_separated=separated, is_optional=True)


def _is_merged(top: Rung, root: int | None) -> bool:
    """Whether the still under the sound is the top web video already."""
    return root is not None and top.resolution == ladder.AUDIO_MERGE_RESOLUTION


def _separates(video: Video, settings: LadderSettings) -> bool:
    return settings.splits_audio and video.has_audio


def _add_audio(planned: _Plan, video: Video, settings: LadderSettings, parent: int | None) -> None:
    is_wanted = settings.splits_audio or ladder.AUDIO_ONLY in settings.resolutions
    if is_wanted and video.has_audio:
        planned.add(JobType.HLS, Rung(ladder.AUDIO_ONLY, 0, 0.0), parent, is_separated=True)


def _weighted(jobs: list[PlannedJob]) -> list[PlannedJob]:
    """Give what has no pixels, or costs next to nothing, its one per cent."""
    whole = sum(job.weight for job in jobs) or 1.0
    return [job if job.weight else replace(job, weight=whole * AUDIO_SHARE) for job in jobs]
