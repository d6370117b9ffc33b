"""Files that came in a form, for whoever takes them over."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile

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
