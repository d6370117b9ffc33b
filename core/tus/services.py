"""Beginning, noting and ending resumable uploads. `finishing` has what follows the last byte."""

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from core.accounts.models import User
from core.after_commit import after_commit
from core.errors import FieldErrors, Throttled
from core.tus import parts, selectors
from core.tus.errors import Gone, NotFound, TooLarge
from core.tus.metadata import metadata_of
from core.tus.models import Status, TusUpload, next_expiry
from core.tus.purposes import DEFAULT, purpose_named


@dataclass(frozen=True)
class FinishedFile:
    """A finished upload of the purpose `file`. `filename` and `filetype` are the client's."""

    upload_id: UUID
    path: Path
    filename: str
    filetype: str
    size_bytes: int


def create(
    *, owner: User, length_bytes: int, metadata_header: str, client_ip: str | None
) -> TusUpload:
    """Begin an upload of `length_bytes`.

    The folder comes before the row: one that a dead process leaves without a row is swept.
    Raises: `FieldErrors`, `TooLarge`, `NoSpace`, `Throttled`, and what the purpose refuses.
    """
    purpose = purpose_named(metadata_of(metadata_header).get("purpose", DEFAULT))
    if length_bytes > settings.MAX_UPLOAD_SIZE_BYTES:
        raise TooLarge(settings.MAX_UPLOAD_SIZE_BYTES)
    parts.require_room(length_bytes)
    upload = TusUpload(
        owner=owner,
        purpose=purpose.name,
        metadata_header=metadata_header,
        length_bytes=length_bytes,
        client_ip=client_ip,
    )
    parts.make(owner.pk, upload.pk)
    try:
        with transaction.atomic():
            _require_quota(owner, length_bytes)
            upload.resource = purpose.created(upload) or ""
            upload.save(force_insert=True)
    except BaseException:
        parts.remove(owner.pk, upload.pk)
        raise
    return upload


def _require_quota(owner: User, length_bytes: int) -> None:
    """Refuse one too many, with the owner's row locked. Raises: `Throttled`, `NotFound`."""
    if not User.objects.select_for_update(no_key=True).filter(pk=owner.pk).first():
        raise NotFound
    if length_bytes > settings.TUS_MAX_BYTES_PER_USER:
        raise TooLarge(settings.TUS_MAX_BYTES_PER_USER)
    held = selectors.with_files().filter(owner=owner).count()
    held_bytes = selectors.held_bytes(owner)
    is_full = held_bytes + length_bytes > settings.TUS_MAX_BYTES_PER_USER
    if held >= settings.TUS_MAX_PER_USER or is_full:
        first = selectors.next_to_expire(owner) or timezone.now()
        raise Throttled(max(1, int((first - timezone.now()).total_seconds())))


def note(upload: TusUpload, offset_bytes: int, *, is_checking: bool = False) -> None:
    """Write down how far an upload is, and that it is not left alone. Raises: `Gone`."""
    upload.offset_bytes, upload.is_checking = offset_bytes, is_checking
    upload.expires_at = next_expiry()
    noted = TusUpload.objects.filter(pk=upload.pk, status=Status.RECEIVING).update(
        offset_bytes=offset_bytes, is_checking=is_checking, expires_at=upload.expires_at
    )
    if not noted:
        raise Gone


def note_taken(upload: TusUpload, resource: str) -> None:
    """Note, in the caller's transaction, that a purpose has taken the whole file.

    `Purpose.completed` is not called again then, however this process ends.
    Raises: `Gone` when it is not there to be taken.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("note_taken belongs into the transaction that uses the file")
    # The object stays as it is: the transaction may still be undone.
    taken = TusUpload.objects.filter(pk=upload.pk, status=Status.COMPLETING).update(
        status=Status.COMPLETE, resource=resource, expires_at=next_expiry()
    )
    if not taken:
        raise Gone


def end(upload: TusUpload, *, expired: bool = False) -> bool:
    """End an unfinished upload and undo what its purpose has made of it; False if it is over.

    An expired one is remembered for a while. The rows go first: files without one are swept.
    """
    with transaction.atomic():
        mine = TusUpload.objects.select_for_update().filter(pk=upload.pk, status=upload.status)
        if mine.first() is None:
            return False
        if expired:
            mine.update(status=Status.EXPIRED, metadata_header="", client_ip=None)
        else:
            mine.delete()
        purpose_named(upload.purpose).ended(upload)
        after_commit(parts.remove, upload.owner_id, upload.pk)
    return True


def drop_those_of(*, owner_id: UUID, resource: str) -> None:
    """Drop the uploads whose bytes still come, of a thing that is being erased.

    Call it in the transaction that erases it, before its rows are locked: who ends an upload
    goes in that order too. Its purpose is not told. One whose last byte has come is left to
    who takes it in, and finds the thing gone.
    """
    rows = TusUpload.objects.select_for_update().filter(owner=owner_id, resource=resource)
    for upload in rows.filter(status=Status.RECEIVING):
        after_commit(parts.remove, owner_id, upload.pk)
        upload.delete()


def forget(upload: TusUpload, *, expired: bool = False) -> None:
    """Drop a complete upload, with its file where that is still kept; what it became stays."""
    mine = TusUpload.objects.filter(pk=upload.pk, status=Status.COMPLETE)
    if expired:
        mine.update(status=Status.EXPIRED, metadata_header="", client_ip=None)
    else:
        mine.delete()
    parts.remove(upload.owner_id, upload.pk)


def find_file(*, owner: User, upload_id: UUID | str) -> FinishedFile:
    """Return a finished file without taking it.

    Raises: `NotFound` when there is none of this id for this user, `FieldErrors` when it is
    unfinished or not of the purpose `file`.
    """
    upload = selectors.upload_of(owner, upload_id)
    if upload.purpose != DEFAULT or upload.status != Status.COMPLETE:
        raise FieldErrors({"upload_id": "This is not a finished upload of the purpose file."})
    path = parts.data_of(owner.pk, upload.pk)
    if not path.is_file():
        raise Gone
    return FinishedFile(upload.pk, path, upload.filename, upload.filetype, upload.length_bytes)


def take_file(*, owner: User, upload_id: UUID | str) -> FinishedFile:
    """Take a finished file over, once, in the caller's transaction.

    The caller links (not renames) the file to a place of its own before its transaction
    ends: the upload's own name goes with the commit, and is still there after a rollback.
    Raises: `NotFound`, `Gone`, `FieldErrors`.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("take_file belongs into the transaction that uses the file")
    found = find_file(owner=owner, upload_id=upload_id)
    mine = TusUpload.objects.filter(pk=found.upload_id, status=Status.COMPLETE)
    if not mine.delete()[0]:
        raise NotFound
    after_commit(parts.remove, owner.pk, found.upload_id)
    return found
