"""`reprocess` and `cancel`."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from core.accounts.models import User
from core.after_commit import after_commit
from core.jobs import lifecycle
from core.uploads import events
from core.uploads.errors import Conflict
from core.uploads.models import Upload
from core.uploads.options import OptionsForm, checked
from core.uploads.services.locking import locked_upload
from core.uploads.services.starting import start_recognition
from core.uploads.status import is_busy, run_of
from core.uploads.storage import locked_owner


def reprocess_upload(
    *,
    owner: User,
    upload_id: UUID | str | object,
    data: Mapping[str, Any] | None = None,
    origin: str = "",
) -> Upload:
    """Queue a new run, with other options if any are given; the old text stays meanwhile.

    Raises: `NotFound`, `FieldErrors`, `Conflict` while a run is under way or waits.
    """
    options = checked(OptionsForm, {} if data is None else data)
    # The owner first, as wherever jobs are made: an account may be going at this moment.
    with locked_owner(owner.pk):
        upload = locked_upload(owner, upload_id)
        if is_busy(upload):
            raise Conflict("The upload is being recognised already.")
        for name, value in options.items():
            setattr(upload, name, value)
        upload.runs_before = run_of(upload)
        upload.status_before = "processed" if upload.processed_at else ""
        # Registered before the job's message is: no worker may be faster than this event.
        after_commit(events.publish_changed, "Upload.updated", upload, origin=origin)
        upload.job = start_recognition(upload)
        upload.updated_at = timezone.now()
        upload.save(update_fields=[*options, "runs_before", "status_before", "job", "updated_at"])
    return upload


def cancel_upload(*, owner: User, upload_id: UUID | str | object) -> Upload:
    """End the run that is under way or waits; its terminal frame leaves at once.

    Raises: `NotFound`, `Conflict` when there is no such run.
    """
    with transaction.atomic():
        upload = locked_upload(owner, upload_id)
        if upload.job is None or not is_busy(upload):
            raise Conflict("Nothing is under way that could be cancelled.")
        lifecycle.cancel(upload.job.pk)
    upload.refresh_from_db()
    return upload
