"""Small real files of each accepted type, and the pieces to build hostile ones."""

import io
import struct
import zlib
from collections.abc import Callable

import pikepdf
from PIL import Image, ImageDraw

PNG_HEAD = b"\x89PNG\r\n\x1a\n"


def picture(width: int = 120, height: int = 90, mode: str = "RGB") -> Image.Image:
    image = Image.effect_noise((width, height), 40).convert("RGB")
    ImageDraw.Draw(image).text((5, 5), "sample", fill="red")
    return image.convert(mode)


def encoded(name: str, image: Image.Image | None = None, **options: object) -> bytes:
    buffer = io.BytesIO()
    (image or picture()).save(buffer, name, **options)  # type: ignore[arg-type]
    return buffer.getvalue()


def frames(name: str, count: int, **options: object) -> bytes:
    first, *others = (picture(64 + n, 48) for n in range(count))
    return encoded(name, first, save_all=True, append_images=others, **options)


def locked_pdf(*, user: str, owner: str = "owner") -> bytes:
    buffer = io.BytesIO()
    with pikepdf.open(io.BytesIO(frames("PDF", 2))) as pdf:
        pdf.save(buffer, encryption=pikepdf.Encryption(owner=owner, user=user))
    return buffer.getvalue()


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_declaring(width: int, height: int) -> bytes:
    """A one-bit PNG of any declared size whose pixels are all zero, in a few KB."""
    packer = zlib.compressobj(1, strategy=zlib.Z_RLE)
    row = bytes(1 + (width + 7) // 8)
    pixels = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = png_chunk(b"IHDR", head) + png_chunk(b"IDAT", pixels) + png_chunk(b"IEND", b"")
    return PNG_HEAD + chunks


def tiff_directory(at: int, next_offset: int, data_at: int = 8) -> bytes:
    """A directory of a one-pixel grey image (TIFF 6.0, section 3), to be placed at `at`."""
    tags = [(256, 1), (257, 1), (258, 8), (259, 1), (262, 1), (273, data_at), (278, 1), (279, 1)]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return struct.pack("<H", len(tags)) + entries + struct.pack("<I", next_offset)


def tiff_chain(count: int, *, last_points_to: int = 0) -> bytes:
    """A TIFF of `count` one-pixel pages in a chain."""
    length = len(tiff_directory(0, 0))
    starts = [10 + length * number for number in range(count)]
    following = [*starts[1:], last_points_to]
    pages = [tiff_directory(at, after) for at, after in zip(starts, following, strict=True)]
    return b"II*\0" + struct.pack("<I", starts[0]) + b"\x7f\0" + b"".join(pages)


ACCEPTED: dict[str, tuple[str, str, Callable[[], bytes]]] = {
    "png": ("image/png", ".png", lambda: encoded("PNG")),
    "png-palette": ("image/png", ".png", lambda: encoded("PNG", picture(mode="P"))),
    "png-16": ("image/png", ".png", lambda: encoded("PNG", picture(mode="L").convert("I;16"))),
    "apng": ("image/png", ".png", lambda: frames("PNG", 3)),
    "jpeg": ("image/jpeg", ".jpg", lambda: encoded("JPEG")),
    "jpeg-progressive": ("image/jpeg", ".jpg", lambda: encoded("JPEG", progressive=True)),
    "jpeg-cmyk": ("image/jpeg", ".jpg", lambda: encoded("JPEG", picture(mode="CMYK"))),
    "mpo": ("image/jpeg", ".jpg", lambda: frames("MPO", 2)),
    "tiff": ("image/tiff", ".tif", lambda: encoded("TIFF")),
    "tiff-lzw": ("image/tiff", ".tif", lambda: encoded("TIFF", compression="tiff_lzw")),
    "tiff-fax": (
        "image/tiff",
        ".tif",
        lambda: encoded("TIFF", picture(mode="1"), compression="group4"),
    ),
    "tiff-big": ("image/tiff", ".tif", lambda: encoded("TIFF", big_tiff=True)),
    "webp": ("image/webp", ".webp", lambda: encoded("WEBP")),
    "webp-lossless": ("image/webp", ".webp", lambda: encoded("WEBP", lossless=True)),
    "webp-alpha": ("image/webp", ".webp", lambda: encoded("WEBP", picture(mode="RGBA"))),
    "gif": ("image/gif", ".gif", lambda: encoded("GIF")),
    "gif-frames": ("image/gif", ".gif", lambda: encoded("GIF", comment=b"c" * 300)),
    "bmp": ("image/bmp", ".bmp", lambda: encoded("BMP")),
    "bmp-1": ("image/bmp", ".bmp", lambda: encoded("BMP", picture(mode="1"))),
}
