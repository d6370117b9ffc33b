"""Captions that were heard by a machine (transcode contract, 4.5)."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from core.jobs.models import UNFINISHED, Job
from transcode.kind import kind_for
from transcode.models import Caption, JobType, Video, VideoJob
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
    Raises: `NoEngine` when our own does not understand it and no runner for it was seen lately;
    `WrongState`; `NotFound` when the video has gone meanwhile.
    """
    if not video.has_audio or video.is_live:
        raise WrongState("There is nothing to listen to in this video.")
    if not video.is_playable:
        raise WrongState("This video does not play yet; ask again when it does.")
    if not force and video.captions.exists():
        raise WrongState("This video has captions already.")
    if not is_anybody_able(video):
        raise NoEngine("No speech engine here understands this video, and no runner was seen.")

    def describe(files: str) -> dict[str, Any]:
        return {"input": {"videoFileUrl": f"{files}/max-quality/audio"}, "output": {}}

    with transaction.atomic():
        # One that is being removed gets no more jobs: its removal has seen all there are.
        current = Video.objects.select_for_update(no_key=True).filter(pk=video.pk).first()
        if current is None:
            raise NotFound
        return extras.add_job(
            current, JobType.TRANSCRIPTION, describe, priority=PRIORITY, base_url=base_url
        )


def drop_heard(video: Video, *, base_url: str) -> list[str]:
    """Take away what a machine heard before an edit, and have the new cut listened to (4.4).

    Where nobody can, there are none. Call it in the edit's transaction; returns the keys of
    what is shown no more.
    """
    heard = list(Caption.objects.filter(video=video, is_automatic=True))
    listening = VideoJob.objects.filter(
        video=video, type=JobType.TRANSCRIPTION, job__status__in=UNFINISHED
    )
    if heard or listening.exists():
        with suppress(WrongState):
            request(video, force=True, base_url=base_url)
    Caption.objects.filter(pk__in=[each.pk for each in heard]).delete()
    return [n for each in heard for n in (each.name, publication.captions_playlist_name(each))]


def is_anybody_able(video: Video) -> bool:
    """Return whether our own engine or a runner that was seen lately could do it."""
    kind = kind_for(JobType.TRANSCRIPTION)
    return bool(kind.queue_of({"video": str(video.pk)})) or kind.is_runner_there()


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
