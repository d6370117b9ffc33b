"""`transcode.video-transcription`: what is said in a video, as captions (contract, 4.5)."""

from collections.abc import Mapping
from pathlib import Path

from core.after_commit import after_commit
from core.jobs.types import Json
from transcode.engines import languages, webvtt
from transcode.engines.errors import Refused
from transcode.kind import PayloadInvalid, VideoKind
from transcode.local import listening
from transcode.models import JobType, Video, VideoJob
from transcode.videos import captions, cuts, events, storage

LANGUAGE = "inputLanguage"
UNKNOWN_LANGUAGE = "Captions came in a language that is not known."
NOTHING_HEARD = "No words were heard in this video."


class Transcription(VideoKind):
    """Listen to a video: a runner does, or the engine of this installation."""

    name = "transcode.video-transcription"
    title = "Captions"
    type = JobType.TRANSCRIPTION
    stall = "transcription"
    parts = ("vttFile",)
    has_progress = False
    queue = "speech"

    language: str | None
    placed_as: str
    warning: str

    @classmethod
    def queue_of(cls, params: Json) -> str:
        """Return "" for a video that our engine does not understand."""
        video = Video.objects.filter(pk=params["video"]).first()
        return super().queue_of(params) if video and listening.engine_for(video) else ""

    @classmethod
    def check_success(
        cls, video_job: VideoJob, fields: Mapping[str, str], files: Mapping[str, Path]
    ) -> Json:
        """Take the captions and the language they are in. Raises: `PayloadInvalid`."""
        if not fields.get(LANGUAGE):
            raise PayloadInvalid(f"Payload is invalid: {LANGUAGE} is missing.")
        return super().check_success(video_job, {LANGUAGE: fields[LANGUAGE]}, files)

    def encode(self) -> Json:
        """Listen here."""
        self.report("encode", 0.0)
        language, captions_file = listening.listen(self)
        return {LANGUAGE: language, "vttFile": str(captions_file)}

    def finish_with(self, made: Json) -> Json:
        """Write the captions anew, without whatever a page could stumble over."""
        self.report("publish", 0.0)
        self.language, self.warning = _known(made[LANGUAGE]), UNKNOWN_LANGUAGE
        if self.language is None:
            return {"language": None}
        with self.heartbeat():
            with Path(made["vttFile"]).open("rb") as file:
                data = file.read(captions.MAX_BYTES + 1)
            text = webvtt.sanitise(data, duration_s=self.video.duration_s)
            if "-->" not in text:
                self.language, self.warning = None, NOTHING_HEARD
                return {"language": None}
            self.placed_as = captions.name_for(self.video.pk, self.job, self.language)
            storage.write(self.placed_as, text)
        return {"language": self.language}

    def publish(self, result: Json) -> None:  # noqa: ARG002 - it sums up what was placed
        """Show the captions; a language that there is not costs a warning (4.5), silence too.

        Raises: `Outdated`; then nothing of it is shown.
        """
        if self.language is not None:
            captions.put(self.video.pk, self.language, self.placed_as)
        else:
            video = Video.objects.select_for_update(no_key=True).filter(pk=self.video.pk).first()
            if video is not None:
                captions.warn(video, self.warning)
        cuts.require_present(self.video_job)
        after_commit(events.publish_changed, self.video.pk)


def _known(code: str) -> str | None:
    try:
        return languages.normalise(code)
    except Refused:
        return None
