"""The type by content alone, and what headers refuse."""

import contextlib
import io
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from core.media import imageheaders
from core.media.errors import InvalidInput, TooManyPixels, UnreadableImage, UnsupportedMedia
from core.media.identify import Identified, ImageLimits, identify
from core.tests.media import samples
from core.tests.media.samples import (
    ACCEPTED,
    encoded,
    frames,
    locked_pdf,
    picture,
    png_chunk,
    png_declaring,
    tiff_chain,
    tiff_directory,
)

Told = Callable[..., Identified]
reuse_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>1</script></svg>'
HLS = b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
MPD = b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"></MPD>'


@pytest.fixture
def told(tmp_path: Path) -> Told:
    """Identify these bytes, in a file whose name says nothing true."""

    def tell(data: bytes, *, name: str = "upload.png", **options: ImageLimits) -> Identified:
        path = tmp_path / name
        path.write_bytes(data)
        return identify(path, **options)

    return tell


UNSUPPORTED = {
    "nothing": b"",
    "one byte": b"\x89",
    "text": b"just text\n" * 100,
    "text about a BMW": b"BMW is a maker of cars. " * 20,
    "svg": SVG,
    "svg with a declaration": b'<?xml version="1.0"?>\n<!DOCTYPE svg>' + SVG,
    "svg behind a byte order mark": b"\xef\xbb\xbf" + SVG,
    "html": b"<!doctype html><script>alert(1)</script>",
    "html in front of a png": b"<script>alert(1)</script>" + encoded("PNG"),
    "playlist": HLS,
    "ffconcat": b"ffconcat version 1.0\nfile '/etc/passwd'\n",
    "mpd": MPD,
    "zip": b"PK\x03\x04" + bytes(100),
    "elf": b"\x7fELF" + bytes(100),
    "mp4": b"\0\0\0\x18ftypmp42" + bytes(100),
    "heic": b"\0\0\0\x18ftypheic" + bytes(100),
    "wave": b"RIFF\x24\0\0\0WAVEfmt " + bytes(100),
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    "ppm": b"P6 9 9 255\n" + bytes(243),
    "icon": encoded("ICO"),
    "targa": encoded("TGA"),
    "jpeg 2000": encoded("JPEG2000"),
    "a pdf far into the file": bytes(2000) + b"%PDF-1.4",
}


@pytest.mark.parametrize("name", ["a.png", "a.mp4", "a.pdf", "a.svg"])
@pytest.mark.parametrize("data", UNSUPPORTED.values(), ids=UNSUPPORTED.keys())
def test_anything_else_is_unsupported_whatever_its_name(told: Told, data: bytes, name: str) -> None:
    with pytest.raises(UnsupportedMedia) as caught:
        told(data, name=name)
    assert caught.value.code == "unsupported_media"


def _gif_head() -> bytes:
    return b"GIF89a" + struct.pack("<HHBBB", 9, 9, 0, 0, 0)


DAMAGED = {
    "png signature alone": samples.PNG_HEAD,
    "png without pixels": samples.PNG_HEAD + png_chunk(b"IEND", b""),
    "png of no width": png_declaring(0, 5),
    "png with a wrong checksum": encoded("PNG").replace(b"IHDR\0\0\0\x78", b"IHDR\0\0\0\x79"),
    "png of a million chunks": encoded("PNG")[:33]
    + png_chunk(b"teSt", b"") * 100_000
    + encoded("PNG")[33:],
    "jpeg signature alone": b"\xff\xd8\xff",
    "jpeg without a scan": b"\xff\xd8\xff\xd9",
    "jpeg of a million segments": b"\xff\xd8" + b"\xff\xe5\0\x02" * 100_000 + encoded("JPEG")[2:],
    "jpeg of a segment that goes nowhere": b"\xff\xd8" + b"\xff\xe5\0\0" * 100_000,
    "jpeg whose only end is a thumbnail's": encoded(
        "JPEG", exif=b"Exif\0\0" + b"II*\0" + bytes(50) + b"\xff\xd8\xff\xd9"
    )[:-2],
    "jpeg of fill bytes": b"\xff\xd8" + b"\xff" * 100_000,
    "tiff signature alone": b"II*\0",
    "tiff whose directory lies outside": b"II*\0" + struct.pack("<I", 10**9) + bytes(20),
    "tiff whose directory is its own next": tiff_chain(1, last_points_to=10),
    "tiff whose directories form a circle": tiff_chain(3, last_points_to=10),
    "tiff whose last directory is not there": tiff_chain(2, last_points_to=10**6),
    "tiff whose pixels lie outside": b"II*\0\x08\0\0\0" + tiff_directory(8, 0, data_at=10**6),
    "tiff with no entries": b"II*\0\x08\0\0\0\0\0\0\0\0\0\0\0",
    "big tiff with endless entries": b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, 2**63) + bytes(64),
    "big tiff with a huge offset": b"II+\0\x08\0\0\0" + struct.pack("<Q", 2**64 - 1) + bytes(64),
    "big tiff beyond the file system": b"II+\0\x08\0\0\0" + struct.pack("<Q", 2**44) + bytes(64),
    "webp head alone": b"RIFF\x24\0\0\0WEBPVP8 ",
    "webp of an unknown kind": b"RIFF\x24\0\0\0WEBPABCD" + bytes(40),
    "gif signature alone": b"GIF89a",
    "gif without a frame": _gif_head() + b";",
    "gif of a million comments": _gif_head() + b"!\xfe\x01a\0" * 100_000,
    "gif of a million sub-blocks": _gif_head() + b"!\xfe" + b"\x01a" * 100_000,
    "gif of empty pixels without end": _gif_head()
    + b","
    + struct.pack("<HHHHBB", 0, 0, 9, 9, 0, 2)
    + b"\x01a" * 600_000,
    "bmp head alone": encoded("BMP")[:20],
    "pdf signature alone": b"%PDF-1.7\n",
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_header_that_does_not_decode_is_unreadable(told: Told, data: bytes) -> None:
    with pytest.raises(UnreadableImage) as caught:
        told(data)
    assert caught.value.code == "unreadable_image"


# An MPO is a whole JPEG with others behind it: only the first is used, so only it must be whole.
CUT = {name: make for name, (_, _, make) in ACCEPTED.items() if name != "mpo"}
CUT["pdf"] = lambda: frames("PDF", 2)


@pytest.mark.parametrize("name", CUT)
def test_a_file_cut_at_every_tenth_is_refused(told: Told, name: str) -> None:
    whole = CUT[name]()
    for tenth in range(10):
        with pytest.raises((UnsupportedMedia, UnreadableImage)):
            told(whole[: len(whole) * tenth // 10])


def test_a_jpeg_cut_in_half_is_unreadable(told: Told) -> None:
    whole = encoded("JPEG", picture(800, 600))
    with pytest.raises(UnreadableImage):
        told(whole[: len(whole) // 2])


def test_a_picture_too_large_is_refused_by_its_header_alone(told: Told) -> None:
    bomb = png_declaring(40_000, 40_000)
    assert len(bomb) < 256 * 1024
    tracemalloc.start()
    try:
        with pytest.raises(TooManyPixels) as caught:
            told(bomb)
        assert tracemalloc.get_traced_memory()[1] < 4 * 1024 * 1024
    finally:
        tracemalloc.stop()
    assert caught.value.code == "too_many_pixels"


def test_tags_that_all_claim_the_whole_file_take_no_more_memory_than_it(told: Told) -> None:
    size = 1_000_000
    tags = b"".join(struct.pack("<HHII", 1000 + n, 1, size, 0) for n in range(2000))
    data = b"II*\0" + struct.pack("<IH", 8, 2000) + tags + bytes(4 + size)
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableImage):
            told(data)
        assert tracemalloc.get_traced_memory()[1] < 8 * size
    finally:
        tracemalloc.stop()


def _webp_of_16384() -> bytes:
    body = b"VP8X" + struct.pack("<I", 10) + bytes(4) + b"\xff\x3f\0" * 2 + bytes(10)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


TOO_LARGE = {
    "png": png_declaring(9000, 8000),
    "jpeg": encoded("JPEG").replace(b"\x00\x5a\x00\x78", struct.pack(">HH", 60_000, 2_000)),
    "gif": encoded("GIF").replace(struct.pack("<HH", 120, 90), struct.pack("<HH", 60_000, 60_000)),
    "bmp": encoded("BMP").replace(struct.pack("<II", 120, 90), struct.pack("<II", 60_000, 60_000)),
    "webp": _webp_of_16384(),
    "long and thin": png_declaring(32_001, 1),
}


@pytest.mark.parametrize("data", TOO_LARGE.values(), ids=TOO_LARGE.keys())
def test_every_type_is_held_to_the_pixel_limit(told: Told, data: bytes) -> None:
    with pytest.raises(TooManyPixels):
        told(data)


def test_the_limits_are_the_callers(told: Told) -> None:
    small = ImageLimits(max_pixels=100 * 100, max_side=150)
    assert told(encoded("PNG", picture(100, 100)), limits=small).width == 100
    with pytest.raises(TooManyPixels):
        told(encoded("PNG", picture(101, 100)), limits=small)
    with pytest.raises(TooManyPixels):
        told(encoded("PNG", picture(151, 10)), limits=small)


def test_pillows_own_guard_is_on_and_gives_the_same_refusal(told: Told) -> None:
    assert Image.MAX_IMAGE_PIXELS
    generous = ImageLimits(max_pixels=10**12, max_side=10**6)
    with pytest.raises(TooManyPixels):
        told(png_declaring(20_000, 20_000), limits=generous)


def test_a_pdf_that_needs_a_password_is_unreadable(told: Told) -> None:
    with pytest.raises(UnreadableImage):
        told(locked_pdf(user="secret"))


def test_a_pdf_that_opens_with_the_empty_password_is_accepted(told: Told) -> None:
    assert told(locked_pdf(user="")).mime == "application/pdf"


def test_a_pdf_that_only_speaks_of_encryption_is_accepted(told: Told) -> None:
    plain = frames("PDF", 1).replace(b"%PDF-1.4\n", b"%PDF-1.4\n% /Encrypt\n")
    assert told(plain).extension == ".pdf"


@pytest.mark.parametrize("behind", [0, 4000, 5000, 100_000])
def test_a_pdf_may_end_in_bytes_that_are_none_of_its_own(told: Told, behind: int) -> None:
    assert told(frames("PDF", 1) + b"\0" * behind).mime == "application/pdf"


def test_a_pdf_may_begin_with_blanks(told: Told) -> None:
    assert told(b"\r\n\n" + frames("PDF", 1)) == Identified("application/pdf", ".pdf")


@pytest.mark.parametrize("name", ACCEPTED)
def test_an_accepted_type_is_told_with_its_size(told: Told, name: str) -> None:
    mime, extension, make = ACCEPTED[name]
    data = make()
    with Image.open(io.BytesIO(data)) as image:
        width, height = image.size
    assert told(data, name="lie.txt") == Identified(mime, extension, width, height, 1)


def test_the_pages_of_a_tiff_are_counted(told: Told) -> None:
    assert told(frames("TIFF", 10)).frame_hint == 10
    assert told(frames("TIFF", 4, big_tiff=True)).frame_hint == 4


def test_a_tiff_of_ten_thousand_pages_and_more_is_counted_no_further(told: Told) -> None:
    assert told(tiff_chain(2_000)).frame_hint == 2_000
    assert told(tiff_chain(10_050)).frame_hint == imageheaders.MAX_FRAMES_COUNTED


def test_a_gif_of_many_frames_counts_as_its_first(told: Told) -> None:
    whole = encoded("GIF", picture(50, 50))
    body = whole[whole.index(b",") : -1]
    assert told(whole[:-1] + body * 20_000 + b";").frame_hint == 1


def test_what_follows_the_end_of_a_picture_does_no_harm(told: Told) -> None:
    for name in ("PNG", "JPEG", "GIF"):
        assert told(encoded(name) + SVG + bytes(10_000)).width == 120


def test_a_file_that_is_missing_is_not_the_inputs_fault(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        identify(tmp_path / "gone")


def test_messages_hold_no_path(told: Told, tmp_path: Path) -> None:
    for data in (SVG, DAMAGED["png without pixels"], TOO_LARGE["png"], locked_pdf(user="x")):
        with pytest.raises(InvalidInput) as caught:
            told(data)
        assert str(tmp_path) not in str(caught.value)
        assert "upload" not in str(caught.value)


WHOLE = {name: make() for name, (_, _, make) in ACCEPTED.items()} | {
    "pdf": frames("PDF", 1),
    "tiff-pages": frames("TIFF", 3),
}


@reuse_folder
@given(name=st.sampled_from(sorted(WHOLE)), data=st.data())
def test_no_damage_at_all_raises_anything_but_a_refusal(
    told: Told, name: str, data: st.DataObject
) -> None:
    damaged = bytearray(WHOLE[name])
    # Most of what a header says stands in the first bytes, a TIFF's directory in the last.
    near_an_end = st.integers(0, 200).map(lambda n: n if data.draw(st.booleans()) else -1 - n)
    anywhere = st.integers(0, len(damaged) - 1)
    for position in data.draw(st.lists(near_an_end | anywhere, max_size=8)):
        damaged[position % len(damaged)] = data.draw(st.integers(0, 255))
    length = data.draw(st.integers(0, len(damaged)) | st.just(len(damaged)))
    with contextlib.suppress(UnsupportedMedia, UnreadableImage, TooManyPixels):
        told(bytes(damaged[:length]))


@reuse_folder
@given(st.sampled_from([b"", b"II*\0", b"\xff\xd8\xff", b"GIF89a", b"RIFF1234WEBP"]), st.binary())
def test_random_bytes_behind_any_signature_raise_nothing_but_a_refusal(
    told: Told, signature: bytes, rest: bytes
) -> None:
    with pytest.raises(InvalidInput):
        told(signature + rest)
