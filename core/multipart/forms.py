"""One form, read from the wire: texts into memory, files to where the caller wants them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from core.errors import FieldErrors
from core.multipart.parts import Begin, Content, Event, NotAForm, Parts
from core.multipart.sinks import CountedBody, FilePart, TextPart
from core.tus.errors import TooLarge
from core.tus.inflow import Inflow
from core.tus.threads import on_disk

# Less waits for more, or for the form's end: a change of threads costs more than writing it.
WRITE_BYTES = 2**16

# Says where a file part goes, by its head and the texts that came before it; None drops it.
# It may refuse the whole form by raising, and keep it waiting.
Place = Callable[[Begin, Mapping[str, str]], Awaitable[Path | None]]


@dataclass(frozen=True)
class Limits:
    """How much of a form is taken: of all, of its texts, and of what precedes any file."""

    whole_bytes: int
    # Texts are held in memory.
    text_bytes: int = 2**16
    # Texts, their heads, and line ends without end, from who may still be nobody.
    before_files_bytes: int = 2**18


@dataclass(frozen=True)
class FormFile:
    """A file that came. `filename` is the client's: a label, never a path.

    `sha256` is in hexadecimal digits, "" where the reader was not told to hash.
    """

    path: Path
    filename: str
    size_bytes: int
    sha256: str = ""


class FormReader:
    """Reads one form. After `read`: `texts` and `files` by the names of their parts.

    Of a text that comes twice the last one counts, and a file that comes twice is refused. A
    file part without a name and without bytes is what browsers send for no file: it is none.
    """

    def __init__(
        self,
        content_type: str,
        place: Place,
        *,
        limits: Limits,
        is_hashed: bool = False,
        chunk_bytes: int = WRITE_BYTES,
    ) -> None:
        """Begin. `content_type` is the request's header, boundary included.

        A file is written whenever `chunk_bytes` of it have come; they are held in memory.
        """
        self._content_type, self._place = content_type, place
        self._limits, self._is_hashed, self._chunk_bytes = limits, is_hashed, chunk_bytes
        self._part: Begin | None = None
        self._sink: TextPart | FilePart | None = None
        self._stored: list[FilePart] = []
        self._has_met_file = self._is_nameless = False
        self._text_bytes = 0
        self._pending = bytearray()
        self._unwritten: list[tuple[Begin, FilePart, bytearray]] = []
        self.texts: dict[str, str] = {}
        self.files: dict[str, FormFile] = {}

    async def read(self, body: Inflow) -> None:
        """Take the whole body; whatever fails, what was stored goes again.

        Raises: `NotAForm`, `TooLarge`, `Disconnected`, `FieldErrors`, `OSError` of the disk, and
        what `place` refuses.
        """
        await self.receive(body)
        if not self._unwritten:
            return
        try:
            await on_disk(self.settle)
        except BaseException:
            await asyncio.shield(self.discard())
            raise

    async def receive(self, body: Inflow) -> None:
        """Take the whole body as `read` does, but for small files: these wait for `settle`."""
        try:
            await self._read(body)
        except BaseException:
            await asyncio.shield(self.discard())
            raise

    def settle(self) -> None:
        """Write the small files, in the caller's thread. Raises: `OSError`; then `discard`."""
        unwritten, self._unwritten = self._unwritten, []
        for each in unwritten:
            self._close(*each)

    async def discard(self) -> None:
        """Remove the files that still lie where they were written."""
        stored, self._stored = self._stored, []
        for sink in stored:
            await on_disk(sink.discard)

    def keep(self) -> None:
        """Leave the files where they are: they have an owner now."""
        self._stored = []

    # ---- reading

    async def _read(self, body: Inflow) -> None:
        parts = Parts(self._content_type)
        counted = CountedBody(body, self._limits.whole_bytes)
        body.start()
        while piece := await counted.take():
            for event in parts.feed(piece):
                await self._follow(event)
            if not self._has_met_file and counted.seen_bytes > self._limits.before_files_bytes:
                raise TooLarge(self._limits.before_files_bytes)
        if not parts.is_whole:
            raise NotAForm

    async def _follow(self, event: Event) -> None:
        """Do what the next piece asks for."""
        if isinstance(event, Begin):
            await self._begin(event)
        elif isinstance(event, Content):
            await self._take(event.data)
        else:
            await self._end()

    async def _begin(self, part: Begin) -> None:
        self._part, self._sink = part, None
        self._is_nameless = part.filename == ""
        if not part.is_file:
            self._sink = TextPart(part.name)
        elif not self._is_nameless:
            await self._begin_file(part)

    async def _begin_file(self, part: Begin) -> None:
        self._has_met_file = True
        path = await self._place(part, self.texts)
        if path is None:
            return
        if part.name in {*self.files, *(each.name for each, _, _ in self._unwritten)}:
            raise FieldErrors({part.name: "This file was sent twice."})
        self._sink = FilePart(path, is_hashed=self._is_hashed)
        self._stored.append(self._sink)

    async def _take(self, data: bytes) -> None:
        if self._is_nameless and self._part:
            self._is_nameless = False
            await self._begin_file(self._part)
        if isinstance(self._sink, FilePart):
            self._pending += data
            if len(self._pending) >= self._chunk_bytes:
                await on_disk(self._sink.write, self._taken())
        elif isinstance(self._sink, TextPart):
            self._text_bytes += len(data)
            if self._text_bytes > self._limits.text_bytes:
                raise TooLarge(self._limits.text_bytes)
            self._sink.data += data

    def _taken(self) -> bytearray:
        """Return the bytes of the file that are still to be written."""
        pending, self._pending = self._pending, bytearray()
        return pending

    async def _end(self) -> None:
        part, sink = self._part, self._sink
        self._part = self._sink = None
        if isinstance(sink, TextPart):
            self.texts[sink.name] = sink.text()
        elif isinstance(sink, FilePart) and part:
            last = self._taken()
            held_bytes = sum(len(each) for _, _, each in self._unwritten)
            if sink.size_bytes or held_bytes + len(last) >= WRITE_BYTES:
                await on_disk(self._close, part, sink, last)
            else:
                self._unwritten.append((part, sink, last))

    def _close(self, part: Begin, sink: FilePart, last: bytearray) -> None:
        sink.close(last)
        self.files[part.name] = FormFile(
            sink.path, part.filename or "", sink.size_bytes, sink.sha256
        )
