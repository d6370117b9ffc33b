"""Whole bytes become the thing they are for, once; a process that dies on the way is replaced.

receiving ──(the last byte)──► completing ──(`Purpose.completed` has returned)──► complete

Only the holder of the upload's lock walks this way, so that `completing` without a holder
means that one has died: whoever comes next, a HEAD, a PATCH or the upkeep, calls
`completed` again.
"""

from core.errors import InvalidInput
from core.tus import parts, selectors, services
from core.tus.errors import AlreadyThere, Gone
from core.tus.models import Status, TusUpload, next_expiry
from core.tus.purposes import Purpose, purpose_named


def is_whole(upload: TusUpload) -> bool:
    """Return whether every byte is there and `completed` has not returned. Raises: `Gone`."""
    if upload.status == Status.RECEIVING:
        return selectors.offset_of(upload) == upload.length_bytes
    return upload.status == Status.COMPLETING


def finish_if_whole(upload: TusUpload) -> None:
    """Finish what another process has left whole. Raises: `Locked`, and what `finish` does."""
    if is_whole(upload):
        with parts.locked(upload.owner_id, upload.pk):
            upload.refresh_from_db(fields=["status", "resource", "offset_bytes", "is_checking"])
            if is_whole(upload):
                finish(upload)


def completed_meanwhile(upload: TusUpload) -> TusUpload:
    """Return an upload anew whose files were not found, if that is because it is complete.

    Raises: `NotFound`, `Gone`.
    """
    upload = selectors.upload_of(upload.owner, upload.pk)
    if upload.status != Status.COMPLETE:
        raise Gone
    return upload


def finish(upload: TusUpload) -> None:
    """Have the purpose take the whole file. The caller holds the upload's lock.

    Raises: `InvalidInput` for content that is refused, `Gone` when nobody wants it any more:
    the upload is ended then; `AlreadyThere`: it is complete; `Gone` when it was terminated;
    what else `completed` raises leaves it to be tried again.
    """
    parts.sync(upload.owner_id, upload.pk)
    _begin(upload)
    purpose = purpose_named(upload.purpose)
    try:
        resource = purpose.completed(upload, parts.data_of(upload.owner_id, upload.pk))
    except (InvalidInput, Gone):
        services.end(upload)
        raise
    except AlreadyThere as error:
        # Complete, not ended: a client that repeats a 409 is told by HEAD where to look.
        _note_complete(upload, purpose, error.resource)
        raise
    _note_complete(upload, purpose, resource)


def _begin(upload: TusUpload) -> None:
    """Leave the state in which an upload can be terminated. Raises: `Gone`."""
    begun = TusUpload.objects.filter(pk=upload.pk, status=upload.status).update(
        status=Status.COMPLETING, offset_bytes=upload.length_bytes, is_checking=False
    )
    if not begun:
        raise Gone
    upload.status = Status.COMPLETING
    upload.offset_bytes = upload.length_bytes


def _note_complete(upload: TusUpload, purpose: Purpose, resource: str | None) -> None:
    """Write it down; then what the purpose has left of the file goes, if it is not kept."""
    upload.status, upload.expires_at = Status.COMPLETE, next_expiry()
    upload.resource = resource or upload.resource
    TusUpload.objects.filter(pk=upload.pk).update(
        status=upload.status, resource=upload.resource, expires_at=upload.expires_at
    )
    if not purpose.keeps_file:
        parts.remove(upload.owner_id, upload.pk)
