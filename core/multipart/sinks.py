"""What the parts of a form are read from and written to, while they arrive."""

import hashlib
import os
import threading
from pathlib import Path
from typing import BinaryIO

from core.api.parsers import is_storable
from core.errors import FieldErrors
from core.media.paths import make_folder
from core.tus.errors import Disconnected, TooLarge
from core.tus.inflow import Inflow


class CountedBody:
    """A body that may only be so long, and has to come to its end. It counts `seen_bytes`."""

    def __init__(self, body: Inflow, limit_bytes: int) -> None:
        self._body, self._limit_bytes = body, limit_bytes
        self.seen_bytes = 0

    async def take(self) -> bytes:
        """Return the next bytes; none at the end. Raises: `TooLarge`, `Disconnected`."""
        piece = await self._body.take()
        self.seen_bytes += len(piece)
        if self.seen_bytes > self._limit_bytes:
            raise TooLarge(self._limit_bytes)
        if not piece and self._body.is_broken:
            raise Disconnected
        return piece


class TextPart:
    """A part that is a text."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.data = bytearray()

    def text(self) -> str:
        """Return it. Raises: `FieldErrors` for what is no text."""
        try:
            text = self.data.decode()
        except UnicodeDecodeError as error:
            raise FieldErrors({self.name: "This is not UTF-8."}) from error
        if not is_storable(text):
            raise FieldErrors({self.name: "A text without NUL, please."})
        return text


class FilePart:
    """A part that is stored, and hashed on its way if that is wanted.

    The methods block. It may be discarded while another thread writes: nothing is left then,
    and what that thread writes afterwards goes nowhere.
    """

    def __init__(self, path: Path, *, is_hashed: bool = False) -> None:
        self.path, self.size_bytes = path, 0
        self._hash = hashlib.sha256() if is_hashed else None
        self._mutex = threading.Lock()
        self._file: BinaryIO | None = None
        self._is_discarded = False

    @property
    def sha256(self) -> str:
        """The hash of its bytes as 64 hexadecimal digits; "" where none was wanted."""
        return self._hash.hexdigest() if self._hash else ""

    def write(self, data: bytes | bytearray) -> None:
        """Append bytes, all of them."""
        with self._mutex:
            if self._is_discarded:
                return
            file, view = self._opened(), memoryview(data)
            while view:
                view = view[file.write(view) :]
            self.size_bytes += len(data)
            if self._hash:
                self._hash.update(data)

    def close(self, last: bytes | bytearray = b"") -> None:
        """Append the last bytes. The file outlasts a loss of power: the answer says we have it."""
        self.write(last)
        with self._mutex:
            if not self._is_discarded:
                os.fsync(self._opened().fileno())
                self._opened().close()

    def discard(self) -> None:
        """Close it as it is, and remove it if it still lies where it was written."""
        with self._mutex:
            self._is_discarded = True
            if self._file is not None:
                self._file.close()
                self.path.unlink(missing_ok=True)

    def _opened(self) -> BinaryIO:
        """Return the file; it is made with its first bytes, or at the end if there are none."""
        if self._file is None:
            # Whoever ends the work meanwhile removes its folders: this makes the part's anew.
            make_folder(self.path.parent)
            self._file = self.path.open("xb", buffering=0)
        return self._file
