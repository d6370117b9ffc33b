"""One upload at a time: its row and its job's, locked in the order that workers take them."""

from uuid import UUID

from core.accounts.models import User
from core.jobs.models import Job
from core.uploads.errors import Conflict
from core.uploads.models import Upload
from core.uploads.selectors import upload_of

TRIES = 5


def locked_upload(owner: User, upload_id: UUID | str | object) -> Upload:
    """Return one of the owner's uploads, locked until the transaction ends.

    The job comes first, as in every change that a worker makes; an upload that has got
    another job meanwhile is looked at again. SQLite's transactions lock by themselves.
    Raises: `NotFound`; `Conflict` when it changes faster than it can be locked.
    """
    for _ in range(TRIES):
        upload = upload_of(owner, upload_id)
        job = Job.objects.select_for_update().filter(pk__in=[upload.job_id]).first()
        locked = Upload.objects.select_for_update().filter(pk=upload.pk, is_deleted=False).first()
        if locked is not None and locked.job_id == upload.job_id:
            locked.job, locked.owner = job, owner
            return locked
    raise Conflict("The upload is changing at this moment; try again.")
