"""Queuing a run, for a new upload and for one that is recognised again."""

from core.jobs import lifecycle
from core.jobs.models import Job
from core.kinds.ocr import Ocr
from core.uploads.models import Upload
from core.uploads.recognition import params_of


def start_recognition(upload: Upload) -> Job:
    """Queue a run with the upload's options; the caller links it to the upload."""
    return lifecycle.enqueue(
        Ocr, owner=upload.owner, params=params_of(upload), work_key=f"core.ocr:{upload.pk}"
    )
