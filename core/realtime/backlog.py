"""What waits to be sent: progress merged to the newest, final things kept, all bounded."""

from collections import OrderedDict
from typing import Generic, TypeVar

T = TypeVar("T")


class BacklogFull(Exception):  # noqa: N818 - it says what happened
    """Nothing more may wait: who waits must be let go."""


class Backlog(Generic[T]):
    """A queue in which progress of one topic takes the place of older progress of it.

    What is final, or has no topic, is kept and stays in order. A final thing drops the
    progress of its topic that still waits, so it never precedes older progress. Bounded
    by `max_finals`, by `max_items` in all and by `max_chars` of text; one thing alone
    may be larger.
    """

    def __init__(
        self, max_finals: int = 256, max_items: int = 4096, max_chars: int = 32 * 2**20
    ) -> None:
        self._items: OrderedDict[str | int, tuple[T, int]] = OrderedDict()
        self._max_finals = max_finals
        self._max_items = max_items
        self._max_chars = max_chars
        self._finals = 0
        self._chars = 0
        self._count = 0

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: T, topic: str = "", *, is_final: bool = True, chars: int = 0) -> None:
        """Add `item`, `chars` long. Raises: `BacklogFull`; nothing is added then."""
        is_progress = bool(topic) and not is_final
        if is_progress and topic in self._items:
            self._chars += chars - self._items[topic][1]
            self._items[topic] = (item, chars)
            return
        if self._is_full(is_progress):
            raise BacklogFull
        if topic and is_final:
            self._chars -= self._items.pop(topic, (None, 0))[1]
        self._count += 1
        self._finals += not is_progress
        self._chars += chars
        self._items[topic if is_progress else self._count] = (item, chars)

    def _is_full(self, is_progress: bool) -> bool:
        return (
            len(self._items) >= self._max_items
            or self._chars >= self._max_chars
            or (not is_progress and self._finals >= self._max_finals)
        )

    def pop(self) -> T:
        """Take the oldest. Raises: `KeyError` when nothing waits."""
        key, (item, chars) = self._items.popitem(last=False)
        self._finals -= isinstance(key, int)
        self._chars -= chars
        return item

    def clear(self) -> None:
        """Forget everything that waits."""
        self._items.clear()
        self._finals = self._chars = 0
