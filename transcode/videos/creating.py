"""A file becomes a video: its row, its original and its jobs, all of them or nothing."""

import shutil
from pathlib import Path
from typing import Any

from django.db import transaction

from core.accounts.models import User
from core.after_commit import after_commit
from core.errors import FieldErrors, JobError
from core.jobs.storable import storable_text
from transcode.engines import languages
from transcode.models import Video, VideoState
from transcode.videos import events, incoming, layout, pictures, storage
from transcode.videos.errors import Wrong
from transcode.videos.intake import inspect

NAME_CHARS = 120
DESTINATION_CHARS = 255
_COPY_BYTES = 2**20


def create_video(
    *,
    owner: User,
    path: Path,
    filename: str,
    name: str,
    language: str = "",
    is_private: bool = False,
    destination: str = "",
    base_url: str = "",
) -> Video:
    """Make a video of a staged file, which is taken over, and queue its renditions.

    A refused one leaves nothing behind, the staged file neither. Raises: `FieldErrors`.
    """
    wrong = Wrong()
    try:
        with wrong.noted():
            video = draft(
                owner=owner,
                name=name,
                language=language,
                is_private=is_private,
                destination=destination,
            )
        with wrong.noted():
            inspected = inspect(path, filename)
        wrong.settle()
        video.state = VideoState.TO_TRANSCODE
        video.source_name = source_name(video, inspected.extension)
        for column, value in inspected.columns().items():
            setattr(video, column, value)
        _store(video, path, inspected.keyframe_gap_s, base_url)
    finally:
        path.unlink(missing_ok=True)
    if not video.thumbnail_name:
        pictures.ask_for(video.pk)
    return video


def create_from_storage(*, owner: User, path_name: str, name: str, **options: Any) -> Video:
    """Make a video of a file that lies in the storage already, which stays as it is.

    `options` are those of `create_video`. Raises: `BadPath`, `NotFound` (for someone else's
    too), `FieldErrors`.
    """
    draft(owner=owner, name=name)
    with storage.incoming() as staged:
        with incoming.open_named(owner, path_name) as source, staged.open("xb") as target:
            shutil.copyfileobj(source, target, _COPY_BYTES)
        filename = storage.file_of(path_name)
        return create_video(owner=owner, path=staged, filename=filename, name=name, **options)


def draft(
    *,
    owner: User,
    name: str,
    language: str = "",
    is_private: bool = False,
    destination: str = "",
) -> Video:
    """Make an unsaved video of what people say of it. Raises: `FieldErrors`."""
    wrong = Wrong()
    video = Video(owner=owner, is_private=is_private)
    with wrong.noted():
        video.name = clean_name(name)
    with wrong.noted():
        video.language = _language(language)
    with wrong.noted():
        video.destination = _destination(destination)
    wrong.settle()
    return video


def clean_name(name: str) -> str:
    """Return a name as it is kept. Raises: `FieldErrors`."""
    clean = storable_text(name).strip()
    if not clean:
        raise FieldErrors({"name": "This field may not be blank."})
    if len(clean) > NAME_CHARS:
        raise FieldErrors({"name": f"No more than {NAME_CHARS} characters, please."})
    return clean


def _destination(label: str) -> str:
    if len(label) > DESTINATION_CHARS:
        raise FieldErrors({"destination": f"No more than {DESTINATION_CHARS} characters, please."})
    return storable_text(label)


def _language(code: str) -> str:
    try:
        return languages.normalise(code) if code else ""
    except JobError as error:
        raise FieldErrors({"language": str(error)}) from error


def source_name(video: Video, extension: str) -> str:
    """Return the key of a video's original."""
    return storage.name_in("originals", video.pk, f"source{extension}")


def _store(video: Video, path: Path, keyframe_gap_s: float | None, base_url: str) -> None:
    """Put the original in its place, then write row and jobs; if that fails nothing stays.

    Should we die in between, the sweep finds a folder without a row.
    """
    try:
        storage.place(path, video.source_name)
        if not video.has_video:
            pictures.fill(video)  # The still is what its first job puts under the sound.
        with transaction.atomic():
            video.save(force_insert=True)
            settings = layout.LadderSettings.current()
            planned = layout.plan(video, settings, keyframe_gap_s=keyframe_gap_s)
            # Registered before the jobs' messages: no worker may be faster than this event.
            after_commit(events.publish_changed, video.pk)
            layout.lay_out(video, planned, base_url=base_url)
    except BaseException:
        if not Video.objects.filter(pk=video.pk).exists():
            storage.remove_video(video.pk)
        raise
