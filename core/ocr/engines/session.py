"""One document's reading: its engine, its language, and the time its page has left."""

from __future__ import annotations

import time
from collections.abc import Callable

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
        """Recognise a picture in the document's language.

        `is_best` reads with the larger models, where they are set up. Raises OcrTimeout, and
        whatever `check` raises.
        """

        def recognise(languages: tuple[str, ...]) -> list[Block]:
            reading = Reading(
                languages,
                segmentation,
                has_local_threshold=has_local_threshold,
                data_dir=self.options.tessdata_best_dir if is_best else None,
                timeout_s=self.time_left_s(),
            )
            return self.engine.recognise(image, dpi, reading)

        return self.language.read(recognise)

    def time_left_s(self) -> float:
        """Seconds the page has left. Raises OcrTimeout at none, and whatever `check` raises."""
        self.check()
        left_s = self._deadline - time.monotonic()
        if left_s <= 0:
            raise OcrTimeout("The page took too long.")
        return left_s
