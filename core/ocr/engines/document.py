"""Reads a document of any accepted type, page by page, as markdown that only ever grows."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from pathlib import Path

from core.ocr.engines import images, pdf
from core.ocr.engines.accuracy import read_accurately
from core.ocr.engines.base import Chunk, Engine, OcrOptions, Outcome, Page, Transcriber
from core.ocr.engines.detect import judge
from core.ocr.engines.errors import OcrTimeout
from core.ocr.engines.page_reader import read_page
from core.ocr.engines.pieces import PageFacts
from core.ocr.engines.session import Session
from core.ocr.engines.transcript import Transcript

PDF = "application/pdf"


def read_document(
    path: Path,
    mime: str,
    options: OcrOptions,
    engine: Engine | Transcriber,
    *,
    check: Callable[[], None],
) -> Generator[Chunk, None, Outcome]:
    """Stream a document's text. The chunks' texts, joined, are the outcome's `raw_text`.

    `check` is called before every call of the engine and may raise to cancel. A page that runs
    out of time ends in a note and the document goes on.

    Raises: UnsupportedMedia, UnreadableImage, TooManyPages, TooManyPixels, LanguageMissing,
    OcrEngineFailed, AiHostFailed, AiHostRefused, and whatever `check` raises.
    """
    session = None if isinstance(engine, Transcriber) else Session(engine, options, check)
    transcript = Transcript()
    for page in _pages(path, mime, options, check):
        check()
        yield from transcript.begin_page(page)
        if page.image is None:
            yield from transcript.add_layer(page.text_layer or "")
        elif isinstance(engine, Transcriber):
            for text in engine.transcribe(page.image, page.dpi, check=check):
                yield transcript.add_text(text)
        elif session is not None:
            yield from _read(page, session, transcript)
    language = (
        session.language.reported(transcript.text) if session else _judged(transcript, options)
    )
    return transcript.outcome(language, engine.name)


def _judged(transcript: Transcript, options: OcrOptions) -> str | None:
    """The language that a text from elsewhere is in, of those this installation knows."""
    known = tuple(dict.fromkeys(options.languages + options.default_languages))
    has_letters = any(character.isalpha() for character in transcript.text)
    return judge(transcript.text, known).language if known and has_letters else None


def _pages(path: Path, mime: str, options: OcrOptions, check: Callable[[], None]) -> Iterator[Page]:
    if mime == PDF:
        return pdf.read_pages(path, options, check=check)
    return images.read_pages(path, mime, options)


def _read(page: Page, session: Session, transcript: Transcript) -> Iterator[Chunk]:
    assert page.image is not None  # noqa: S101 - told apart by the caller
    session.start_page()
    try:
        read = read_accurately if session.options.mode == "high_accuracy" else read_page
        pieces = read(page.image, page.dpi, session)
        facts: PageFacts | None = None
        while facts is None:
            try:
                piece = next(pieces)
            except StopIteration as end:
                facts = end.value
            else:
                yield transcript.add(piece)
        transcript.end_page(facts, session.language.languages)
    except OcrTimeout:
        yield transcript.give_up()
