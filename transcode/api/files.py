"""Files that came in a form, for whoever takes them over."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from rest_framework.request import Request

from transcode.videos import storage


@contextmanager
def on_disk(file: "UploadedFile[Any]") -> Iterator[Path]:
    """Give the path of an uploaded file. It may be moved away, else it goes with its request.

    A large one lies on the disk already, where the parser wrote it; a small one is written.
    """
    if isinstance(file, TemporaryUploadedFile):
        yield Path(file.temporary_file_path())
        return
    with storage.incoming() as path:
        with path.open("xb") as target:
            for piece in file.chunks():
                target.write(piece)
        yield path


def drop_unfinished(request: Request) -> None:
    """Remove the file that a form was in the middle of when the disk was full.

    Django removes it with its request's last reference, and an exception holds one for long.
    """
    for handler in request.upload_handlers:
        if (file := getattr(handler, "file", None)) is not None:
            file.close()
