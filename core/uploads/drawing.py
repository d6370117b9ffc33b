"""A program that draws one page of a picture file as PNG on its standard output.

It runs alone, under limits on memory and time: the web process itself decodes no pixels.
    python drawing.py <file> <page, counted from 1> <width in pixels at most>
Exit status 3: there is no such page. Pillow's own guard against bombs stays on.
"""

import sys

from PIL import Image, ImageOps

NO_SUCH_PAGE = 3


def main(path: str, number: int, width: int) -> int:
    """Draw the page, upright, and return the exit status."""
    with Image.open(path) as image:
        # Only a TIFF has pages; the frames of an animation are not.
        if number > 1 and image.format != "TIFF":
            return NO_SUCH_PAGE
        try:
            image.seek(number - 1)
        except EOFError:
            return NO_SUCH_PAGE
        image.draft("RGB", (width, width))
        page = ImageOps.exif_transpose(image)
        if page.width > width:
            page = _plain(page).resize((width, max(1, page.height * width // page.width)))
        _plain(page).save(sys.stdout.buffer, "PNG")
    return 0


def _plain(page: Image.Image) -> Image.Image:
    """Return the page in a mode that PNG and every browser know."""
    return page if page.mode in ("L", "RGB", "RGBA") else page.convert("RGB")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
