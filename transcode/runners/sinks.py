"""What the parts of a call are read from and written to, while they arrive."""

import os
import threading
from pathlib import Path
from typing import BinaryIO

from core.api.parsers import is_storable
from core.errors import FieldErrors
from core.tus.errors import Disconnected, TooLarge
from core.tus.inflow import Inflow
from transcode.videos import storage


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
    """A part that is stored. It may be abandoned while another thread writes."""

    def __init__(self, path: Path) -> None:
        # Whoever ends the job meanwhile removes its folders: this makes the part's anew.
        path.parent.mkdir(mode=storage.FOLDER_MODE, parents=True, exist_ok=True)
        self.path = path
        self._mutex = threading.Lock()
        self._file: BinaryIO = path.open("xb", buffering=0)

    def write(self, data: bytes) -> None:
        """Append bytes, all of them."""
        view = memoryview(data)
        with self._mutex:
            while view:
                view = view[self._file.write(view) :]

    def close(self) -> None:
        """Have the file outlast a loss of power: the answer says that we have it."""
        with self._mutex:
            os.fsync(self._file.fileno())
            self._file.close()

    def abandon(self) -> None:
        """Close it as it is."""
        with self._mutex:
            self._file.close()
