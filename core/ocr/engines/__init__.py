"""Engines that turn pictures and documents into text. They know nothing of Django.

`document.read_document` streams markdown out of a file; `make_engine` gives it the engine.
Importing this package loads no engine.
"""

from __future__ import annotations

import importlib.util
import os
from typing import Literal

from core.ocr.engines.base import Chunk, Engine, OcrOptions, Outcome, Transcriber
from core.ocr.engines.errors import EngineMissing
from core.ocr.engines.tessdata import LanguageData, installed_languages

__all__ = [
    "Chunk",
    "Engine",
    "LanguageData",
    "OcrOptions",
    "Outcome",
    "Transcriber",
    "installed_languages",
    "make_engine",
    "make_transcriber",
]

EngineName = Literal["auto", "tesserocr", "pytesseract"]


def make_transcriber(ai_host: str) -> Transcriber:
    """The engine `http`: the server at this address reads whole pages."""
    from core.aihost import AiHost
    from core.ocr.engines.http_engine import HttpEngine

    return HttpEngine(AiHost(ai_host))


def make_engine(name: EngineName = "auto") -> Engine:
    """An engine of that name; `auto` is tesserocr where it imports, else pytesseract.

    Keep one a process: it holds its language models open.

    Raises:
        EngineMissing: it is not installed, or there is no language data at all.
    """
    # Before the library loads: each call would otherwise start a thread a core, and two
    # processes side by side burn three times the processor time.
    os.environ["OMP_THREAD_LIMIT"] = "1"
    if not installed_languages().languages:
        raise EngineMissing("No Tesseract language data is installed.")
    if name == "tesserocr" or (name == "auto" and importlib.util.find_spec("tesserocr")):
        return _make_tesserocr(falls_back=name == "auto")
    return _make_pytesseract()


def _make_tesserocr(*, falls_back: bool) -> Engine:
    try:
        from core.ocr.engines.tesserocr_engine import TesserocrEngine
    except ImportError as error:
        if falls_back:
            return _make_pytesseract()
        raise EngineMissing("The tesserocr package is not installed.") from error
    return TesserocrEngine()


def _make_pytesseract() -> Engine:
    try:
        from core.ocr.engines.pytesseract_engine import PytesseractEngine
    except ImportError as error:
        raise EngineMissing("The pytesseract package is not installed.") from error
    return PytesseractEngine()
