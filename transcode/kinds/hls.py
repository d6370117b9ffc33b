"""`transcode.vod-hls-transcoding`: one rendition as HLS, or the sound of all (contract, 4.1).

A worker that takes the first of a layout takes its children along and makes them all as
one ladder: what `encode` brings then has `members`, by the id of their jobs.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from uuid import UUID

from django.db.models import Q

from core.jobs import lifecycle
from core.jobs.models import Job
from core.jobs.types import Json
from core.media import process
from core.media.ffmpeg import Runner
from core.media.together import Check, together
from transcode.kind import VideoKind
from transcode.models import JobType, VideoJob
from transcode.videos import placing, publication
from transcode.videos.placing import CheckedHls
from transcode.videos.publication import NewFile

VIDEO_PART, PLAYLIST_PART = "videoFile", "resolutionPlaylistFile"


class Hls(VideoKind):
    """Encode one rendition. A resolution of 0 is the sound alone."""

    name = "transcode.vod-hls-transcoding"
    title = "Streaming rendition"
    type = JobType.HLS
    parts = (VIDEO_PART, PLAYLIST_PART)

    own: NewFile
    of_members: dict[Job, NewFile]

    @classmethod
    def family_of(cls, job: Job) -> Q | None:  # noqa: ARG003 - the kernel's signature
        """Let a worker make the whole ladder of a layout at once (5.4)."""
        return Q(kind=cls.name)

    def encode(self) -> Json:
        """Make the rendition, and those of the family, here."""
        from transcode.local.encoding import encode_hls

        return encode_hls(self)

    def finish_with(self, made: Json) -> Json:
        """Check the rendition and those of the family made with it; then place them."""
        self.report("publish", 0.0)
        with self.heartbeat():
            brought: dict[str, Json] = made.get("members") or {}
            members = [member for member in self.members if str(member.pk) in brought]
            rows = VideoJob.objects.select_related("video").in_bulk([m.pk for m in members])
            wanted = [(self.job, self.video_job, made)]
            wanted += [(member, rows[member.pk], brought[str(member.pk)]) for member in members]
            checked = self._all_checked(wanted)
            placing.require_one_ladder(checked)
            self.own, *others = [placing.place_hls(each) for each in checked]
            self.of_members = dict(zip(members, others, strict=True))
        for member, new in self.of_members.items():
            self.member_results[member.pk] = publication.summary(new)
        return publication.summary(self.own)

    def _all_checked(self, wanted: list[tuple[Job, VideoJob, Json]]) -> list[CheckedHls]:
        """Check all renditions at once: each waits for several programs in turn."""
        found: dict[UUID, CheckedHls] = {}

        def checking(job: Job, video_job: VideoJob, made: Json) -> Callable[[Check], None]:
            def look(check: Check) -> None:
                runner = partial(process.run, check=check)
                found[job.pk] = self._checked(job, video_job, made, runner)

            return look

        together(*(checking(*each) for each in wanted), check=self.check)
        return [found[job.pk] for job, _, _ in wanted]

    def _checked(self, job: Job, video_job: VideoJob, made: Json, runner: Runner) -> CheckedHls:
        media, playlist = Path(made[VIDEO_PART]), Path(made[PLAYLIST_PART])
        scratch = self.scratch / f"check-{job.pk}"
        scratch.mkdir(exist_ok=True)
        return placing.check_hls(job, video_job, media, playlist, scratch=scratch, runner=runner)

    def publish(self, result: Json) -> None:  # noqa: ARG002 - it sums up what was placed
        """Write the rows of what was made; a member that was cancelled meanwhile gets none."""
        from transcode.local import growing

        publication.add_rendition(self.video_job, self.own)
        ours = {member.pk for member in lifecycle.members_of(self.job)}
        for member, new in self.of_members.items():
            if member.pk in ours:
                publication.add_rendition(self.video_job, new)
        growing.completed(self.job)
