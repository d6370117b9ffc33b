"""The programs of poppler, each run on one page of a PDF and within limits."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.errors import JobError
from core.media.errors import (
    OutputTooLarge,
    ProgramFailed,
    ProgramMissing,
    ProgramOutOfMemory,
    ProgramTimeout,
    UnreadableImage,
)
from core.media.pdf import PdfInfo, pdf_info
from core.media.process import Limits, run
from core.ocr.engines.base import Grey
from core.ocr.engines.errors import EngineMissing

LIMITS = Limits(wall_s=60, memory_bytes=1024 * 2**20)
MOST_EXTRACTED_BYTES = 64 * 2**20

Check = Callable[[], None]


@dataclass(frozen=True)
class Placed:
    """A picture as it is placed on a page: its own size in pixels, and its dots an inch there."""

    kind: str
    width: int
    height: int
    bits: int
    encoding: str
    dpi_across: int
    dpi_down: int

    @property
    def size_in(self) -> tuple[float, float]:
        """Width and height on the page in inches."""
        return self.width / max(1, self.dpi_across), self.height / max(1, self.dpi_down)


@dataclass(frozen=True)
class Poppler:
    """One PDF. `check` is called while a program runs and may raise to cancel.

    Raises: UnreadableImage (damaged, or locked by a password), EngineMissing (no poppler),
    ProgramTimeout, ProgramOutOfMemory, OutputTooLarge.
    """

    path: Path
    check: Check

    def checked_by(self, check: Check) -> Poppler:
        """The same PDF, for another thread with a check of its own."""
        return replace(self, check=check)

    def info(self, most_pages: int) -> PdfInfo:
        """The number of pages, and the sizes of so many."""
        try:
            return pdf_info(self.path, max_sizes=most_pages, check=self.check)
        except ProgramMissing as error:
            raise _missing(error) from error

    def text(self, number: int) -> str:
        """The text layer of a page."""
        return self._run("pdftotext", number, "-enc", "UTF-8", end=("-",)).decode(errors="replace")

    def pictures(self, number: int) -> tuple[Placed, ...]:
        """What pictures a page shows, masks too; none where they cannot be listed."""
        try:
            listed = self._run("pdfimages", number, "-list")
        except (UnreadableImage, ProgramTimeout, ProgramOutOfMemory, OutputTooLarge):
            return ()
        rows = (row.split() for row in listed.decode(errors="replace").splitlines()[2:])
        return tuple(placed for row in rows if (placed := _placed(row)) is not None)

    def extract(self, number: int, folder: Path) -> list[Path]:
        """Write the pictures of a page to a folder as they are stored, JPEG as JPEG."""
        limits = replace(LIMITS, file_size_bytes=MOST_EXTRACTED_BYTES)
        root = str(folder / "picture")
        self._run("pdfimages", number, "-all", end=(root,), limits=limits)
        return sorted(folder.iterdir())

    def drawn(self, number: int, dpi: float) -> Grey:
        """A page drawn in 8-bit grey."""
        data = self._run("pdftoppm", number, "-gray", "-cropbox", "-r", f"{dpi:g}")
        return _from_pgm(data, number)

    def _run(
        self,
        program: str,
        number: int,
        *options: str,
        end: tuple[str, ...] = (),
        limits: Limits = LIMITS,
    ) -> bytes:
        page = ("-f", str(number), "-l", str(number))
        command = [program, *options, *page, str(self.path), *end]
        try:
            return run(command, limits=limits, capture=True, check=self.check).stdout
        except ProgramMissing as error:
            raise _missing(error) from error
        except ProgramFailed as error:
            raise UnreadableImage("The PDF is damaged or locked by a password.") from error


def _missing(error: JobError) -> EngineMissing:
    missing = EngineMissing("PDF files cannot be read here: poppler is missing.")
    missing.__cause__ = error
    return missing


def _placed(cells: list[str]) -> Placed | None:
    """A row of `pdfimages -list`; one in the page's own code has one cell less in its middle."""
    numbers = [cells[at] for at in (3, 4, 7, -4, -3)] if len(cells) >= 15 else []
    if not numbers or not all(number.isdigit() for number in numbers):
        return None
    width, height, bits, across, down = map(int, numbers)
    return Placed(cells[2], width, height, bits, cells[8], across, down)


def _from_pgm(data: bytes, number: int) -> Grey:
    """The pixels of a binary portable greymap (netpbm, `P5`)."""
    header = re.match(rb"P5\s+(\d+)\s+(\d+)\s+255\s", data)
    if not header:
        raise UnreadableImage(f"Page {number} of the PDF could not be drawn.")
    width, height = int(header[1]), int(header[2])
    pixels = np.frombuffer(data, dtype=np.uint8, offset=header.end())
    if pixels.size < width * height:
        raise UnreadableImage(f"Page {number} of the PDF could not be drawn.")
    return pixels[: width * height].reshape(height, width)
