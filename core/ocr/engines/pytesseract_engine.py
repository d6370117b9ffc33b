"""Tesseract as a program, through pytesseract: slower, for machines without tesserocr.

pytesseract starts the program itself; every call has a time limit, after which the library
ends it. Pictures are handed over as raw greymaps, which spares both sides a PNG.
"""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytesseract
from PIL import Image
from pytesseract import Output

from core.ocr.engines.bands import single_column
from core.ocr.engines.base import Block, Grey, Orientation, Reading, Region
from core.ocr.engines.errors import EngineMissing, LanguageMissing, OcrEngineFailed, OcrTimeout
from core.ocr.engines.tessdata import OSD, data_folder, installed_languages
from core.ocr.engines.tsv import parse_tsv

MODES = {"page": 3, "block": 6}
OSD_TIMEOUT_S = 30.0


class PytesseractEngine:
    """One program a call; it holds nothing between calls."""

    name = "pytesseract"

    def analyse(self, image: Grey, dpi: int) -> list[Region] | None:
        """Lines of a page in one column, by bands of ink; None for any other page."""
        return single_column(image, dpi)

    def recognise(self, image: Grey, dpi: int, reading: Reading) -> list[Block]:
        """Read the picture. Raises OcrTimeout, LanguageMissing, OcrEngineFailed, EngineMissing."""
        folder = reading.data_dir or data_folder() or Path()
        for code in reading.languages:
            if not (folder / f"{code}.traineddata").is_file():
                raise LanguageMissing(f"No language data is installed for “{code}”.")
        method = 2 if reading.has_local_threshold else 0
        config = (
            f"--tessdata-dir {shlex.quote(str(folder))} --psm {MODES[reading.segmentation]} "
            f"--oem 1 --dpi {max(70, dpi)} -c thresholding_method={method}"
        )
        with _as_file(image) as file, _refusals():
            tsv = pytesseract.image_to_data(
                str(file),
                lang="+".join(reading.languages),
                config=config,
                output_type=Output.STRING,
                timeout=reading.timeout_s,
            )
        return parse_tsv(tsv)

    def orientation(self, image: Grey, dpi: int) -> Orientation | None:
        """Orientation by Tesseract's own detection; None where there is too little text."""
        if not installed_languages().osd:
            return None
        config = f"--tessdata-dir {shlex.quote(str(data_folder()))} --psm 0 --dpi {max(70, dpi)}"
        try:
            with _as_file(image) as file, _refusals():
                found = pytesseract.image_to_osd(
                    str(file),
                    lang=OSD,
                    config=config,
                    output_type=Output.DICT,
                    timeout=OSD_TIMEOUT_S,
                )
        except OcrTimeout:
            raise
        except OcrEngineFailed:  # what the program says of a page with too few characters
            return None
        return Orientation(int(found["rotate"]) % 360, float(found["orientation_conf"]))


@contextmanager
def _as_file(image: Grey) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="ocr-") as folder:
        file = Path(folder) / "page.pgm"
        Image.fromarray(image).save(file)
        yield file


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except pytesseract.TesseractNotFoundError as error:
        raise EngineMissing("The tesseract program is not installed.") from error
    except pytesseract.TesseractError as error:
        raise OcrEngineFailed("The OCR engine failed on this page.") from error
    except RuntimeError as error:  # pytesseract's way to tell that the time was over
        raise OcrTimeout("The OCR engine did not finish in time.") from error
