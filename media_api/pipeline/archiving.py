"""The archive of a request: all its outputs, flat, under the names that they have."""

from collections.abc import Sequence

from core.archive import write_zip
from media_api import storage


def pack(rid: str, names: Sequence[str]) -> None:
    """Build the archive anew; it is there whole or not at all."""
    write_zip(storage.archive(rid), [(name, storage.output(rid, name)) for name in names])
