"""`transcode.video-studio-transcoding`: a video is cut, joined and marked (contract, 4.4)."""

from contextlib import ExitStack
from functools import partial
from pathlib import Path

from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from core.after_commit import after_commit
from core.jobs.lifecycle import NotAllowed
from core.jobs.models import Job, Status
from core.jobs.types import Json
from core.media.numbers import number_of
from core.media.probe import MediaInfo
from core.media.progress import Progress
from transcode.engines.checks import Expected, check_studio_video, require_duration
from transcode.engines.encoders import Encoder
from transcode.engines.graphs import Command
from transcode.engines.ladder import frame_rate, input_fps
from transcode.engines.studio import Cut
from transcode.engines.studio_command import edit as edit_command
from transcode.kind import VideoKind
from transcode.models import JobType, Video
from transcode.videos import editing, events, extras, intake, storage
from transcode.videos.following import fraction_of

FPS_LIMIT = 240
OUTPUT_BPS = 50_000_000


class Studio(VideoKind):
    """Apply a person's tasks; the result is the video's new source."""

    name = "transcode.video-studio-transcoding"
    title = "Edit"
    type = JobType.STUDIO
    stall = "studio"
    parts = ("videoFile",)

    columns: Json

    def encode(self) -> Json:
        """Apply the tasks here, all in one encode."""
        from transcode.local import running
        from transcode.local.sources import source_of

        self.report("encode", 0.0)
        target = self.scratch / "edited.mp4"
        tasks = editing.tasks_of(self.video_job)
        with source_of(self) as source, ExitStack() as opened, self.heartbeat():
            named = [task for task in tasks if not isinstance(task, Cut)]
            paths = {
                task.file: opened.enter_context(storage.local_path(task.file)) for task in named
            }
            files = {task.file: editing.opened(task, paths[task.file]) for task in named}
            fps = frame_rate(
                input_fps(source.info), min(source.size), is_top=True, fps_max=FPS_LIMIT
            )

            def make(encoder: Encoder) -> Command:
                return edit_command(source, tasks, files, target, fps=fps, encoder=encoder)

            tell = partial(self._tell, editing.expected_s(self.video_job))
            running.encode(self, make, output_bps=OUTPUT_BPS, on_progress=tell)
        return {"videoFile": str(target)}

    def _tell(self, whole_s: float, progress: Progress) -> None:
        self.report("encode", progress.fraction(whole_s))

    def finish_with(self, made: Json) -> Json:
        """Check the edited file and put it beside the original."""
        self.report("publish", 0.0)
        stem = storage.attempt_uuid(self.job.pk, self.job.attempt)
        name = storage.name_in("originals", self.video.pk, f"{stem}.mp4")
        staged = Path(made["videoFile"])
        with self.heartbeat(), storage.wherever(staged, name) as path:
            # A joined clip may bring sound to a silent video, and lose none.
            has_audio = True if self.video.has_audio else None
            asked = Expected(None, has_audio, editing.expected_s(self.video_job))
            _require_pictures(check_studio_video(path, asked, runner=self.program), asked)
            found = intake.inspect(path, name)
        storage.place(staged, name)
        self.columns = {**found.columns(), "source_name": name}
        return {"duration": found.info.duration_s}

    def publish(self, result: Json) -> None:  # noqa: ARG002 - it sums up what was placed
        """Make the result the source, and have it transcoded."""
        base = extras.base_of(self.video)
        editing.take_over(self.video.pk, self.job, self.columns, base)

    @classmethod
    def begun_anew(cls, job: Job) -> None:  # noqa: ARG003 - the kernel's signature
        """Refuse: the files of the tasks are gone. Raises: `NotAllowed`."""
        raise NotAllowed("An edit is not tried again; ask for it anew.")

    @classmethod
    def changed(cls, job: Job) -> None:
        """Show how far it is; leave the video as it was when nothing comes of it."""
        super().changed(job)
        if job.status in (Status.FAILED, Status.CANCELLED):
            editing.given_up(job)
            return
        shown = 100.0 * editing.SHARE * fraction_of(job)
        further = Video.objects.filter(pk=job.params["video"], progress__lt=int(shown)).update(
            progress=Greatest("progress", Value(shown)),
            revision=F("revision") + 1,
            updated_at=timezone.now(),
        )
        if further:
            video = Video.objects.get(pk=job.params["video"])
            after_commit(events.publish_progress, video)


def _require_pictures(info: MediaInfo, asked: Expected) -> None:
    """Refuse a result whose sound goes on long after its pictures: a clip lied about its length.

    Raises: `Refused`.
    """
    said = info.said_of(info.video.index) if info.video else {}
    if (picture_s := number_of(said.get("duration"))) is not None:
        require_duration(picture_s, asked)
