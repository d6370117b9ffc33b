"""A page of a PDF that is one stored picture: taken as it is, which spares drawing it.

Nothing in a list of pictures tells how one is turned, or what is written over it. So the page is
also drawn very small, meanwhile, and the picture counts only if it looks the same dot for dot.
"""

from __future__ import annotations

import math
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
from PIL import Image

from core.media.errors import OutputTooLarge, ProgramOutOfMemory, ProgramTimeout, UnreadableImage
from core.media.together import together
from core.ocr.engines.base import Grey
from core.ocr.engines.poppler import Check, Placed, Poppler

Whole = npt.NDArray[np.unsignedinteger]

SAME_SIZE = 0.02
"""How much of its length a side of the picture may differ from that of the page."""
LEAST_DPI, MOST_DPI = 0.95, 2.5
"""Dots an inch of a picture worth taking, in times those that the page is drawn at."""
PROOF_DPIS = tuple(48 + step * 0.37 for step in range(20))
LEAST_REDUCTION = 2.5
"""Poppler averages whole boxes of dots where it reduces a picture by more than 2."""
WHOLE = 0.05
LIKENESS = 6
"""Grey levels between two drawings of the same picture; one black dot over it makes 10 or more."""


def may_be_scan(picture: Placed, size_in: tuple[float, float], dpi: int) -> bool:
    """Whether a page of this size can be nothing but this picture, fine enough for `dpi`."""
    has_size = all(
        abs(own - of_page) <= SAME_SIZE * of_page
        for own, of_page in zip(picture.size_in, size_in, strict=True)
    )
    is_fine = all(
        max(LEAST_DPI * dpi, LEAST_REDUCTION * PROOF_DPIS[-1]) <= own <= MOST_DPI * dpi
        for own in (picture.dpi_across, picture.dpi_down)
    )
    is_jpeg = (picture.kind, picture.encoding, picture.bits) == ("image", "jpeg", 8)
    return is_jpeg and has_size and is_fine


class Scan:
    """The only picture of a page, checked against the page. `size_in`: width and height."""

    def __init__(
        self, pdf: Poppler, number: int, picture: Placed, size_in: tuple[float, float]
    ) -> None:
        self._pdf, self._number, self._picture = pdf, number, picture
        self._size_in = size_in
        self._stored: Grey | None = None
        self._small: Grey | None = None
        self._proof: Grey | None = None

    def read(self, dpi: int, scratch: Path | None) -> Grey | None:
        """The page at `dpi`, or None when it is not just its picture, or that is damaged.

        `scratch` holds a temporary file; None is the system's folder for them.
        """
        proof_dpi = _proof_dpi(self._size_in)
        if proof_dpi is None:
            return None
        with TemporaryDirectory(prefix="scan-", dir=scratch) as folder:
            together(
                lambda check: self._extract(Path(folder), _shape(self._size_in, proof_dpi), check),
                lambda check: self._draw(proof_dpi, check),
                check=self._pdf.check,
            )
        stored, proof = self._stored, self._proof
        if stored is None or proof is None or not self._is_all_there_is(stored, proof):
            return None
        return _fitted(stored, self._size_in, dpi)

    def _extract(self, folder: Path, shape: tuple[int, int], check: Check) -> None:
        try:
            files = self._pdf.checked_by(check).extract(self._number, folder)
        except (UnreadableImage, ProgramTimeout, ProgramOutOfMemory, OutputTooLarge):
            return
        self._stored = _decoded(files, (self._picture.width, self._picture.height))
        if self._stored is not None:
            self._small = box_means(self._stored, shape)

    def _draw(self, dpi: float, check: Check) -> None:
        self._proof = self._pdf.checked_by(check).drawn(self._number, dpi)

    def _is_all_there_is(self, stored: Grey, proof: Grey) -> bool:
        """Whether the page that was drawn shows this picture and nothing else."""
        if self._small is not None and _is_alike(self._small, proof):
            return True
        # A page's height less itself is not always 0 in floating point: some scans begin a
        # hair above the page, and poppler spreads those over one row more, which it cuts off.
        rows, columns = proof.shape
        return _is_alike(box_means(stored, (rows + 1, columns))[1:], proof)


def _proof_dpi(size_in: tuple[float, float]) -> float | None:
    """Dots an inch at which no side is whole: there poppler's rounding would be a coin's toss."""
    for dpi in PROOF_DPIS:
        if all(WHOLE < side * dpi % 1 < 1 - WHOLE for side in size_in):
            return dpi
    return None


def _shape(size_in: tuple[float, float], dpi: float) -> tuple[int, int]:
    """Rows and columns of a page that is drawn."""
    return math.ceil(size_in[1] * dpi), math.ceil(size_in[0] * dpi)


def _decoded(files: list[Path], size: tuple[int, int]) -> Grey | None:
    """The one file's picture in grey; None when it is another or damaged. `size`: width, height."""
    if len(files) != 1:
        return None
    try:
        with Image.open(files[0], formats=["JPEG"]) as image:
            if image.size != size or image.mode not in ("L", "RGB"):
                return None
            image.draft("L", size)  # The decoder then makes no colours.
            return np.asarray(image if image.mode == "L" else image.convert("L"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None


def box_means(image: Grey, shape: tuple[int, int]) -> Grey:
    """The picture reduced to rows x columns by averages over boxes of whole dots.

    As poppler reduces pictures (`Splash::scaleImageYdownXdown`): box n begins at dot
    floor(n x size / count). At most 257 dots a box and side.
    """
    down, tall = _box_sums(image, shape[0], np.uint16)
    across, wide = _box_sums(np.ascontiguousarray(down.T), shape[1], np.uint32)
    means: Grey = (across.T // np.outer(tall, wide).astype(np.uint32)).astype(np.uint8)
    return means


def _box_sums(
    rows: Whole, count: int, kind: type[np.unsignedinteger]
) -> tuple[Whole, npt.NDArray[np.int64]]:
    """Rows added up to `count` rows, and of how many each is. Faster than `np.add.reduceat`."""
    starts = np.arange(count) * len(rows) // count
    sizes = np.diff(np.append(starts, len(rows)))
    sums = rows[starts].astype(kind)
    for step in range(1, int(sizes.max(initial=0))):
        reaches = sizes > step
        sums[reaches] += rows[starts[reaches] + step]
    return sums, sizes


def _is_alike(small: Grey, proof: Grey) -> bool:
    is_as_large = small.shape == proof.shape
    return is_as_large and bool(np.abs(small.astype(np.int16) - proof).max() <= LIKENESS)


def _fitted(stored: Grey, size_in: tuple[float, float], dpi: int) -> Grey:
    """The picture with `dpi` dots an inch; as it is when it has about so many."""
    shape = _shape(size_in, dpi)
    sides = zip(stored.shape, shape, strict=True)
    if all(abs(have - wanted) <= SAME_SIZE * wanted for have, wanted in sides):
        return stored
    resized = Image.fromarray(stored).resize(shape[::-1], Image.Resampling.BICUBIC, reducing_gap=3)
    return np.asarray(resized)
