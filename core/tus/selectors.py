"""Finding resumable uploads. Every look-up is the owner's own."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from core.accounts.models import User
from core.tus import parts
from core.tus.errors import Gone, NotFound
from core.tus.models import UNFINISHED, Status, TusUpload
from core.tus.purposes import names_that_keep_files


def upload_of(owner: User, upload_id: UUID | str) -> TusUpload:
    """Return one of the owner's uploads. Raises: `NotFound`, `Gone` for an expired one."""
    try:
        mine = TusUpload.objects.filter(pk=UUID(str(upload_id)), owner=owner)
    except ValueError as error:
        raise NotFound from error
    upload = mine.first()
    if upload is None:
        raise NotFound
    is_overdue = upload.status == Status.RECEIVING and upload.expires_at <= timezone.now()
    if upload.status == Status.EXPIRED or is_overdue:
        raise Gone
    upload.owner = owner
    return upload


def offset_of(upload: TusUpload) -> int:
    """Return how many bytes of an upload are there to stay.

    Raises: `Gone` where its file is not: on another machine, or lost with a disk.
    """
    if upload.status != Status.RECEIVING:
        return upload.length_bytes
    size_bytes = parts.size_of(upload.owner_id, upload.pk)
    if size_bytes is None:
        raise Gone
    if upload.is_checking:
        return min(upload.offset_bytes, size_bytes)
    return min(size_bytes, upload.length_bytes)


def with_files() -> QuerySet[TusUpload]:
    """Select the uploads whose files have to stay."""
    is_kept = Q(status=Status.COMPLETE, purpose__in=names_that_keep_files())
    return TusUpload.objects.filter(Q(status__in=UNFINISHED) | is_kept)


def held_bytes(owner: User) -> int:
    """Return how much the owner's uploads weigh that lie here, by what they announced."""
    return with_files().filter(owner=owner).aggregate(total=Sum("length_bytes"))["total"] or 0


def next_to_expire(owner: User) -> datetime | None:
    """Return when the first of the owner's uploads that lie here will be gone."""
    mine = with_files().filter(owner=owner).order_by("expires_at")
    return mine.values_list("expires_at", flat=True).first()
