"""What core itself makes of finished uploads: `file` and `upload`."""

from pathlib import Path

from django.core.files import File
from django.urls import reverse

from core.errors import FieldErrors
from core.tus.models import TusUpload
from core.tus.purposes import Purpose
from core.uploads import intake, services
from core.uploads.options import CreateForm, checked


class KeptFile(Purpose):
    """A file that is used later by its id (`services.take_file`), or expires."""

    name = "file"
    keeps_file = True

    def completed(self, upload: TusUpload, path: Path) -> str | None:  # noqa: ARG002 - it stays
        """Return the upload's own address: that is what the file is known by."""
        return reverse("tus-upload", args=[upload.pk])


class OcrUpload(Purpose):
    """A scan or a document to be read, with the options that a POST of it would have."""

    name = "upload"

    def created(self, upload: TusUpload) -> str | None:
        """Refuse what the POST would refuse, before a byte is sent. Raises: `FieldErrors`."""
        checked(CreateForm, _options(upload))
        intake.require_size("image_file", upload.length_bytes)
        if not upload.length_bytes:
            raise FieldErrors({"image_file": "The file is empty."})
        return None

    def completed(self, upload: TusUpload, path: Path) -> str | None:
        """Make the upload, or find the one of the same content: called again it finds its own."""
        with path.open("rb") as file:
            created = services.create_upload(
                owner=upload.owner,
                data={**_options(upload), "image_file": File(file, name=upload.filename)},
                ip=upload.client_ip,
            )
        return reverse("upload", args=[created.upload.pk])


def _options(upload: TusUpload) -> dict[str, str]:
    """Return the options among the metadata: no path in place of the bytes, and no token,
    since metadata is kept and shown."""
    fields = CreateForm().fields.keys() - {"image_path", "token"}
    return {key: value for key, value in upload.metadata.items() if key in fields}
