"""`transcode.remux`: the source as it is, cut for HLS and published before any encode (5.3)."""

from pathlib import Path

from django.db import transaction

from core.errors import JobError, TemporaryFailure
from core.jobs.types import Json
from transcode.kind import VideoKind
from transcode.models import JobType
from transcode.videos import placing, publication
from transcode.videos.publication import NewFile

AUDIO_PARTS = ("audioFile", "audioPlaylistFile")


class Remux(VideoKind):
    """Copy the source's streams; only our own workers do it, and at once.

    `encode` brings `videoFile` and `resolutionPlaylistFile`, and where the sound is apart
    `audioFile` and `audioPlaylistFile`.
    """

    name = "transcode.remux"
    title = "Copy of the original"
    type = JobType.REMUX
    queue = "io"
    is_for_runners = False

    made: list[NewFile]
    is_copied = True

    def run(self) -> Json:
        """Copy the source. A copy that is to be the top rendition and will not do is encoded."""
        from transcode.local import growing

        try:
            return super().run()
        except TemporaryFailure as failure:
            is_refused = isinstance(failure.__cause__, JobError)
            if not (is_refused and self.is_copied and self.is_top):
                raise
            self.holding.log(f"The source is encoded, for its copy will not do: {failure}")
        self.is_copied = False
        with transaction.atomic():
            growing.withdraw(self.job)
        return super().run()

    @property
    def is_top(self) -> bool:
        """Whether no other job makes the top rendition."""
        return bool(self.video_job.private_payload.get("isTop"))

    def encode(self) -> Json:
        """Copy the streams here."""
        from transcode.local.ladder import encode_hls
        from transcode.local.remux import encode_remux

        return encode_remux(self) if self.is_copied else encode_hls(self)

    def finish_with(self, made: Json) -> Json:
        """Check the copy, and the sound beside it, then place both."""
        self.report("publish", 0.0)
        with self.heartbeat():
            checked = [self._checked(made["videoFile"], made["resolutionPlaylistFile"])]
            if all(part in made for part in AUDIO_PARTS):
                media, playlist = (made[part] for part in AUDIO_PARTS)
                checked.append(self._checked(media, playlist, resolution=0))
            self.made = [placing.place_hls(each, is_remux=not self.is_top) for each in checked]
        return publication.summary(self.made[0])

    def _checked(
        self, media: str, playlist: str, resolution: int | None = None
    ) -> placing.CheckedHls:
        return placing.check_hls(
            self.job,
            self.video_job,
            Path(media),
            Path(playlist),
            scratch=self.scratch,
            runner=self.program,
            resolution=resolution,
        )

    def publish(self, result: Json) -> None:  # noqa: ARG002 - it sums up what was placed
        """Write the rows of what was made."""
        from transcode.local import growing

        for new in self.made:
            publication.add_rendition(self.video_job, new)
        growing.completed(self.job)
