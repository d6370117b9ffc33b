"""Captions that were heard by a machine (transcode contract, 4.5)."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from core.jobs.models import Job
from transcode.kind import RUNNER_SEEN, kind_for
from transcode.models import Caption, JobType, Runner, Video
from transcode.videos import extras, publication, storage
from transcode.videos.errors import NotFound, WrongState

PRIORITY = 200
MAX_BYTES = 10 * 2**20


class NoEngine(WrongState):
    """Nobody is there who could listen to the video."""

    code = "no_engine"


def request(video: Video, *, force: bool = False, base_url: str = "") -> Job:
    """Queue a transcription, or return the one under way.

    Without `force` a video that has captions already is left alone.
    Raises: `NoEngine` when our own does not understand it and no runner was seen lately;
    `WrongState`; `NotFound` when the video has gone meanwhile.
    """
    if not video.has_audio or not video.is_playable or video.is_live:
        raise WrongState("There is nothing to listen to in this video.")
    if not force and video.captions.exists():
        raise WrongState("This video has captions already.")
    if not is_anybody_able(video):
        raise NoEngine("No speech engine here understands this video, and no runner was seen.")

    def describe(files: str) -> dict[str, Any]:
        return {"input": {"videoFileUrl": f"{files}/max-quality/audio"}, "output": {}}

    with transaction.atomic():
        # One that is being removed gets no more jobs: its removal has seen all there are.
        if not Video.objects.select_for_update(no_key=True).filter(pk=video.pk).first():
            raise NotFound
        return extras.add_job(
            video, JobType.TRANSCRIPTION, describe, priority=PRIORITY, base_url=base_url
        )


def is_anybody_able(video: Video) -> bool:
    """Return whether our own engine or a runner that was seen lately could do it."""
    kind = kind_for(JobType.TRANSCRIPTION)
    if kind.queue_of({"video": str(video.pk)}):
        return True
    since = timezone.now() - RUNNER_SEEN
    seen = Runner.objects.filter(last_contact__gte=since)
    return any(kind.may_be_offered(runner) for runner in seen)


def name_for(video_id: UUID, job: Job, language: str) -> str:
    """Return the key of the captions that a job's present attempt makes."""
    stem = storage.attempt_uuid(job.pk, job.attempt)
    return storage.name_in("captions", video_id, f"{stem}-{language}.vtt")


def put(video_id: UUID, language: str, name: str) -> bool:
    """Show captions, in the transaction that ends their job; never in the place of a person's."""
    video = Video.objects.select_for_update(no_key=True).filter(pk=video_id).first()
    if video is None:
        return False
    before = Caption.objects.filter(video=video, language=language).first()
    if before and not before.is_automatic:
        warn(video, f"There are captions in “{language}” made by hand; they stay.")
        publication.discard(video, [name])
        return False
    if before and before.name != name:
        publication.discard(video, [before.name, publication.captions_playlist_name(before)])
    now = timezone.now()
    Caption.objects.update_or_create(
        video=video,
        language=language,
        defaults={"name": name, "is_automatic": True, "updated_at": now},
    )
    Video.objects.filter(pk=video_id, language="").update(language=language)
    Video.objects.filter(pk=video_id).update(revision=F("revision") + 1, updated_at=now)
    publication.mark_stale(video_id)
    return True


def warn(video: Video, warning: str) -> None:
    """Add a sentence to what is said of the video; call it with its row locked."""
    if warning not in video.warnings:
        Video.objects.filter(pk=video.pk).update(
            warnings=[*video.warnings, warning],
            revision=F("revision") + 1,
            updated_at=timezone.now(),
        )
