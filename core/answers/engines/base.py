"""What every engine that answers is given, and what it gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO, Protocol


@dataclass(frozen=True)
class Asked:
    """A question, the text it is about, and what was said before.

    `history` are earlier questions and answers, `{"role", "content"}` each, the oldest first.
    `image` opens the file that the text was read from; it has a name and a media type.
    """

    question: str
    text: str
    history: Sequence[Mapping[str, str]]
    image: Callable[[], AbstractContextManager[BinaryIO]]
    image_name: str = "image"
    mime_type: str = "application/octet-stream"


class AnswerEngine(Protocol):
    """What answers a question."""

    def answer(self, asked: Asked, *, check: Callable[[], None]) -> Iterator[str]:
        """Pieces of the answer. `check` may raise to cancel. Raises: `JobError`."""
