"""The master playlist of a video (transcode contract, 4.8; RFC 8216, 4.3.4)."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from transcode.engines.m3u8 import plain_name
from transcode.engines.playlists import MediaPlaylist

AUDIO_GROUP = "audio"
SUBTITLES_GROUP = "subtitles"

_UNQUOTABLE = re.compile(r'["\x00-\x1f\x7f-\x9f\u2028\u2029]')


@dataclass(frozen=True)
class Bandwidth:
    """Bits per second: of the whole, and of its most expensive segment."""

    average_bps: int
    peak_bps: int

    def __add__(self, other: "Bandwidth") -> "Bandwidth":
        return Bandwidth(self.average_bps + other.average_bps, self.peak_bps + other.peak_bps)


@dataclass(frozen=True)
class Rendition:
    """One playlist of a video, with what it is declared to need.

    `codecs` names the streams inside (`transcode.engines.codecs`): video first, then the audio that
    is muxed with it. `resolution` 0 is audio alone. Sizes are in pixels, as shown.
    """

    playlist_name: str
    resolution: int
    width: int
    height: int
    fps: int
    codecs: tuple[str, ...]
    bandwidth: Bandwidth
    has_audio: bool


@dataclass(frozen=True)
class Captions:
    """One playlist of captions; `language` is an ISO 639 code, `label` its name for people."""

    playlist_name: str
    language: str
    label: str


def measure(playlist: MediaPlaylist, size_bytes: int, duration_s: float) -> Bandwidth:
    """What a rendition needs: file size over duration, and the highest rate of a segment.

    `duration_s` is the media's; that of the playlist stands in where it is not known.
    """
    whole_s = duration_s if duration_s > 0 else playlist.duration_s
    average_bps = int(size_bytes * 8 / whole_s) if whole_s > 0 else 0
    peaks = (
        math.ceil(segment.byterange.length * 8 / segment.duration_s)
        for segment in playlist.segments
        if segment.duration_s > 0
    )
    # One short file's header can weigh more than its segments vary.
    return Bandwidth(average_bps, max(average_bps, *peaks, 0))


def write(renditions: Sequence[Rendition], captions: Sequence[Captions] = ()) -> str:
    """Give the text of a master that lists these renditions, the highest resolution first.

    Audio alone is a group for the renditions without audio of their own, and a variant only where
    there is no other. No captions: no group for them.

    Raises: ValueError without renditions, or with two of audio alone; BadPlaylist for a name that
    is a path.
    """
    videos = sorted((r for r in renditions if r.resolution > 0), key=_order)
    audios = [r for r in renditions if r.resolution == 0]
    if not renditions or len(audios) > 1:
        raise ValueError("a master needs renditions, and no more than one of audio alone")
    grouped = audios[0] if audios and any(not video.has_audio for video in videos) else None
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    if grouped is not None:
        lines.append(_audio_group(grouped))
    lines += [_subtitles(each) for each in captions]
    for rendition in videos or audios:
        audio = None if rendition.has_audio else grouped
        lines.append(_variant(rendition, audio, has_captions=bool(captions)))
        lines.append(plain_name(rendition.playlist_name))
    return "\n".join(lines) + "\n"


def captions_playlist(vtt_name: str, duration_s: float) -> str:
    """Give the text of a playlist whose only segment is a whole WebVTT file (RFC 8216, 3.5)."""
    shown_s = max(duration_s, 0.001)
    return (
        "#EXTM3U\n#EXT-X-VERSION:7\n"
        f"#EXT-X-TARGETDURATION:{math.ceil(shown_s)}\n"
        "#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n"
        f"#EXTINF:{shown_s:.6f},\n{plain_name(vtt_name)}\n#EXT-X-ENDLIST\n"
    )


def _order(rendition: Rendition) -> tuple[int, int, str]:
    return -rendition.resolution, -rendition.fps, rendition.playlist_name


def _audio_group(audio: Rendition) -> str:
    return (
        f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="{AUDIO_GROUP}",NAME="Audio",AUTOSELECT=YES,'
        f'DEFAULT=YES,URI="{plain_name(audio.playlist_name)}"'
    )


def _subtitles(captions: Captions) -> str:
    label = _UNQUOTABLE.sub("", captions.label) or captions.language
    return (
        f'#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="{SUBTITLES_GROUP}",NAME="{label}",'
        f'LANGUAGE="{captions.language}",AUTOSELECT=YES,DEFAULT=NO,FORCED=NO,'
        f'URI="{plain_name(captions.playlist_name)}"'
    )


def _variant(rendition: Rendition, audio: Rendition | None, *, has_captions: bool) -> str:
    bandwidth = rendition.bandwidth + audio.bandwidth if audio else rendition.bandwidth
    codecs = rendition.codecs + (audio.codecs if audio else ())
    parts = [f"BANDWIDTH={bandwidth.peak_bps}", f"AVERAGE-BANDWIDTH={bandwidth.average_bps}"]
    if rendition.resolution > 0:
        parts.append(f"RESOLUTION={rendition.width}x{rendition.height}")
        parts.append(f"FRAME-RATE={rendition.fps}.000")
    parts.append(f'CODECS="{",".join(codecs)}"')
    if audio is not None:
        parts.append(f'AUDIO="{AUDIO_GROUP}"')
    if has_captions:
        parts.append(f'SUBTITLES="{SUBTITLES_GROUP}"')
    return "#EXT-X-STREAM-INF:" + ",".join(parts)
