"""`transcode.live-rtmp-hls-transcoding`: a stream as it comes, in renditions (contract, 4.3)."""

from collections.abc import Mapping
from pathlib import Path

from django.conf import settings

from core.jobs.lifecycle import NotAllowed
from core.jobs.models import Job
from core.jobs.types import Json
from transcode.kind import LEAST_LIMIT_S, VideoKind
from transcode.live import chunks, closing
from transcode.models import JobType, VideoJob


class Live(VideoKind):
    """Encode a live stream. What was missed cannot be fetched again: there is one attempt."""

    name = "transcode.live-rtmp-hls-transcoding"
    title = "Live stream"
    type = JobType.LIVE
    stall = "live"
    queue = "io"  # It begins at once, and waits behind no encode of a file.
    update_parts = chunks.PARTS
    is_abortable = False
    has_progress = False
    lost_code = "stalled"
    lost_message = "Stalled runner job"

    def limit_s(self) -> float:
        """Give it as long as a stream may last."""
        return LEAST_LIMIT_S + float(settings.TRANSCODE_LIVE_MAX_DURATION)

    @classmethod
    def updated(
        cls, video_job: VideoJob, fields: Mapping[str, str], files: Mapping[str, Path]
    ) -> None:
        """Put chunks and playlists in their place. Raises: `NotProcessing`, `PayloadInvalid`."""
        chunks.accept_update(video_job, fields, files)

    def encode(self) -> Json:
        """Encode the stream here, for as long as it comes."""
        from transcode.local.live import encode_live

        return encode_live(self)

    def finish_with(self, made: Json) -> Json:  # noqa: ARG002 - all of it is in place
        """End the playlists; the rest follows from the job's end."""
        self.report("publish", 0.0)
        with self.heartbeat():
            closing.complete_playlists(self.video.pk)
        return {}

    @classmethod
    def begun_anew(cls, job: Job) -> None:  # noqa: ARG003 - the kernel's signature
        """Refuse: the stream is over. Raises: `NotAllowed`."""
        raise NotAllowed("A live stream is not tried again.")

    @classmethod
    def changed(cls, job: Job) -> None:
        """Close the stream with its job, however that ended."""
        super().changed(job)
        if job.is_finished:
            closing.job_is_over(job)
