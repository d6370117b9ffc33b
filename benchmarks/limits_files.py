"""Files for `limits.py`, as base64: each call makes one that was never sent before."""

import base64
import io
import secrets
from typing import Any

from PIL.PngImagePlugin import PngInfo

from benchmarks.samples import Style, text_page

MIB = 2**20
DPI = 150


def fresh() -> str:
    """Return a page of a few paragraphs."""
    return _png(b"")


def large_message() -> dict[str, Any]:
    """Return the `data` of a `create` whose base64 has 60 MiB."""
    text = _png(bytes(45 * MIB))
    if len(text) < 60 * MIB:
        raise ValueError("the message is too small")
    return {"image_base64": text, "process": False}


def pdf(count: int) -> str:
    """Return a PDF of scanned pages."""
    return _document(count, "PDF", resolution=DPI)


def tiff(count: int) -> str:
    """Return a TIFF of as many pages."""
    return _document(count, "TIFF", dpi=(DPI, DPI))


def _png(padding: bytes) -> str:
    """Make a PNG of a page; `padding` is a chunk of no meaning."""
    note = PngInfo()
    note.add_text("Comment", secrets.token_hex(16))
    if padding:
        note.add(b"prVt", padding)
    image = text_page("eng", Style(dpi=DPI), seed=secrets.randbelow(2**31), count=5).image
    buffer = io.BytesIO()
    image.save(buffer, "PNG", pnginfo=note, dpi=(DPI, DPI))
    return base64.b64encode(buffer.getvalue()).decode()


def _document(count: int, kind: str, **options: Any) -> str:
    seeds = [secrets.randbelow(2**31) for _ in range(count)]
    pages = [text_page("eng", Style(dpi=DPI), seed=seed, count=5).image for seed in seeds]
    buffer = io.BytesIO()
    pages[0].save(buffer, kind, save_all=True, append_images=pages[1:], **options)
    return base64.b64encode(buffer.getvalue()).decode()
