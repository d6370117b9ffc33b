"""Whether everything that a master names is there (transcode contract, end of section 7)."""

from collections.abc import Iterator
from pathlib import Path

from transcode.engines import m3u8
from transcode.engines.errors import Refused
from transcode.engines.m3u8 import Uri

_TAGS_WITH_NAMES = ("#EXT-X-MEDIA", "#EXT-X-MAP")


def files_of(folder: Path, master_name: str) -> set[str]:
    """Return the names of all files that a player fetches, the master among them.

    Raises: Refused, `incomplete`, when one of them is not there; BadPlaylist.
    """
    playlists = {master_name, *_named(folder, master_name)}
    media = {name for playlist in playlists - {master_name} for name in _named(folder, playlist)}
    for name in media:
        _require_file(folder / name)
    return playlists | media


def _named(folder: Path, playlist: str) -> Iterator[str]:
    path = folder / playlist
    _require_file(path)
    for item in m3u8.lex(path.read_bytes()):
        if isinstance(item, Uri):
            yield item.name
        elif item.name in _TAGS_WITH_NAMES:
            yield m3u8.plain_name(m3u8.attributes(item).get("URI", ""))


def _require_file(path: Path) -> None:
    if not path.is_file():
        raise Refused("A file that the playlists name is missing.", code="incomplete")
