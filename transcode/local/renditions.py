"""One rendition while it is written: what its playlist and its header say so far."""

from dataclasses import dataclass, replace
from pathlib import Path

from transcode.engines import byteranges, master, playlists
from transcode.engines.errors import BadPlaylist
from transcode.engines.ladder import Size
from transcode.engines.ladder_command import MEDIA_SUFFIX
from transcode.engines.playlists import MediaPlaylist
from transcode.local.headers import h264_codec


@dataclass(frozen=True)
class Part:
    """One rendition under way. `size` is None for sound alone.

    `cap_bps` is what its encoder may spend; `sound` is the codec of the sound inside, "" where
    there is none.
    """

    stem: str
    resolution: int
    size: Size | None
    fps: int
    cap_bps: int
    sound: str = ""

    def rendition(self, folder: Path) -> master.Rendition | None:
        """Return what a master says of it, by its beginning; None before its first segment."""
        media, playlist = (folder / f"{self.stem}{suffix}" for suffix in (MEDIA_SUFFIX, ".m3u8"))
        listed = listed_now(playlist)
        if listed is None or not listed.segments:
            return None
        codecs = [_picture_codec(media, listed)] if self.size else []
        width, height = self.size or (0, 0)
        return master.Rendition(
            playlist_name=playlist.name,
            resolution=self.resolution,
            width=width,
            height=height,
            fps=self.fps,
            codecs=(*codecs, *([self.sound] if self.sound else [])),
            bandwidth=self._bandwidth(listed),
            has_audio=bool(self.sound),
        )

    def _bandwidth(self, listed: MediaPlaylist) -> master.Bandwidth:
        """Declare the cap at least: nobody knows yet what the rest will need."""
        seen = master.measure(listed, listed.ranges[-1].end, listed.duration_s)
        average_bps = min(seen.average_bps, self.cap_bps) if self.cap_bps else seen.average_bps
        return master.Bandwidth(average_bps, max(seen.peak_bps, self.cap_bps))


def _picture_codec(media: Path, listed: MediaPlaylist) -> str:
    with media.open("rb") as file:
        return h264_codec(b"".join(byteranges.read_range(file, listed.initial)))


def listed_now(playlist: Path) -> MediaPlaylist | None:
    """Read a playlist as it is now, cut to the bytes that are in its file; None without one.

    A file that has left the folder is whole: it is on its way to its place.
    """
    try:
        listed = playlists.read_file(playlist)
    except (FileNotFoundError, BadPlaylist):
        return None
    try:
        size_bytes = playlist.with_name(listed.media_name).stat().st_size
    except FileNotFoundError:
        return listed
    there = tuple(each for each in listed.segments if each.byterange.end <= size_bytes)
    if len(there) == len(listed.segments):
        return listed
    return replace(listed, segments=there, is_ended=False)
