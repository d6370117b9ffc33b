"""`update` and `delete`."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from core.accounts.models import User
from core.after_commit import after_commit
from core.jobs import lifecycle
from core.jobs.models import UNFINISHED, Job
from core.kinds.question import Question
from core.uploads import events
from core.uploads.errors import Conflict
from core.uploads.models import Upload
from core.uploads.options import TEXTS, UpdateForm, checked, ignored
from core.uploads.recognition import laid_out, search_text
from core.uploads.services.locking import locked_upload
from core.uploads.status import is_busy


@dataclass(frozen=True)
class Updated:
    """The upload as it is now, and the names of what may not be changed."""

    upload: Upload
    ignored: list[str]


def update_upload(
    *, owner: User, upload_id: UUID | str | object, data: Mapping[str, Any], origin: str = ""
) -> Updated:
    """Change texts, name or options; no run starts by it. What is unknown is left untouched.

    `processed_text` follows a new `output_format`, and a corrected `raw_text` too as long as
    it is what `raw_text` gives: somebody's own words in it are never overwritten.
    Raises: `NotFound`, `FieldErrors`, `Conflict` for texts while a run is under way.
    """
    values = checked(UpdateForm, data)
    with transaction.atomic():
        upload = locked_upload(owner, upload_id)
        if is_busy(upload) and any(name in values for name in TEXTS):
            raise Conflict("The text cannot be edited while the upload is being recognised.")
        if values:
            _apply(upload, values)
            after_commit(events.publish_changed, "Upload.updated", upload, origin=origin)
    return Updated(upload, ignored(UpdateForm, data))


def _apply(upload: Upload, values: dict[str, Any]) -> None:
    is_derived = upload.raw_text is not None and upload.processed_text == laid_out(
        upload.raw_text, upload.output_format
    )
    has_new_layout = values.get("output_format", upload.output_format) != upload.output_format
    for name, value in values.items():
        setattr(upload, name, value)
    follows = has_new_layout or ("raw_text" in values and is_derived)
    if follows and "processed_text" not in values and upload.raw_text is not None:
        upload.processed_text = laid_out(upload.raw_text, upload.output_format)
    upload.search_text = search_text(upload)
    upload.updated_at = timezone.now()
    fields = {*values, "processed_text", "search_text", "updated_at"}
    upload.save(update_fields=fields)


def delete_upload(*, owner: User, upload_id: UUID | str | object, origin: str = "") -> Upload:
    """Hide an upload everywhere at once and end its run; a purge removes it later.

    Raises: `NotFound`.
    """
    with transaction.atomic():
        upload = locked_upload(owner, upload_id)
        upload.is_deleted, upload.deleted_at = True, timezone.now()
        upload.updated_at = upload.deleted_at
        upload.save(update_fields=["is_deleted", "deleted_at", "updated_at"])
        if upload.job is not None and is_busy(upload):
            upload.job = lifecycle.cancel(upload.job.pk)
        # Afterwards: a job is locked before its upload, here as in a worker. Should we die in
        # between, a question's job finds the upload gone, and its end changes nothing.
        after_commit(_cancel_questions, upload)
        after_commit(events.publish_changed, "Upload.deleted", upload, origin=origin)
    return upload


def _cancel_questions(upload: Upload) -> None:
    """End what still answers questions about a deleted upload."""
    asked = Job.objects.filter(
        kind=Question.name,
        owner=upload.owner_id,
        status__in=UNFINISHED,
        params__upload_id=str(upload.pk),
    )
    for job_id in asked.values_list("pk", flat=True):
        with suppress(lifecycle.NotAllowed):
            lifecycle.cancel(job_id)
