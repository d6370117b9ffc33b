"""`transcode.video-transcription`: what is said in a video, as captions (contract, 4.5)."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from django.db import transaction

from core.jobs.types import Json
from transcode.engines import languages, webvtt
from transcode.engines.errors import Refused
from transcode.kind import PayloadInvalid, VideoKind
from transcode.models import JobType, Video, VideoJob
from transcode.videos import captions, events, storage

LANGUAGE = "inputLanguage"


class Transcription(VideoKind):
    """Listen to a video. There is no speech engine here yet: runners alone do it."""

    name = "transcode.video-transcription"
    title = "Captions"
    type = JobType.TRANSCRIPTION
    stall = "transcription"
    parts = ("vttFile",)
    is_for_workers = False
    has_progress = False

    language: str | None
    placed_as: str

    @classmethod
    def check_success(
        cls, video_job: VideoJob, fields: Mapping[str, str], files: Mapping[str, Path]
    ) -> Json:
        """Take the captions and the language they are in. Raises: `PayloadInvalid`."""
        if not fields.get(LANGUAGE):
            raise PayloadInvalid(f"Payload is invalid: {LANGUAGE} is missing.")
        return super().check_success(video_job, {LANGUAGE: fields[LANGUAGE]}, files)

    def finish_with(self, made: Json) -> Json:
        """Write the captions anew, without whatever a page could stumble over."""
        self.report("publish", 0.0)
        self.language = _known(made[LANGUAGE])
        if self.language is None:
            return {"language": None}
        self.placed_as = captions.name_for(self.video.pk, self.job, self.language)
        with self.heartbeat():
            with Path(made["vttFile"]).open("rb") as file:
                data = file.read(captions.MAX_BYTES + 1)
            storage.write(self.placed_as, webvtt.sanitise(data, duration_s=self.video.duration_s))
        return {"language": self.language}

    def publish(self, result: Json) -> None:  # noqa: ARG002 - it sums up what was placed
        """Show the captions; a language that there is not costs a warning (4.5)."""
        if self.language is not None:
            captions.put(self.video.pk, self.language, self.placed_as)
        else:
            video = Video.objects.select_for_update(no_key=True).filter(pk=self.video.pk).first()
            if video is not None:
                captions.warn(video, "Captions came in a language that is not known.")
        transaction.on_commit(partial(events.publish_changed, self.video.pk), robust=True)


def _known(code: str) -> str | None:
    try:
        return languages.normalise(code)
    except Refused:
        return None
