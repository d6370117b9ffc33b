"""What ffmpeg and ffprobe may be told to open, and what is kept out of their arguments.

The protocol list alone does not hold: a playlist renamed `.mp4` reads its neighbour through it
(ffmpeg 5.1.9), because `file` is allowed. So the demuxers are listed too, and none that opens
other files, devices or addresses is among them: no hls, dash, concat, image2, sdp, rtsp, lavfi.
"""

import os
import re
from collections.abc import Sequence
from itertools import pairwise

# By ffmpeg's own names. One demuxer may have several: any of them in the list allows it.
DEMUXERS = frozenset(
    (
        *("mov", "mp4", "m4a", "3gp", "3g2", "mj2", "matroska", "webm", "avi", "flv", "asf", "ogg"),
        *("mpegts", "mpeg", "mpegvideo", "mxf"),
        *("aac", "ac3", "eac3", "flac", "mp3", "wav", "w64", "aiff", "caf", "amr"),
    )
)
# Each reads the one picture that it is given, unlike image2, which counts through file names.
# They have to be forced (`Input.format`): by a file's name ffmpeg would take image2.
PICTURES = frozenset(("jpeg_pipe", "png_pipe", "webp_pipe"))

PROTOCOLS = frozenset(("file", "pipe"))

# Options that would open a further input or undo what the rules say.
_REFUSED = frozenset(
    (
        *("i", "f", "protocol_whitelist", "protocol_blacklist", "format_whitelist"),
        *("max_streams", "filter_script", "filter_complex_script"),
    )
)
_TEE = "tee"  # a muxer whose addresses hide among its options
# ffmpeg's protocols; `tcp:host:port` is an address even without its slashes.
_NETWORK_OR_WRAPPER = (
    "amqp|async|bluray|cache|concat|concatf|crypto|data|dtls|fd|ffrtmpcrypt|ffrtmphttp|ftp|gophers?"
    "|httpproxy|https?|icecast|ipfs|ipfs_gateway|ipns|ipns_gateway|md5|mmsh|mmst|prompeg|rist"
    "|rtmp[est]?|rtmpt[es]|rtp|sctp|sftp|smb|srtp?|subfile|tcp|tls|udp|udplite|unix|zmq"
)
_ADDRESS = re.compile(
    rf"([a-z][a-z0-9+.-]*)(?=://)|({_NETWORK_OR_WRAPPER})(?=[:,+])", re.IGNORECASE
)
_FILTER_OPTIONS = frozenset(("vf", "af", "filter", "filter_complex", "lavfi"))
_FILTERS_THAT_OPEN = re.compile(r"(?:^|[\s;,\]])a?movie(?:@\w+)?\s*=")

# `[mov,mp4 @ 0x55d0c1a2b3c0]`: where in our memory a part of ffmpeg lies.
_IN_MEMORY = re.compile(r" @ 0x[0-9a-f]+", re.IGNORECASE)
_FOLDERS = re.compile(r"(?:file:)?(?<![\w/.])/(?:[^\s/:'\"]+/)+")


def require_safe(words: Sequence[str], protocols: frozenset[str], *, of_output: bool) -> None:
    """Refuse options that open inputs or lift a list, and addresses of other protocols.

    A programmer's mistake, or text of a client's that was taken for an argument. The muxer (`-f`)
    is for the output alone; an input's format has a field of its own.

    Raises: ValueError.
    """
    for word, following in pairwise([*words, ""]):
        option = _option(word)
        is_muxer = of_output and option == "f"
        if is_muxer and following == _TEE:
            raise ValueError(f"the muxer {following} may not be used")
        if option in _REFUSED and not is_muxer:
            raise ValueError(f"the option -{option} may not be given")
        if option in _FILTER_OPTIONS and _FILTERS_THAT_OPEN.search(following):
            raise ValueError("a filter that opens a file may not be used")
        scheme = address_scheme(word)
        if scheme and scheme not in protocols:
            raise ValueError(f"an address with {scheme}: may not be used")


def _option(word: str) -> str:
    """The name of an option without its stream (`-b:v`); `-/name` reads its value from a file."""
    return word.lstrip("-/").split(":")[0] if word.startswith("-") else ""


def address_scheme(word: str) -> str:
    """The protocol of a word that ffmpeg would take for an address, lower case; else empty."""
    found = _ADDRESS.match(word)
    return (found[1] or found[2]).lower() if found else ""


def without_folders(line: str, folders: Sequence[str | os.PathLike[str]] = ()) -> str:
    """A line that ffmpeg wrote, its paths cut down to the names of the files, without addresses
    of its memory."""
    for folder in sorted((os.fspath(folder) for folder in folders), key=len, reverse=True):
        line = line.replace(f"file:{folder}/", "").replace(f"{folder}/", "")
    return _IN_MEMORY.sub("", _FOLDERS.sub("", line))
