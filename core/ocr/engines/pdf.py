"""PDF pages through poppler: the text layer where it is usable, else a picture of the page."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from core.media.errors import ProgramFailed, ProgramMissing, TooManyPixels, UnreadableImage
from core.media.process import Limits, run
from core.ocr.engines.base import Grey, OcrOptions, Page
from core.ocr.engines.errors import EngineMissing, TooManyPages
from core.ocr.engines.layer import is_usable, layer_markdown, letters_in

FAST_DPI, ACCURATE_DPI, LOWEST_DPI = 200, 300, 30
POINTS_AN_INCH = 72
MOST_PIXELS = 64_000_000
"""What fits into one captured output of a program."""

LIMITS = Limits(wall_s=60, memory_bytes=1024 * 2**20)

FEW_LETTERS = 200
"""A layer with fewer letters may be a stamp on a scan: then pictures on the page decide."""
SCANNED_SHARE = 0.3
"""A page of which pictures cover more than this is a scan."""

Check = Callable[[], None]


def read_pages(path: Path, options: OcrOptions, *, check: Check) -> Iterator[Page]:
    """The pages of a PDF, one in memory at a time.

    Raises: UnreadableImage (damaged, or locked by a password), TooManyPages, TooManyPixels,
    EngineMissing (no poppler), and whatever `check` raises.
    """
    document = _Pdf(path.resolve(), check)
    count = document.count_pages(options)
    for number in range(1, count + 1):
        layer = document.layer(number) if options.pdf_text == "auto" else None
        if layer is None:
            dpi = document.resolution(number, options)
            yield Page(number, count, document.picture(number, dpi), dpi)
        else:
            yield Page(number, count, None, FAST_DPI, layer)


class _Pdf:
    def __init__(self, path: Path, check: Check) -> None:
        self._path, self._check = path, check

    def count_pages(self, options: OcrOptions) -> int:
        found = re.search(r"^Pages:\s+(\d+)", self._info(), re.M)
        count = int(found[1]) if found else 0
        if count < 1:
            raise UnreadableImage("The PDF has no pages.")
        if count > options.max_pages:
            raise TooManyPages(f"The document has more than {options.max_pages} pages.")
        return count

    def layer(self, number: int) -> str | None:
        """The page's text layer as markdown, or None when the page has to be recognised."""
        text = self._run("pdftotext", number, "-enc", "UTF-8", end=("-",)).decode(errors="replace")
        if not is_usable(text):
            return None
        if letters_in(text) < FEW_LETTERS and self._picture_share(number) > SCANNED_SHARE:
            return None
        return layer_markdown(text)

    def resolution(self, number: int, options: OcrOptions) -> int:
        """Dots an inch to draw the page at, lowered until it fits the limits."""
        wanted = ACCURATE_DPI if options.mode == "high_accuracy" else FAST_DPI
        width_in, height_in = self._size_in(number)
        most = min(options.max_page_pixels, MOST_PIXELS)
        by_area = math.sqrt(most / (width_in * height_in)) - 1
        by_side = (options.max_side - 1) / max(width_in, height_in)
        dpi = math.floor(min(wanted, by_area, by_side))
        if dpi < LOWEST_DPI:
            raise TooManyPixels(f"Page {number} is too large to be read.")
        return dpi

    def picture(self, number: int, dpi: int) -> Grey:
        """The page drawn in 8-bit grey."""
        drawn = self._run("pdftoppm", number, "-gray", "-cropbox", "-r", str(dpi))
        return _from_pgm(drawn, number)

    def _picture_share(self, number: int) -> float:
        """The share of the page that its pictures cover, at most 1; masks count too."""
        width_in, height_in = self._size_in(number)
        listed = self._run("pdfimages", number, "-list").decode(errors="replace")
        covered = 0.0
        for row in listed.splitlines()[2:]:
            cells = row.split()
            if len(cells) >= 14 and cells[12].isdigit() and cells[13].isdigit():
                across, down = int(cells[12]), int(cells[13])
                covered += int(cells[3]) * int(cells[4]) / max(1, across * down)
        return min(1.0, covered / (width_in * height_in))

    def _size_in(self, number: int) -> tuple[float, float]:
        info = self._info(number)
        found = re.search(r"^Page\s+\d*\s*size:\s+([\d.e+-]+) x ([\d.e+-]+)", info, re.M)
        width, height = (float(found[1]), float(found[2])) if found else (0.0, 0.0)
        if width <= 0 or height <= 0:
            raise UnreadableImage(f"Page {number} of the PDF has no size.")
        return width / POINTS_AN_INCH, height / POINTS_AN_INCH

    def _info(self, number: int | None = None) -> str:
        return self._run("pdfinfo", number, "-enc", "UTF-8").decode(errors="replace")

    def _run(
        self, program: str, number: int | None, *options: str, end: tuple[str, ...] = ()
    ) -> bytes:
        pages = ["-f", str(number), "-l", str(number)] if number else []
        command = [program, *options, *pages, str(self._path), *end]
        try:
            return run(command, limits=LIMITS, capture=True, check=self._check).stdout
        except ProgramMissing as error:
            raise EngineMissing("PDF files cannot be read here: poppler is missing.") from error
        except ProgramFailed as error:
            raise UnreadableImage("The PDF is damaged or locked by a password.") from error


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
