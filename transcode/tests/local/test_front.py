"""Whether a file can be read from its front, and what is known of it by then."""

import struct

import pytest

from core.media.errors import NotMedia
from tests.support.clips import clip
from transcode.local.front import LEAST_MATROSKA_BYTES, LEAST_TS_BYTES, Front


@pytest.fixture
def front(tmp_path):
    """Return a function that gives the beginning of some bytes, as an upload leaves it."""

    def make(content, size, length=None):
        path = tmp_path / "data"
        path.write_bytes(content[:size])
        return Front(path, min(size, len(content)), length or len(content))

    return make


def box(kind, size=16):
    return struct.pack(">I4s", size, kind) + b"\0" * (size - 8)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 100,
        b"#EXTM3U\nfile:///etc/passwd\n",
        box(b"ftyp"),
        box(b"ftyp") + box(b"mdat") + box(b"moov"),
        box(b"ftyp") + box(b"moov")[:12],
        box(b"ftyp") + struct.pack(">I4s", 0, b"free"),
        box(b"ftyp") + struct.pack(">I4sQ", 1, b"free", 0),
        box(b"ftyp") + struct.pack(">I4s", 4, b"free") * 10,
        box(b"ftyp") + box(b"free", 8) * 100,
        box(b"ftyp") + box(b"moov"),
        b"\x1a\x45\xdf\xa3" + b"\0" * LEAST_MATROSKA_BYTES,
    ],
    ids=range(12),
)
def test_what_is_no_media_or_has_no_index_in_front_tells_nothing(front, content):
    assert front(content, len(content)).probe() is None


@pytest.mark.parametrize(
    "content",
    [
        b"\x1a\x45\xdf\xa3" + b"\x44\x89\x88" + b"\0" * LEAST_MATROSKA_BYTES,
        (b"\x47" + b"\0" * 187) * (LEAST_TS_BYTES // 188 + 1),
    ],
    ids=["matroska", "mpegts"],
)
def test_what_only_looks_like_media_cannot_be_read(front, content):
    with pytest.raises(NotMedia):
        front(content, len(content)).probe()


def test_an_index_that_is_not_whole_yet_tells_nothing(front):
    content = clip("landscape").read_bytes()
    at = content.index(b"moov") - 4
    end = at + int.from_bytes(content[at : at + 4], "big")
    assert front(content, end - 1).probe() is None
    assert front(content, end).probe() is not None


def test_bytes_that_are_not_there_to_stay_do_not_count(front):
    content = clip("landscape").read_bytes()
    whole = front(content, len(content))
    assert Front(whole.path, 1000, len(content)).probe() is None


def test_an_index_at_the_end_tells_nothing(front):
    content = clip("slow_start").read_bytes()
    assert front(content, len(content) - 1000).probe() is None


@pytest.mark.parametrize("share", [0.3, 0.6, 1.0])
def test_an_mp4_with_its_index_in_front_is_known_whatever_has_come(front, share):
    content = clip("landscape").read_bytes()
    info = front(content, int(len(content) * share)).probe()
    assert info.duration_s == pytest.approx(2.0, abs=0.1)
    assert info.size_bytes == len(content)
    assert info.bitrate_bps == int(len(content) * 8 / info.duration_s)
    assert (info.video.width, info.video.height, info.audio.codec) == (640, 360, "aac")


def test_matroska_says_how_long_it_is(front):
    content = clip("mkv").read_bytes()
    assert len(content) > LEAST_MATROSKA_BYTES
    info = front(content, LEAST_MATROSKA_BYTES + 1000).probe()
    assert info.duration_s == pytest.approx(2.0, abs=0.2)
    assert front(content, LEAST_MATROSKA_BYTES - 1).probe() is None


def test_a_transport_stream_is_as_long_as_its_bytes_tell(front):
    content = clip("mpegts").read_bytes()
    # Each repetition begins anew; here it is only long enough.
    long = content * (2 * LEAST_TS_BYTES // len(content) + 1)
    whole = front(long, len(long)).probe()
    assert whole.video.width == 640
    part = front(long, LEAST_TS_BYTES, 4 * LEAST_TS_BYTES).probe()
    seen = front(long, LEAST_TS_BYTES, LEAST_TS_BYTES).probe()
    assert part.duration_s == pytest.approx(4 * seen.duration_s, rel=0.01)
    assert part.size_bytes == 4 * LEAST_TS_BYTES
