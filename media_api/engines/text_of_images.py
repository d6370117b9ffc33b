"""The text of pictures and PDF files (Media API contract, 7.4).

Pages come from `core.ocr.engines`: upright by their EXIF orientation, within a limit of pixels, a
PDF's own text before a picture of its page. Tesseract reads each in a program of its own.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.media import process
from core.media.errors import (
    OutputTooLarge,
    ProgramFailed,
    ProgramMissing,
    ProgramOutOfMemory,
    ProgramTimeout,
    TooManyPixels,
    UnreadableImage,
    UnsupportedMedia,
)
from core.media.ffmpeg import Runner
from core.media.process import Limits
from core.ocr.engines import images, pdf
from core.ocr.engines.base import Block, Grey, OcrOptions, Page
from core.ocr.engines.errors import OcrInputError
from core.ocr.engines.poppler import Poppler
from core.ocr.engines.tessdata import data_folder, installed_languages
from core.ocr.engines.tsv import clean, parse_tsv
from media_api.engines.errors import LanguageUnsupported, OcrFailed, UnsupportedFileType
from media_api.engines.filetypes import PDF
from media_api.engines.words import PrintLanguage

LIMITS = Limits(wall_s=60.0, memory_bytes=2 * 2**30)
"""What one page may take."""

PAGE_GAP = "\n\n"


@dataclass(frozen=True)
class Reading:
    """How pages are read. Words count whose confidence is above the least, 0 to 100."""

    language: PrintLanguage
    least_confidence: int
    max_pixels: int


def read_text(
    path: Path,
    mime: str,
    reading: Reading,
    *,
    on_page: Callable[[int, int], None],
    check: Callable[[], None],
    runner: Runner = process.run,
) -> str:
    """Return the text of a picture or a PDF, lines as they stand, a blank line between pages.

    `on_page` is told how many of how many pages are done. `check` is called between programs and
    while those of a PDF run; it may raise to cancel. `runner` is for Tesseract.

    Raises: UnsupportedFileType for what is no picture that is read; LanguageUnsupported; OcrFailed.
    """
    codes = codes_of(reading.language)
    texts = []
    with _refusals():
        for page in _pages(path, mime, reading, check):
            check()
            if page.image is None:
                # The page's own layer bears marks of Markdown, so poppler is asked once more.
                texts.append(tidied(Poppler(path.resolve(), check).text(page.number)))
            else:
                tsv = recognised(page.image, page.dpi, codes, runner)
                texts.append(confident_text(parse_tsv(tsv), reading.least_confidence))
            on_page(page.number, page.count)
    return PAGE_GAP.join(text for text in texts if text)


def codes_of(language: PrintLanguage) -> tuple[str, ...]:
    """Return Tesseract's codes of a language; of `auto`, every one that is installed.

    Raises: LanguageUnsupported.
    """
    known = [each for each in PrintLanguage if each != PrintLanguage.AUTO]
    installed = [each.value for each in known if each in installed_languages().languages]
    wanted = installed if language == PrintLanguage.AUTO else [language.value]
    if not wanted or not set(wanted) <= set(installed):
        names = ", ".join(installed) or "none"
        raise LanguageUnsupported(f"No data for this language is installed. Installed: {names}.")
    return tuple(wanted)


def _pages(path: Path, mime: str, reading: Reading, check: Callable[[], None]) -> Iterator[Page]:
    options = OcrOptions(max_page_pixels=reading.max_pixels)
    if mime == PDF:
        return pdf.read_pages(path, options, check=check)
    return images.read_pages(path, mime, options)


def recognised(image: Grey, dpi: int, codes: Iterable[str], runner: Runner = process.run) -> str:
    """Return Tesseract's TSV of a page: its default engine, one block of text.

    Raises: ProgramMissing, ProgramFailed, ProgramTimeout, ProgramOutOfMemory, OutputTooLarge.
    """
    height, width = image.shape
    picture = b"P5 %d %d 255\n" % (width, height) + np.ascontiguousarray(image).tobytes()
    command: list[str | os.PathLike[str]] = ["tesseract", "stdin", "stdout"]
    if folder := data_folder():
        command += ["--tessdata-dir", folder]
    command += ["-l", "+".join(codes), "--oem", "3", "--psm", "6", "--dpi", str(max(70, dpi))]
    # A thread a core would burn three times the processor time of one.
    environment = {"OMP_THREAD_LIMIT": "1"}
    done = runner([*command, "tsv"], limits=LIMITS, stdin=picture, capture=True, env=environment)
    return str(done.stdout.decode("utf-8", "replace"))


def confident_text(blocks: Iterable[Block], least_confidence: int) -> str:
    """Return the words above a confidence, one space between them, each line on its own."""
    lines = (
        " ".join(word.text for word in line.words if word.confidence > least_confidence)
        for block in blocks
        for line in block.lines
    )
    return "\n".join(line for line in lines if line)


def tidied(layer: str) -> str:
    """Return a page's own text by lines, one blank line at most between them."""
    lines: list[str] = []
    for line in layer.replace("\f", "\n").splitlines():
        text = clean(" ".join(line.split()))
        if text or (lines and lines[-1]):
            lines.append(text)
    return "\n".join(lines).strip()


@contextmanager
def _refusals() -> Iterator[None]:
    """What the engines refuse, in this contract's codes."""
    try:
        yield
    except UnsupportedMedia as error:
        raise UnsupportedFileType from error
    except (UnreadableImage, TooManyPixels, OcrInputError) as error:
        raise OcrFailed(str(error)) from error
    except ProgramTimeout as error:
        raise OcrFailed("A page took too long to read.") from error
    except (ProgramFailed, ProgramOutOfMemory, OutputTooLarge) as error:
        raise OcrFailed from error
    except ProgramMissing as error:
        raise OcrFailed(str(error)) from error
