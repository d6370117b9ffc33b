"""The type of an uploaded file, told by its content alone, and what its header says.

First the signature, then a real reading of the header. No pixel is decoded, so that a few KB which
declare 40,000 x 40,000 pixels cost nothing. What only decoding tells is for the worker.
"""

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NoReturn

from PIL import Image, ImageFile

from core.media import imageheaders as headers
from core.media.errors import ProgramMissing, TooManyPixels, UnreadableImage, UnsupportedMedia
from core.media.pdf import pdf_info


@dataclass(frozen=True)
class ImageLimits:
    """What one page may measure."""

    max_pixels: int = 60_000_000
    max_side: int = 32_000


DEFAULT_LIMITS = ImageLimits()


@dataclass(frozen=True)
class Identified:
    """An accepted file. `extension` has its dot. A PDF has no size of its own.

    `frame_hint` is the number of pages a TIFF chains together (10,000 stands for more), 1 for what
    is read as a single image, None where the header does not tell.
    """

    mime: str
    extension: str
    width: int | None = None
    height: int | None = None
    frame_hint: int | None = None


@dataclass(frozen=True)
class _Format:
    mime: str
    extension: str
    read: "Callable[[_Source], Identified]"


@dataclass(frozen=True)
class _Source:
    """A file under examination: `file` is open, `size_bytes` its length."""

    path: Path
    file: BinaryIO
    size_bytes: int
    limits: ImageLimits
    mime: str
    extension: str

    def image(self, size: tuple[int, int], *, frames: int = 1) -> Identified:
        self.require_allowed(size)
        return Identified(self.mime, self.extension, *size, frames)

    def require_allowed(self, size: tuple[int, int]) -> None:
        """Raises: UnreadableImage for an empty image, TooManyPixels."""
        if min(size) < 1:
            damaged()
        if max(size) > self.limits.max_side or size[0] * size[1] > self.limits.max_pixels:
            raise TooManyPixels(
                f"The image is too large: at most {self.limits.max_pixels:,} pixels and "
                f"{self.limits.max_side:,} on a side are allowed."
            )


def identify(path: Path, *, limits: ImageLimits = DEFAULT_LIMITS) -> Identified:
    """Tell the type and the header of a PNG, JPEG, TIFF, WebP, GIF, BMP or PDF.

    Raises: UnsupportedMedia for anything else, SVG always; UnreadableImage when the header does not
    decode, the end is missing or a password is needed; TooManyPixels.
    """
    with path.open("rb") as file:
        found = _format_of(file.read(1024))
        size_bytes = os.fstat(file.fileno()).st_size
        source = _Source(path, file, size_bytes, limits, found.mime, found.extension)
        try:
            return found.read(source)
        except headers.BadHeader as error:
            damaged(error)


def damaged(cause: Exception | None = None) -> NoReturn:
    """Raises: UnreadableImage, always."""
    raise UnreadableImage("The file is damaged or incomplete.") from cause


def _open(source: _Source, name: str) -> ImageFile.ImageFile:
    """Let Pillow read the header, as one format only and never as another."""
    source.file.seek(0)
    try:
        image = Image.open(source.file, formats=[name])
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooManyPixels("The image has too many pixels.") from error
    except Exception as error:  # noqa: BLE001 - its plugins raise whatever a bad header leads to
        damaged(error)
    source.require_allowed(image.size)
    return image


def _read_png(source: _Source) -> Identified:
    pixels = headers.walk_png(source.file)
    image = _open(source, "PNG")
    _require(source, b"IEND\xae\x42\x60\x82", after=pixels)
    return source.image(image.size)


def _read_jpeg(source: _Source) -> Identified:
    # From behind the header on, the end of a thumbnail in the EXIF does not count, and what
    # cameras append behind the end does no harm.
    scan = headers.walk_jpeg(source.file)
    image = _open(source, "JPEG")
    _require(source, b"\xff\xd9", after=scan)
    return source.image(image.size)


def _require(source: _Source, marker: bytes, *, after: int) -> None:
    if not headers.contains(source.file, marker, start=after):
        damaged()


def _read_gif(source: _Source) -> Identified:
    headers.walk_gif(source.file)  # only the first frame is ever used, so only it must be whole
    return source.image(_open(source, "GIF").size)


def _read_bmp(source: _Source) -> Identified:
    image = _open(source, "BMP")
    tile = image.tile[0] if image.tile else damaged()
    if tile.codec_name == "raw":
        stride = tile.args[1] if isinstance(tile.args, tuple) else 0
        if tile.offset + stride * (image.height - 1) >= source.size_bytes:
            damaged()
    return source.image(image.size)


def _read_tiff(source: _Source) -> Identified:
    # Counted first: the count refuses a circle of directories before Pillow walks into it.
    frames = headers.tiff_frame_count(source.file)
    image = _open(source, "TIFF")
    _require_tiff_data(source, image)
    return source.image(image.size, frames=frames)


_TIFF_DATA_TAGS = ((273, 279), (324, 325))  # offsets and lengths of strips and of tiles


def _require_tiff_data(source: _Source, image: ImageFile.ImageFile) -> None:
    """The first page's pixels must lie within the file."""
    tags = getattr(image, "tag_v2", {})
    for offsets_tag, lengths_tag in _TIFF_DATA_TAGS:
        offsets, lengths = tags.get(offsets_tag, ()), tags.get(lengths_tag, ())
        try:
            ends = [offset + length for offset, length in zip(offsets, lengths, strict=False)]
            if ends and max(ends) > source.size_bytes:
                damaged()
        except TypeError as error:  # a tag of the wrong kind: text, or a single number
            damaged(error)


def _read_webp(source: _Source) -> Identified:
    return source.image(headers.webp_size(source.file, source.size_bytes))


_PDF_TAIL = 4096


def _read_pdf(source: _Source) -> Identified:
    # It ends every PDF: without it the end is missing. What follows it is rarely long.
    if not headers.contains(source.file, b"startxref", start=max(0, source.size_bytes - _PDF_TAIL)):
        _require(source, b"startxref", after=0)
    # The dictionary that names the encryption is never compressed itself (ISO 32000-2, 7.5.8.2),
    # so only a file with this word needs the 20 to 30 ms of a program to tell whether it opens.
    if headers.contains(source.file, b"/Encrypt"):
        with contextlib.suppress(ProgramMissing):  # the worker that reads the pages will tell
            pdf_info(source.path, max_sizes=1)
    return Identified(source.mime, source.extension)


_PNG = _Format("image/png", ".png", _read_png)
_JPEG = _Format("image/jpeg", ".jpg", _read_jpeg)
_GIF = _Format("image/gif", ".gif", _read_gif)
_TIFF = _Format("image/tiff", ".tif", _read_tiff)
_WEBP = _Format("image/webp", ".webp", _read_webp)
_BMP = _Format("image/bmp", ".bmp", _read_bmp)
_PDF = _Format("application/pdf", ".pdf", _read_pdf)

_SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": _PNG,
    b"\xff\xd8\xff": _JPEG,
    b"GIF87a": _GIF,
    b"GIF89a": _GIF,
    b"II*\0": _TIFF,
    b"MM\0*": _TIFF,
    b"II+\0\x08\0\0\0": _TIFF,
    b"MM\0+\0\x08\0\0": _TIFF,
}
_BMP_HEADER_LENGTHS = (12, 40, 52, 56, 64, 108, 124)


def _format_of(head: bytes) -> _Format:
    for signature, found in _SIGNATURES.items():
        if head.startswith(signature):
            return found
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _WEBP
    # Two letters alone would take any text about a BMW for a picture.
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADER_LENGTHS:
        return _BMP
    if head.removeprefix(b"\xef\xbb\xbf").lstrip(b"\0\t\n\f\r ").startswith(b"%PDF-"):
        return _PDF
    raise UnsupportedMedia("Only PNG, JPEG, TIFF, WebP, GIF, BMP and PDF files are accepted.")
