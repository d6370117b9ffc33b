"""One document's reading: its engine, its language, and the time its page has left."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

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
        self._is_best = self._has_local_threshold = False
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
    ) -> list[Block]:
        """Recognise a small picture in the language that fits; may take several calls.

        Raises OcrTimeout, and whatever `check` raises.
        """
        reading = self._reading(segmentation, has_local_threshold)
        return self.language.read(lambda codes: self._call(image, dpi, codes, reading))

    def read_page(
        self,
        image: Grey,
        dpi: int,
        segmentation: Segmentation = "page",
        *,
        has_local_threshold: bool = False,
    ) -> list[Block]:
        """Recognise a whole page in one call; otherwise as `read`."""
        reading = self._reading(segmentation, has_local_threshold)
        return self.language.read_once(lambda codes: self._call(image, dpi, codes, reading))

    @contextmanager
    def reading_with(self, *, is_best: bool, has_local_threshold: bool) -> Iterator[None]:
        """Read with the larger models, where they are set up, or by local thresholds."""
        before = self._is_best, self._has_local_threshold
        self._is_best, self._has_local_threshold = is_best, has_local_threshold
        try:
            yield
        finally:
            self._is_best, self._has_local_threshold = before

    @property
    def has_best_models(self) -> bool:
        """The larger models are asked for and there for the document's languages."""
        return self._is_best and self._best_dir(self.language.languages) is not None

    def _best_dir(self, languages: tuple[str, ...]) -> Path | None:
        folder = self.options.tessdata_best_dir
        if folder is None or not languages:
            return None
        is_there = all((folder / f"{code}.traineddata").is_file() for code in languages)
        return folder if is_there else None

    def _reading(self, segmentation: Segmentation, has_local_threshold: bool) -> Reading:
        return Reading((), segmentation, has_local_threshold or self._has_local_threshold)

    def _call(
        self, image: Grey, dpi: int, languages: tuple[str, ...], reading: Reading
    ) -> list[Block]:
        folder = self._best_dir(languages) if self._is_best else None
        timed = replace(reading, languages=languages, data_dir=folder, timeout_s=self.time_left_s())
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
