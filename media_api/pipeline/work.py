"""What a stage gets to work with, and what it says when it cannot."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import JobError
from core.media.ffmpeg import Runner
from core.media.probe import MediaInfo
from media_api.config.schema import Config

Report = Callable[[float], None]


@dataclass(frozen=True)
class Work:
    """One attempt at one request.

    `config` is the request's own, complete; `settings` are the installation's as they are
    now: engines, tokens, limits. `source` is the input, `info` what ffprobe said of it if it
    is video or sound. What is made lies in `scratch` until `done` has moved it to `out`;
    `out` also has what earlier stages made. `wanted` names all stages of the request.
    """

    rid: str
    config: dict[str, Any]
    settings: Config
    source: Path
    mime: str
    info: MediaInfo | None
    scratch: Path
    out: Path
    wanted: frozenset[str]
    runner: Runner
    check: Callable[[], None]

    def should_stop(self) -> bool:
        """Return False, or leave by `LeaseLost`: for engines that ask instead of being told."""
        self.check()
        return False


# A stage: it makes files in `scratch`, says how far it is from 0.0 to 1.0, and returns them.
Stage = Callable[[Work, Report], Sequence[Path]]


class StageFailed(JobError):  # noqa: N818 - the name says what happened
    """A stage came to nothing; the others go on."""


class Unsupported(JobError):  # noqa: N818 - likewise
    """Nothing of what was asked for can be made of such a file."""

    code = "unsupported_file_type"
    sentence = "Nothing that was asked for can be done with a file of this type."
