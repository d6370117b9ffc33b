"""Reading a stored file, be it in a local folder or in a bucket."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from django.conf import settings
from django.core.files.storage import Storage

from core.errors import TemporaryFailure

_COPY_BYTES = 2**20


@dataclass(frozen=True)
class StoredFile:
    """One file: at `path` where files lie in a local folder, else under `key` in the storage.

    `error_code` is that of the `TemporaryFailure` when it cannot be read.
    """

    storage: Storage
    key: str
    path: Path | None
    error_code: str = "storage_failed"

    def open(self) -> BinaryIO:
        """Open it for reading, seekable; a bucket's is fetched into an unnamed file first.

        Raises: `TemporaryFailure`.
        """
        try:
            if self.path is not None:
                return self.path.open("rb")
            copy = tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR)  # noqa: SIM115 - handed on
            self._fetch(copy)
            copy.seek(0)
        except OSError as error:
            raise self._failure() from error
        return copy

    @contextmanager
    def on_this_machine(self) -> Iterator[Path]:
        """Give the path of it; a bucket's is copied for as long as the block.

        Raises: `TemporaryFailure`.
        """
        if self.path is not None:
            if not self.path.is_file():
                raise self._failure()
            yield self.path
            return
        suffix = PurePosixPath(self.key).suffix
        folder = settings.FILE_UPLOAD_TEMP_DIR
        with tempfile.NamedTemporaryFile(dir=folder, suffix=suffix) as copy:
            try:
                self._fetch(copy)
                copy.flush()
            except OSError as error:
                raise self._failure() from error
            yield Path(copy.name)

    def _fetch(self, target: IO[bytes]) -> None:
        with self.storage.open(self.key) as file:
            shutil.copyfileobj(file, target, _COPY_BYTES)

    def _failure(self) -> TemporaryFailure:
        return TemporaryFailure("The stored file cannot be read.", code=self.error_code)
