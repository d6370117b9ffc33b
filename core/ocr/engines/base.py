"""The words all of this package speaks: options, pages, chunks, and what an engine must do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, Protocol, TypedDict, runtime_checkable

import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.uint8]
"""A picture: rows x columns, 8-bit grey, 0 is black."""

Mode = Literal["fast", "high_accuracy"]
Segmentation = Literal["page", "block"]
"""`page`: the engine finds blocks and columns itself; `block`: one block of lines."""


class Box(NamedTuple):
    """A rectangle in pixels; `right` and `bottom` lie just outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Pixels across."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Pixels down."""
        return self.bottom - self.top

    @property
    def area(self) -> int:
        """Pixels inside; 0 when empty."""
        return max(0, self.width) * max(0, self.height)

    def moved(self, left: int, top: int) -> Box:
        """The same box seen from an origin `left`, `top` further up and left."""
        return Box(self.left + left, self.top + top, self.right + left, self.bottom + top)

    def scaled(self, factor: float) -> Box:
        """The same box on a picture `factor` times as large."""
        return Box(*(round(value * factor) for value in self))

    def overlap(self, other: Box) -> int:
        """Pixels that lie in both boxes."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0, across) * max(0, down)

    def around(self, other: Box) -> Box:
        """The smallest box that holds both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


class Word(NamedTuple):
    """One recognised word; `confidence` 0..100."""

    text: str
    box: Box
    confidence: float


@dataclass(frozen=True)
class Line:
    """One recognised line of at least one word."""

    words: tuple[Word, ...]
    box: Box

    @property
    def text(self) -> str:
        """The words with one space between them."""
        return " ".join(word.text for word in self.words)


@dataclass(frozen=True)
class Block:
    """Recognised lines that belong together, in reading order."""

    lines: tuple[Line, ...]
    box: Box


@dataclass(frozen=True)
class Region:
    """A part of a page as layout analysis sees it, before anything is read."""

    kind: Literal["text", "table", "rule", "picture"]
    box: Box
    lines: tuple[Box, ...] = ()


class Orientation(NamedTuple):
    """Clockwise degrees (0, 90, 180, 270) that set the page upright, and how sure that is."""

    degrees: int
    confidence: float


@dataclass(frozen=True)
class Reading:
    """How one call of the engine reads. `data_dir` None means the installed language data."""

    languages: tuple[str, ...]
    segmentation: Segmentation = "block"
    has_local_threshold: bool = False
    data_dir: Path | None = None
    timeout_s: float = 60.0


class Engine(Protocol):
    """What recognises characters. It holds no page and no document."""

    @property
    def name(self) -> str:
        """`tesserocr` or `pytesseract`."""

    def analyse(self, image: Grey, dpi: int) -> list[Region] | None:
        """Regions in reading order, or None when this engine cannot tell for this page."""

    def recognise(self, image: Grey, dpi: int, reading: Reading) -> list[Block]:
        """Read the picture. Raises OcrTimeout, LanguageMissing, OcrEngineFailed."""

    def orientation(self, image: Grey, dpi: int) -> Orientation | None:
        """Which way up the page is, or None when it has too little text or no data for it."""


@runtime_checkable
class Transcriber(Protocol):
    """What gives the markdown of whole pages and knows nothing of words and boxes."""

    @property
    def name(self) -> str:
        """`http`."""

    def transcribe(self, image: Grey, dpi: int, *, check: Callable[[], None]) -> Iterator[str]:
        """Pieces of a page's markdown. Raises AiHostFailed, AiHostRefused and as `check` does."""


@dataclass(frozen=True)
class OcrOptions:
    """What the caller asks for. `languages` and `default_languages` are installed codes.

    `languages` is the hint and may be empty; with `detect_language` the hint is only tried
    first. `page_timeout_s` limits each page, not the document. `scratch_dir` holds temporary
    files; None is the system's folder for them.
    """

    mode: Mode = "fast"
    languages: tuple[str, ...] = ()
    detect_language: bool = True
    default_languages: tuple[str, ...] = ("eng",)
    pdf_text: Literal["auto", "force_ocr"] = "auto"
    max_pages: int = 500
    max_page_pixels: int = 60_000_000
    max_side: int = 32_000
    page_timeout_s: float = 60.0
    tessdata_best_dir: Path | None = None
    scratch_dir: Path | None = None


@dataclass(frozen=True)
class Page:
    """One page to read: its picture, or the text layer that spares reading it."""

    number: int
    count: int
    image: Grey | None
    dpi: int
    text_layer: str | None = None


ChunkKind = Literal["heading", "text", "list", "table", "separator", "note"]


@dataclass(frozen=True)
class Chunk:
    """A piece of markdown to append exactly as it is.

    `progress` is the share of the document done, 0..1, never falling; `bbox` in pixels of
    the (upright) page; `confidence` 0..100, None where nothing was recognised.
    """

    text: str
    page: int
    page_count: int
    progress: float
    kind: ChunkKind
    bbox: Box | None = None
    confidence: float | None = None


class BlockRecord(TypedDict):
    """One block of a page for the JSON download."""

    kind: str
    bbox: list[int] | None
    confidence: float | None
    text: str
    lines: list[LineRecord]


class LineRecord(TypedDict):
    """One line of a block for the JSON download."""

    bbox: list[int]
    confidence: float
    text: str


class PageRecord(TypedDict):
    """One page for the JSON download. `source`: `ocr` or `text_layer`; `rotation` clockwise."""

    page: int
    width: int | None
    height: int | None
    dpi: int
    source: str
    rotation: int
    languages: str
    is_timed_out: bool
    confidence: float | None
    blocks: list[BlockRecord]


@dataclass(frozen=True)
class Outcome:
    """What a whole document gave. `confidence` 0..100 over its characters; None without any."""

    raw_text: str
    confidence: float | None
    detected_language: str | None
    engine: str
    page_count: int
    pages: list[PageRecord]
