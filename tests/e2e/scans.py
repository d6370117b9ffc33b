"""Scans for the browser tests, drawn when they are needed."""

import random
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

TEXT = (
    "the weaver sets warp threads on a loom before any cloth can grow and each shuttle carries "
    "its weft from side to side while workers watch every colour meet another until patterns "
    "appear that nobody could see in single threads"
)
WORDS = TEXT.split()
A4_AT_150_DPI = (1240, 1754)


def page(title: str, *, lines: int = 30, seed: int = 1) -> Image.Image:
    """Draw one page: a title and lines of words that differ from page to page."""
    image = Image.new("L", A4_AT_150_DPI, 255)
    draw = ImageDraw.Draw(image)
    draw.text((120, 110), title, fill=0, font=ImageFont.load_default(54))
    font = ImageFont.load_default(28)
    words = random.Random(seed)
    for number in range(lines):
        text = " ".join(words.choices(WORDS, k=10))
        draw.text((120, 230 + number * 46), text, fill=0, font=font)
    return image


def png(title: str = "A short page", *, lines: int = 4, seed: int = 1) -> bytes:
    """Return one page as a PNG file."""
    buffer = BytesIO()
    page(title, lines=lines, seed=seed).save(buffer, "PNG")
    return buffer.getvalue()


def pdf(pages: int, *, lines: int = 30) -> bytes:
    """Return a PDF of scanned pages, without a text layer."""
    images = [page(f"Page {n + 1}", lines=lines, seed=n) for n in range(pages)]
    buffer = BytesIO()
    images[0].save(buffer, "PDF", save_all=True, append_images=images[1:], resolution=150)
    return buffer.getvalue()


def saved(folder: Path, name: str, content: bytes) -> Path:
    """Write a file for a file chooser."""
    path = folder / name
    path.write_bytes(content)
    return path
