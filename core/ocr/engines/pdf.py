"""PDF pages through poppler: the text layer where it is usable, else a picture of the page."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path

from core.media.errors import TooManyPixels, UnreadableImage
from core.media.pdf import PdfInfo
from core.media.together import together
from core.ocr.engines.base import Grey, OcrOptions, Page
from core.ocr.engines.errors import TooManyPages
from core.ocr.engines.layer import is_usable, layer_markdown, letters_in
from core.ocr.engines.poppler import Check, Placed, Poppler
from core.ocr.engines.scan import Scan, may_be_scan

FAST_DPI, ACCURATE_DPI, LOWEST_DPI = 200, 300, 30
POINTS_AN_INCH = 72
MOST_PIXELS = 64_000_000
"""What fits into one captured output of a program."""

FEW_LETTERS = 200
"""A layer with fewer letters may be a stamp on a scan: then pictures on the page decide."""
SCANNED_SHARE = 0.3
"""A page of which pictures cover more than this is a scan."""


def read_pages(path: Path, options: OcrOptions, *, check: Callable[[], None]) -> Iterator[Page]:
    """The pages of a PDF, one in memory at a time.

    Raises: UnreadableImage (damaged, or locked by a password), TooManyPages, TooManyPixels,
    EngineMissing (no poppler), and whatever `check` raises.
    """
    document = _Pdf(Poppler(path.resolve(), check), options)
    for number in range(1, document.page_count + 1):
        yield document.page(number)


class _Pdf:
    """A PDF that opens. What is asked of page one is asked at once, since its text is awaited."""

    def __init__(self, poppler: Poppler, options: OcrOptions) -> None:
        self._poppler, self._options = poppler, options
        self._info = PdfInfo(0, False, ())
        self._texts: dict[int, str] = {}
        self._pictures: dict[int, tuple[Placed, ...]] = {}
        self._may_be_scanned = True
        asks = [self._ask_info, self._ask_pictures]
        asks += [self._ask_text] if options.pdf_text == "auto" else []
        together(*asks, check=poppler.check)
        self.page_count = self._info.page_count
        if self.page_count > options.max_pages:
            raise TooManyPages(f"The document has more than {options.max_pages} pages.")

    def _ask_info(self, check: Check) -> None:
        self._info = self._poppler.checked_by(check).info(self._options.max_pages)

    def _ask_text(self, check: Check) -> None:
        self._texts[1] = self._poppler.checked_by(check).text(1)

    def _ask_pictures(self, check: Check) -> None:
        self._pictures[1] = self._poppler.checked_by(check).pictures(1)

    def page(self, number: int) -> Page:
        """A page's text layer, or its picture when it has to be recognised."""
        layer = self._layer(number) if self._options.pdf_text == "auto" else None
        if layer is not None:
            return Page(number, self.page_count, None, FAST_DPI, layer)
        dpi = self._resolution(number)
        return Page(number, self.page_count, self._picture(number, dpi), dpi)

    def _layer(self, number: int) -> str | None:
        """The page's text layer as markdown, or None when the page has to be recognised."""
        text = self._texts.pop(number, None)
        text = self._poppler.text(number) if text is None else text
        if not is_usable(text):
            return None
        if letters_in(text) < FEW_LETTERS and self._picture_share(number) > SCANNED_SHARE:
            return None
        return layer_markdown(text)

    def _resolution(self, number: int) -> int:
        """Dots an inch to draw the page at, lowered until it fits the limits."""
        wanted = ACCURATE_DPI if self._options.mode == "high_accuracy" else FAST_DPI
        width_in, height_in = self._size_in(number)
        most = min(self._options.max_page_pixels, MOST_PIXELS)
        by_area = math.sqrt(most / (width_in * height_in)) - 1
        by_side = (self._options.max_side - 1) / max(width_in, height_in)
        dpi = math.floor(min(wanted, by_area, by_side))
        if dpi < LOWEST_DPI:
            raise TooManyPixels(f"Page {number} is too large to be read.")
        return dpi

    def _picture(self, number: int, dpi: int) -> Grey:
        """The page in 8-bit grey: its scan as it is stored, else drawn."""
        if self._may_be_scanned and (scan := self._scan(number, dpi)) is not None:
            found = scan.read(dpi, self._options.scratch_dir)
            if found is not None:
                return found
            self._may_be_scanned = False  # Its other pages are made alike: no more in vain.
        return self._poppler.drawn(number, dpi)

    def _scan(self, number: int, dpi: int) -> Scan | None:
        """The page's only picture, when it may be all there is on it and is within the limits."""
        size_in, pictures = self._size_in(number), self._pictures_of(number)
        if len(pictures) != 1 or not may_be_scan(pictures[0], size_in, dpi):
            return None
        size = pictures[0].width, pictures[0].height
        if size[0] * size[1] > self._options.max_page_pixels or max(size) > self._options.max_side:
            return None
        return Scan(self._poppler, number, pictures[0], size_in)

    def _pictures_of(self, number: int) -> tuple[Placed, ...]:
        if number not in self._pictures:
            self._pictures = {number: self._poppler.pictures(number)}
        return self._pictures[number]

    def _picture_share(self, number: int) -> float:
        """The share of the page that its pictures cover, at most 1; masks count too."""
        width_in, height_in = self._size_in(number)
        sizes = (picture.size_in for picture in self._pictures_of(number))
        return min(1.0, sum(across * down for across, down in sizes) / (width_in * height_in))

    def _size_in(self, number: int) -> tuple[float, float]:
        """Width and height of a page in inches, as it is displayed."""
        sizes = self._info.page_sizes_pt
        width_pt, height_pt = sizes[number - 1] if number <= len(sizes) else (0.0, 0.0)
        if width_pt <= 0 or height_pt <= 0:
            raise UnreadableImage(f"Page {number} of the PDF has no size.")
        return width_pt / POINTS_AN_INCH, height_pt / POINTS_AN_INCH
