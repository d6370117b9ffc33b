"""How far a request is, as the status routes and the socket tell it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from medialoom.errors import FAILED, PARTIAL, BadAnswer

QUEUED, PROCESSING, FINISHED, DONE_PARTIALLY, CANCELED, DELETED = range(6)
WORDS = ("queued", "processing", "finished", "partially done", "canceled", "deleted")
FAILED_WORD, CANCELED_BY_USER = "failed", "canceled_by_user"
UNKNOWN = -1
# Told how many bytes of a file have gone, of how many.
OnBytes = Callable[[int, int], None]


def silent(done: int, whole: int) -> None:
    """Show nothing of how many bytes have gone."""


@dataclass(frozen=True)
class Progress:
    """One request: its status, stage `stage` of `stages` (-1: unknown), per cent of the stage.

    `error` is `{"code", "message", "stage"}` of one that failed or is partially done.
    """

    rid: str
    status: int = QUEUED
    stage: int = UNKNOWN
    stages: int = UNKNOWN
    pct: int = 0
    error: dict[str, Any] | None = None

    @property
    def is_final(self) -> bool:
        """Whether nothing will follow."""
        return self.status >= FINISHED

    @property
    def word(self) -> str:
        """The status in words; what nobody has canceled has failed."""
        if self.status == CANCELED and self.error and self.error.get("code") != CANCELED_BY_USER:
            return FAILED_WORD
        return WORDS[self.status]

    @property
    def exit_status(self) -> int:
        """What the command ends with."""
        return {FINISHED: 0, DONE_PARTIALLY: PARTIAL}.get(self.status, FAILED)

    def body(self) -> dict[str, Any]:
        """Return it as JSON, named as on the wire."""
        body = {
            "rid": self.rid,
            "status": self.status,
            "curStage": self.stage,
            "totalStages": self.stages,
            "pct": self.pct,
        }
        return body if self.error is None else {**body, "error": self.error}

    def after(self, frame: dict[str, Any]) -> "Progress":
        """Return what is known after a frame, or a status body. Raises: `BadAnswer`."""
        kind = frame.get("type", "sync")
        if kind == "progress":
            return replace(self, pct=_whole(frame, "pct", 0, 100))
        if kind == "stage":
            return replace(self, stage=_whole(frame, "curStage", UNKNOWN), pct=0)
        if kind == "status":
            status = _whole(frame, "status", QUEUED, DELETED)
            if status == QUEUED:  # it begins anew
                return Progress(self.rid)
            return replace(self, status=status, error=_error(frame))
        return self._synchronised(frame)

    def _synchronised(self, frame: dict[str, Any]) -> "Progress":
        status = _whole(frame, "status", QUEUED, DELETED)
        if status == DELETED:
            return replace(self, status=DELETED)
        return Progress(
            self.rid,
            status,
            _whole(frame, "curStage", UNKNOWN),
            _whole(frame, "totalStages", UNKNOWN),
            _whole(frame, "pct", 0, 100),
            _error(frame),
        )


def _whole(frame: dict[str, Any], name: str, least: int, most: int = 10**6) -> int:
    value = frame.get(name)
    if type(value) is not int or not least <= value <= most:
        raise BadAnswer(f"The server told a {name} that cannot be.")
    return value


def _error(frame: dict[str, Any]) -> dict[str, Any] | None:
    error = frame.get("error")
    return error if isinstance(error, dict) else None
