"""Which revision of each thing a socket has been sent."""

from collections import OrderedDict


class Revisions:
    """Remembers the newest revision of up to `limit` things, those last heard of."""

    def __init__(self, limit: int = 10_000) -> None:
        self._newest: OrderedDict[str, int] = OrderedDict()
        self._limit = limit

    def is_news(self, key: str, revision: int) -> bool:
        """Return whether `revision` is newer than any before it, and remember it."""
        if revision <= self._newest.get(key, -1):
            return False
        self._newest[key] = revision
        self._newest.move_to_end(key)
        if len(self._newest) > self._limit:
            self._newest.popitem(last=False)
        return True
