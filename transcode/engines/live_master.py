"""The master playlist of a live stream, as a runner's ffmpeg writes it, read and written anew."""

import re
from dataclasses import dataclass, field

from transcode.engines import m3u8
from transcode.engines.errors import BadPlaylist, Refused
from transcode.engines.live_playlists import playlist_name
from transcode.engines.m3u8 import Tag, Uri

_MAX_PLAYLISTS = 20
# What a variant may say of itself, in the order in which it is written.
_SAYS = {
    "BANDWIDTH": re.compile(r"\d{1,12}", re.ASCII),
    "AVERAGE-BANDWIDTH": re.compile(r"\d{1,12}", re.ASCII),
    "RESOLUTION": re.compile(r"\d{1,5}x\d{1,5}", re.ASCII),
    "FRAME-RATE": re.compile(r"\d{1,3}(?:\.\d{1,3})?", re.ASCII),
    "CODECS": re.compile(r"[A-Za-z0-9]{1,20}(?:[.,][A-Za-z0-9]{1,20}){0,20}", re.ASCII),
}
_QUOTED = ("CODECS",)


@dataclass(frozen=True)
class Variant:
    """One playlist with pictures, or with sound alone, and what it says of itself."""

    name: str
    says: tuple[tuple[str, str], ...]
    joins_audio: bool


@dataclass(frozen=True)
class LiveMaster:
    """The variants, and the name of the playlist of their common sound, if it has one."""

    variants: tuple[Variant, ...]
    audio: str | None

    @property
    def names(self) -> set[str]:
        """Every playlist that it names."""
        return {variant.name for variant in self.variants} | ({self.audio} if self.audio else set())


def read(data: bytes | str) -> LiveMaster:
    """Read a master. What it says beyond our needs is left out.

    Raises: BadPlaylist when it is malformed, or names anything but playlists like `0.m3u8`.
    """
    reader = _Reader()
    for item in m3u8.lex(data):
        reader.take(item)
    return reader.result()


def write(master: LiveMaster) -> str:
    """Give the master's text, in the order that it came in."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:6", "#EXT-X-INDEPENDENT-SEGMENTS"]
    if master.audio is not None:
        lines.append(
            '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Audio",AUTOSELECT=YES,DEFAULT=YES,'
            f'URI="{master.audio}"'
        )
    for variant in master.variants:
        parts = [f'{k}="{v}"' if k in _QUOTED else f"{k}={v}" for k, v in variant.says]
        parts += ['AUDIO="audio"'] if variant.joins_audio else []
        lines += [f"#EXT-X-STREAM-INF:{','.join(parts)}", variant.name]
    return "\n".join(lines) + "\n"


@dataclass
class _Reader:
    """What was understood so far; `_waiting` belongs to the variant whose name comes next."""

    _variants: list[Variant] = field(default_factory=list)
    _audio: str | None = None
    _waiting: dict[str, str] | None = None

    def take(self, item: Tag | Uri) -> None:
        if isinstance(item, Uri):
            self._close_variant(item.name)
        elif item.name == "#EXT-X-STREAM-INF" and self._waiting is None:
            self._waiting = m3u8.attributes(item)
        elif item.name == "#EXT-X-MEDIA":
            self._take_audio(m3u8.attributes(item))
        else:
            m3u8.ignore(item)

    def _take_audio(self, values: dict[str, str]) -> None:
        if values.get("TYPE") != "AUDIO" or self._audio is not None:
            raise BadPlaylist("The master holds groups other than one of audio.")
        self._audio = _name(values.get("URI", ""))

    def _close_variant(self, name: str) -> None:
        given, self._waiting = self._waiting, None
        if given is None or "BANDWIDTH" not in given or len(self._variants) == _MAX_PLAYLISTS:
            raise BadPlaylist("The master's variants cannot be read.")
        known = [(key, given[key]) for key in _SAYS if key in given]
        if not all(_SAYS[key].fullmatch(value) for key, value in known):
            raise BadPlaylist("The master's variants cannot be read.")
        self._variants.append(Variant(_name(name), tuple(known), "AUDIO" in given))

    def result(self) -> LiveMaster:
        names = [variant.name for variant in self._variants]
        if not names or len({*names}) != len(names) or self._waiting is not None:
            raise BadPlaylist("The master's variants cannot be read.")
        if self._audio is None and any(variant.joins_audio for variant in self._variants):
            raise BadPlaylist("The master names a group that it does not hold.")
        return LiveMaster(tuple(self._variants), self._audio)


def _name(text: str) -> str:
    try:
        return playlist_name(text)
    except Refused as error:
        raise BadPlaylist("The master names something other than playlists beside it.") from error
