"""Uploads without a request, and runs without a worker: the kernel's transitions by hand."""

from django.core.files.base import ContentFile

from core.accounts.models import User
from core.jobs import lifecycle
from core.jobs.models import Job
from core.ocr.engines.base import Outcome
from core.tests.uploads.conftest import tiny_png
from core.uploads import recognition, services
from core.uploads.models import Upload
from core.uploads.selectors import upload_of


def made(owner: User, content: bytes | None = None, **data: object) -> Upload:
    """Make an upload by its service."""
    file = ContentFile(content or tiny_png(), name=str(data.pop("name", "scan.png")))
    created = services.create_upload(owner=owner, data={"image_file": file, **data})
    return created.upload


def again(upload: Upload) -> Upload:
    """Read an upload anew, with its job."""
    return upload_of(upload.owner, upload.pk)


def claimed(upload: Upload) -> Job:
    """Take the upload's job as a worker does, its delay being over."""
    job_id = Upload.objects.get(pk=upload.pk).job_id
    Job.objects.filter(pk=job_id).update(not_before=None)
    job = lifecycle.claim(job_id, holder="test")
    assert job is not None
    return job


def outcome(text: str = "Hello **world**", **values: object) -> Outcome:
    """Return what an engine would have read."""
    known = {
        "raw_text": text,
        "confidence": 91.5,
        "detected_language": "eng",
        "engine": "tesserocr",
        "page_count": 1,
        "pages": [],
    }
    return Outcome(**{**known, **values})


def succeeded(job: Job, text: str = "Hello world", **values: object) -> Job:
    """End a run well."""
    read = outcome(text, **values)
    return lifecycle.succeed(job, {}, within=lambda _: recognition.write_outcome(job, read))


def processed(owner: User, text: str = "Hello world", **data: object) -> Upload:
    """Make an upload and give it a text."""
    upload = made(owner, **data)
    succeeded(claimed(upload), text)
    return again(upload)
