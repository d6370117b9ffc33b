"""Tesseract inside this process, through tesserocr. Nothing is encoded, no program started.

Partial results are never read out of a running call: the result iterator asserts on words
not yet recognised and aborts the process. What streams are short calls, one a rectangle.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path

import numpy as np
import tesserocr
from tesserocr import PSM, PT, RIL, PyTessBaseAPI

from core.ocr.engines.bands import single_column
from core.ocr.engines.base import Block, Box, Grey, Orientation, Reading, Region
from core.ocr.engines.errors import EngineMissing, LanguageMissing, OcrEngineFailed, OcrTimeout
from core.ocr.engines.tessdata import OSD, data_folder, installed_languages
from core.ocr.engines.tsv import parse_tsv

MAX_OPEN_MODELS = 4
"""Language sets kept loaded; each takes 15 to 40 MB."""

SEGMENTATIONS = {"page": PSM.AUTO, "block": PSM.SINGLE_BLOCK}
DEFAULT_THRESHOLD, SAUVOLA = "0", "2"
MIN_DPI, MAX_DPI = 70, 2400
"""Tesseract guesses a resolution of its own outside of these."""

KINDS: dict[int, str] = {
    PT.TABLE: "table",
    PT.HORZ_LINE: "rule",
    PT.VERT_LINE: "rule",
    PT.FLOWING_IMAGE: "picture",
    PT.HEADING_IMAGE: "picture",
    PT.PULLOUT_IMAGE: "picture",
    PT.NOISE: "picture",
}

tesserocr.set_leptonica_log_level(tesserocr.LeptLogLevel.NONE)


class TesserocrEngine:
    """Holds one API object per language set, the least recently used closed first.

    Threads take turns: an API object works on one picture at a time.
    """

    name = "tesserocr"

    def __init__(self) -> None:
        self._models: OrderedDict[tuple[str, str], PyTessBaseAPI] = OrderedDict()
        self._layout: PyTessBaseAPI | None = None
        self._lock = threading.RLock()

    def analyse(self, image: Grey, dpi: int) -> list[Region] | None:
        """Regions in reading order: bands where the page is plain, else Tesseract's own.

        Automatic page segmentation costs ten times what the bands do.
        """
        plain = single_column(image, dpi)
        if plain:
            return plain
        with self._lock:
            api = self._layout_api()
            _set_image(api, image, dpi)
            try:
                return _regions(api.AnalyseLayout())
            finally:
                api.Clear()

    def recognise(self, image: Grey, dpi: int, reading: Reading) -> list[Block]:
        """Read the picture in one call. Raises OcrTimeout, LanguageMissing, OcrEngineFailed."""
        with self._lock:
            api = self._model("+".join(reading.languages), reading.data_dir)
            api.SetPageSegMode(SEGMENTATIONS[reading.segmentation])
            method = SAUVOLA if reading.has_local_threshold else DEFAULT_THRESHOLD
            api.SetVariable("thresholding_method", method)
            _set_image(api, image, dpi)
            try:
                return _recognised(api, reading.timeout_s)
            finally:
                api.Clear()

    def orientation(self, image: Grey, dpi: int) -> Orientation | None:
        """Orientation by Tesseract's own detection; give it the page at full resolution."""
        if not installed_languages().osd:
            return None
        with self._lock:
            api = self._model(OSD, None)
            api.SetPageSegMode(PSM.OSD_ONLY)
            _set_image(api, image, dpi)
            try:
                found = api.DetectOrientationScript()
            finally:
                api.Clear()
        if not found:
            return None
        # Tesseract tells how far the page is turned; we want how far to turn it back.
        return Orientation(-int(found["orient_deg"]) % 360, float(found["orient_conf"]))

    def close(self) -> None:
        """Give the models' memory back; the next call loads anew."""
        with self._lock:
            for api in self._models.values():
                api.End()
            self._models.clear()
            if self._layout is not None:
                self._layout.End()
                self._layout = None

    def _layout_api(self) -> PyTessBaseAPI:
        if self._layout is None:
            self._layout = PyTessBaseAPI(init=False)
            self._layout.InitForAnalysePage()
            self._layout.SetPageSegMode(PSM.AUTO)
        return self._layout

    def _model(self, languages: str, data_dir: Path | None) -> PyTessBaseAPI:
        folder = data_dir or data_folder()
        if folder is None:
            raise EngineMissing("No Tesseract language data is installed.")
        key = (str(folder), languages)
        if key not in self._models:
            while len(self._models) >= MAX_OPEN_MODELS:
                self._models.popitem(last=False)[1].End()
            self._models[key] = _open_model(folder, languages)
        self._models.move_to_end(key)
        return self._models[key]


def _open_model(folder: Path, languages: str) -> PyTessBaseAPI:
    for code in languages.split("+"):
        if not (folder / f"{code}.traineddata").is_file():
            raise LanguageMissing(f"No language data is installed for “{code}”.")
    oem = tesserocr.OEM.TESSERACT_ONLY if languages == OSD else tesserocr.OEM.LSTM_ONLY
    try:
        return PyTessBaseAPI(path=str(folder), lang=languages, oem=oem)
    except RuntimeError as error:
        raise OcrEngineFailed(f"The language data for “{languages}” did not load.") from error


def _set_image(api: PyTessBaseAPI, image: Grey, dpi: int) -> None:
    height, width = image.shape
    api.SetImageBytes(np.ascontiguousarray(image).tobytes(), width, height, 1, width)
    api.SetSourceResolution(min(max(dpi, MIN_DPI), MAX_DPI))


def _recognised(api: PyTessBaseAPI, timeout_s: float) -> list[Block]:
    try:
        has_finished = api.Recognize(max(1, int(timeout_s * 1000)))
        if has_finished:
            return parse_tsv(api.GetTSVText(0))
    except RuntimeError as error:
        raise OcrEngineFailed("The OCR engine failed on this page.") from error
    raise OcrTimeout("The OCR engine did not finish in time.")


def _regions(iterator: tesserocr.PyPageIterator | None) -> list[Region]:
    found: list[tuple[str, Box, list[Box]]] = []
    while iterator is not None:
        if iterator.IsAtBeginningOf(RIL.BLOCK) or not found:
            kind = KINDS.get(iterator.BlockType(), "text")
            found.append((kind, Box(*iterator.BoundingBox(RIL.BLOCK)), []))
        line = iterator.BoundingBox(RIL.TEXTLINE)
        if line is not None and found[-1][0] not in ("rule", "picture"):
            found[-1][2].append(Box(*line))
        if not iterator.Next(RIL.TEXTLINE):
            break
    return [Region(kind, box, tuple(lines)) for kind, box, lines in found]  # type: ignore[arg-type]
