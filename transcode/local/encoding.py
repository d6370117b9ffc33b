"""Progressive MP4s made here: web videos, and a still under a sound (transcode contract, 4.2)."""

from collections.abc import Callable

from django.conf import settings
from PIL import Image

from core.errors import TemporaryFailure
from core.jobs.types import Json
from core.media.progress import Progress
from transcode.engines import commands, ladder_command
from transcode.engines.bitrates import may_remux_as_top
from transcode.engines.encoders import Encoder
from transcode.engines.graphs import Command
from transcode.engines.ladder_command import Rung
from transcode.kind import VideoKind
from transcode.local import running
from transcode.local.ladder import encode_hls
from transcode.local.remux import encode_remux
from transcode.local.sources import sound_of, source_of
from transcode.videos import storage

__all__ = ["encode_audio_merge", "encode_hls", "encode_remux", "encode_web_video"]

STILL_BPS = 4_000_000


def encode_web_video(kind: VideoKind) -> Json:
    """Make one progressive rendition; the top one is copied where the source is one already (5.3).

    Raises: as `transcode.local.ladder.encode_hls`.
    """
    row, path = kind.video_job, kind.scratch / "web.mp4"
    rung = Rung("web", row.resolution or 0, row.fps or 0)
    with source_of(kind) as source:
        # Where its key frames lie matters to segments alone.
        is_one = may_remux_as_top(
            source.info,
            top=rung.resolution,
            fps_max=settings.TRANSCODE_FPS_MAX,
            keyframe_gap_s=0.0,
        )

        def make(encoder: Encoder) -> Command:
            if is_one:
                return commands.web_video_remux(source, path)
            return commands.web_video(source, rung, path, encoder=encoder)

        bps = ladder_command.target(source, rung) + source.audio_plan.bitrate_bps
        running.encode(kind, make, output_bps=bps, on_progress=_teller(kind))
    return {"videoFile": str(path)}


def encode_audio_merge(kind: VideoKind) -> Json:
    """Lay the video's preview under its sound.

    Raises: as `transcode.local.ladder.encode_hls`.
    """
    path, video = kind.scratch / "merged.mp4", kind.video
    if not video.preview_name:
        raise TemporaryFailure("The sound has no picture to go with it.", code="source_missing")
    with sound_of(kind) as sound, storage.local_path(video.preview_name) as preview:
        with Image.open(preview, formats=["JPEG"]) as picture:
            size = picture.size

        def make(encoder: Encoder) -> Command:
            fps = kind.video_job.fps or 1
            return commands.audio_merge(*sound, preview, size, path, fps=fps, encoder=encoder)

        running.encode(kind, make, output_bps=STILL_BPS, on_progress=_teller(kind))
    return {"videoFile": str(path)}


def _teller(kind: VideoKind) -> Callable[[Progress], None]:
    def tell(progress: Progress) -> None:
        kind.report("encode", progress.fraction(kind.video.duration_s))

    return tell
