"""What the beat process does for uploads: deleted ones go, and files that nobody names."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from core.uploads import storage
from core.uploads.models import Upload

PURGE_AT_ONCE = 500


def purge_deleted() -> int:
    """Remove uploads deleted longer ago than the retention, and their files; return how many.

    A file stays while another row names it: the same bytes sent again after the delete.
    The file goes before the row: should we die in between, the row is found again.
    """
    before = timezone.now() - timedelta(hours=settings.CORE_DELETE_RETENTION_HOURS)
    old = Upload.objects.filter(is_deleted=True, deleted_at__lte=before).order_by("deleted_at")
    purged = sum(_purge(upload) for upload in old.only("owner", "stored_name")[:PURGE_AT_ONCE])
    storage.remove_orphans()
    return purged


def _purge(upload: Upload) -> int:
    """Remove one row and its file, in turn with whoever sends the same bytes now."""
    with storage.locked_owner(upload.owner_id):
        same_file = Upload.objects.filter(stored_name=upload.stored_name)
        if not same_file.exclude(pk=upload.pk).exists():
            storage.remove(upload.stored_name)
        removed, _ = Upload.objects.filter(pk=upload.pk, is_deleted=True).delete()
    return int(removed > 0)
