"""What poppler's pdfinfo tells of a PDF, in a program of its own with tight limits."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.media.errors import (
    OutputTooLarge,
    ProgramFailed,
    ProgramOutOfMemory,
    ProgramStalled,
    ProgramTimeout,
    UnreadableImage,
)
from core.media.process import Limits, run

LIMITS = Limits(wall_s=20.0, memory_bytes=512 * 1024**2)

# The document's own title comes before these lines and may imitate them: the last match counts.
_PAGES = re.compile(rb"^Pages:[ ]+(\d+)$", re.M)
_ENCRYPTED = re.compile(rb"^Encrypted:[ ]+yes", re.M)
_SIZE = re.compile(rb"^Page[ ]+(\d+) size:[ ]+([\d.]+) x ([\d.]+) pts", re.M)
_TURNED = re.compile(rb"^Page[ ]+(\d+) rot:[ ]+(?:90|270)$", re.M)


@dataclass(frozen=True)
class PdfInfo:
    """A PDF that opens without a password.

    `page_sizes_pt` holds width and height as displayed, in points (1/72 inch), of the first pages.
    """

    page_count: int
    is_encrypted: bool
    page_sizes_pt: tuple[tuple[float, float], ...]


def pdf_info(
    path: Path, *, max_sizes: int = 500, check: Callable[[], None] | None = None
) -> PdfInfo:
    """Ask pdfinfo for the number of pages and the sizes of the first `max_sizes`.

    Raises: UnreadableImage when it is damaged, locked or costs too much; ProgramMissing; and
    whatever `check` raises, which is called while pdfinfo runs.
    """
    try:
        args = ["pdfinfo", "-f", "1", "-l", str(max_sizes), str(path.absolute())]
        printed = run(args, limits=LIMITS, capture=True, check=check).stdout
    except ProgramFailed as error:
        if any("Incorrect password" in line for line in error.tail):
            raise UnreadableImage("The PDF is locked by a password.") from error
        raise UnreadableImage("The PDF is damaged.") from error
    except (ProgramTimeout, ProgramStalled, ProgramOutOfMemory, OutputTooLarge) as error:
        raise UnreadableImage("The PDF takes too much to read.") from error
    return _parse(printed)


def _parse(printed: bytes) -> PdfInfo:
    counts = list(_PAGES.finditer(printed))
    page_count = int(counts[-1][1]) if counts else 0
    if page_count < 1:
        raise UnreadableImage("The PDF has no pages.")
    ours = printed[counts[-1].end() :]
    turned = {found[1] for found in _TURNED.finditer(ours)}
    sizes = [(found[1], float(found[2]), float(found[3])) for found in _SIZE.finditer(ours)]
    return PdfInfo(
        page_count,
        _ENCRYPTED.search(ours) is not None,
        tuple((high, wide) if page in turned else (wide, high) for page, wide, high in sizes),
    )
