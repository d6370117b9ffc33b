"""Engines and drawn pages, made once for all tests of the OCR engines."""

from pathlib import Path

import pytest

from benchmarks.samples import Sample
from core.ocr.engines import Engine, make_engine
from core.tests.ocr_engines.reading import save, short_page


@pytest.fixture(scope="session")
def tesserocr() -> Engine:
    return make_engine("tesserocr")


@pytest.fixture(scope="session", params=["tesserocr", "pytesseract"])
def engine(request: pytest.FixtureRequest, tesserocr: Engine) -> Engine:
    """Each of the embedded engines in turn."""
    return tesserocr if request.param == "tesserocr" else make_engine("pytesseract")


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="session")
def english() -> Sample:
    return short_page("eng", count=3)


@pytest.fixture(scope="session")
def english_file(english: Sample, folder: Path) -> Path:
    return save(english, folder / "english.png")
