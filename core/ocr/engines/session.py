"""One document's reading: its engine, its language, and the time its page has left."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from core.ocr.engines.base import Block, Engine, Grey, OcrOptions, Reading, Segmentation
from core.ocr.engines.errors import OcrTimeout
from core.ocr.engines.language_choice import LanguageChoice


class Session:
    """Passes each call to the engine, after asking whether to go on and whether there is time."""

    def __init__(self, engine: Engine, options: OcrOptions, check: Callable[[], None]) -> None:
        self.engine = engine
        self.options = options
        self.check = check
        self.language = LanguageChoice(options)
        self._deadline = time.monotonic() + options.page_timeout_s

    def start_page(self) -> None:
        """Give the page that begins its full time."""
        self._deadline = time.monotonic() + self.options.page_timeout_s

    def read(
        self,
        image: Grey,
        dpi: int,
        segmentation: Segmentation = "block",
        *,
        has_local_threshold: bool = False,
        is_best: bool = False,
    ) -> list[Block]:
        """Recognise a small picture in the language that fits; may take several calls.

        `is_best` reads with the larger models, where they are set up. Raises OcrTimeout, and
        whatever `check` raises.
        """
        reading = self._reading(segmentation, has_local_threshold, is_best)
        return self.language.read(lambda codes: self._call(image, dpi, codes, reading))

    def read_page(
        self,
        image: Grey,
        dpi: int,
        segmentation: Segmentation = "page",
        *,
        has_local_threshold: bool = False,
        is_best: bool = False,
    ) -> list[Block]:
        """Recognise a whole page in one call; otherwise as `read`."""
        reading = self._reading(segmentation, has_local_threshold, is_best)
        return self.language.read_once(lambda codes: self._call(image, dpi, codes, reading))

    def _reading(
        self, segmentation: Segmentation, has_local_threshold: bool, is_best: bool
    ) -> Reading:
        best = self.options.tessdata_best_dir if is_best else None
        return Reading((), segmentation, has_local_threshold, data_dir=best)

    def _call(
        self, image: Grey, dpi: int, languages: tuple[str, ...], reading: Reading
    ) -> list[Block]:
        timed = replace(reading, languages=languages, timeout_s=self.time_left_s())
        return self.engine.recognise(image, dpi, timed)

    def is_half_over(self) -> bool:
        """More than half of the page's time is gone: what is not needed should not be begun."""
        return self._deadline - time.monotonic() < self.options.page_timeout_s / 2

    def time_left_s(self) -> float:
        """Seconds the page has left. Raises OcrTimeout at none, and whatever `check` raises."""
        self.check()
        left_s = self._deadline - time.monotonic()
        if left_s <= 0:
            raise OcrTimeout("The page took too long.")
        return left_s
