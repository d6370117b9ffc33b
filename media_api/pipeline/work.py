"""What a stage gets to work with, and what it says when it cannot."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from core.media.ffmpeg import Runner
from core.media.probe import MediaInfo
from media_api.config.schema import Config
from media_api.engines.errors import UnsupportedFileType


class Report(Protocol):
    """How far a stage is, from 0.0 to 1.0; what nobody may miss is told `at_once`."""

    def __call__(self, progress: float, /, *, at_once: bool = False) -> None:
        """Say it. Raises: `LeaseLost`."""


@dataclass(frozen=True)
class Work:
    """One attempt at one request.

    `config` is the request's own, complete; `settings` are the installation's as they are
    now: engines, tokens, limits. `source` is the input, `info` what ffprobe said of it if it
    is video or sound, `duration_s` its length, 0 if nobody knows. What is made lies in
    `scratch` until the stage hands it over. `wanted` names all stages, in their order.
    """

    rid: str
    config: dict[str, Any]
    settings: Config
    source: Path
    mime: str
    info: MediaInfo | None
    duration_s: float
    scratch: Path
    wanted: tuple[str, ...]
    runner: Runner
    check: Callable[[], None]

    @property
    def media(self) -> MediaInfo:
        """What ffprobe said. Raises: `UnsupportedFileType` where it said nothing."""
        if self.info is None:
            raise UnsupportedFileType
        return self.info

    def is_to_come(self, stage: str, *, after: str) -> bool:
        """Return whether one stage runs later than another, which runs too."""
        return stage in self.wanted[self.wanted.index(after) + 1 :]

    def should_stop(self) -> bool:
        """Return False, or leave by `LeaseLost`: for engines that ask instead of being told."""
        self.check()
        return False


# A stage: it makes files in `scratch`, says how far it is from 0.0 to 1.0, and returns them.
Stage = Callable[[Work, Report], Sequence[Path]]
