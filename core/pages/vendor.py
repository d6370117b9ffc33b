"""Scripts of others among the static files: `vendor/…`, out of npm's folder.

Only what a page loads is offered; a package holds much more.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.utils import matches_patterns
from django.core.checks import CheckMessage
from django.core.files.storage import FileSystemStorage

# The packages' folders of what browsers load, and what is taken out of them.
FILES = {
    "hls.js/dist": ["hls.min.mjs"],
    "plyr/dist": ["plyr.min.mjs", "plyr.css", "plyr.svg"],
    # The collected names need the map too: the script's last line names it.
    "tus-js-client/dist": ["tus.min.js", "tus.min.js.map"],
}
PREFIX = "vendor"


class VendorFinder(BaseFinder):
    """Find the files of `FILES`."""

    def __init__(self, root: Path | None = None) -> None:
        self._root = root or Path(settings.BASE_DIR) / "node_modules"
        self._places = {
            f"{PREFIX}/{name}": self._root / folder / name
            for folder, names in FILES.items()
            for name in names
        }

    def check(self, **_options: Any) -> list[CheckMessage]:
        """Say that nothing is wrong with the settings: there are none."""
        return []

    def find(self, path: str, find_all: bool = False, **_options: Any) -> Any:
        """Return where a file lies; without one an empty list, as Django's finders do."""
        place = self._places.get(path)
        if place is None or not place.is_file():
            return []
        return [str(place)] if find_all else str(place)

    def list(
        self, ignore_patterns: Iterable[str] | None
    ) -> Iterator[tuple[str, FileSystemStorage]]:
        """Yield every file with a storage in which it lies under its short name."""
        for path, place in self._places.items():
            if place.is_file() and not matches_patterns(path, list_of(ignore_patterns)):
                storage = FileSystemStorage(location=place.parent)
                storage.prefix = PREFIX  # type: ignore[attr-defined] # collectstatic reads it
                yield place.name, storage


def list_of(patterns: Iterable[str] | None) -> Any:
    """Return patterns as the list that Django wants."""
    return [*(patterns or ())]
