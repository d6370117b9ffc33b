"""Uploads on their way out: the one place where a row becomes its public form."""

from datetime import UTC, datetime

from core.uploads.models import Upload
from core.uploads.status import error_of, progress_of, run_of, status_of
from core.uploads.types import DeletedBody, UploadBody

IMAGE_URL = "/api/v1/core/uploads/{id}/image/"


def upload_body(upload: Upload, *, has_text: bool = True) -> UploadBody:
    """Show an upload; without its texts and questions when `has_text` is false."""
    error = error_of(upload)
    body: UploadBody = {
        "id": str(upload.pk),
        "owner": str(upload.owner_id),
        "image_path": upload.stored_name,
        "image_url": IMAGE_URL.format(id=upload.pk),
        "image_hash": upload.image_hash,
        "filename": upload.filename,
        "mime_type": upload.mime_type,
        "size_bytes": upload.size_bytes,
        "page_count": upload.page_count,
        "status": status_of(upload),
        "auto_language_detection": upload.auto_language_detection,
        "language_hint": upload.language_hint,
        "output_format": upload.output_format,
        "ocr_mode": upload.ocr_mode,
        "detected_language": upload.detected_language,
        "confidence": upload.confidence,
        "engine": upload.engine,
        "progress": progress_of(upload),
        "run": run_of(upload),
        "error": error.message if error else None,
        "error_code": error.code if error else None,
        "created_at": iso(upload.created_at),
        "updated_at": iso(upload.updated_at),
        "processed_at": iso(upload.processed_at) if upload.processed_at else None,
    }
    if has_text:
        body["raw_text"] = upload.raw_text
        body["processed_text"] = upload.processed_text
        body["followup_qa"] = upload.followup_qa
    return body


def deleted_body(upload: Upload) -> DeletedBody:
    """Show what is left of a deleted upload."""
    return {
        "id": str(upload.pk),
        "owner": str(upload.owner_id),
        "status": status_of(upload),
        "is_deleted": True,
    }


def iso(moment: datetime) -> str:
    """Return a time as ISO 8601 in UTC, with `Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
