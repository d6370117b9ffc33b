"""Pages as pictures, drawn by programs of their own (core contract, 6.3)."""

import sys
import threading
from pathlib import Path

from core.errors import FieldErrors, JobError
from core.media import process
from core.media.errors import ProgramFailed
from core.media.process import Limits
from core.uploads import drawing, storage
from core.uploads.errors import NotFound, Unavailable
from core.uploads.models import Upload

PDF = "application/pdf"
# pdftoppm(1): "Error related to output of page range" and the like; 3 is our own program's.
_NO_SUCH_PAGE = (99, drawing.NO_SUCH_PAGE)
_LIMITS = Limits(wall_s=30.0, memory_bytes=2**30)
_drawing = threading.BoundedSemaphore(2)
PATIENCE_S = 60.0


def page_png(upload: Upload, number: int, *, width: int) -> bytes:
    """Draw a page, counted from 1, as a PNG at most `width` pixels wide.

    Raises: `NotFound` when there is no such page, `FieldErrors` when it cannot be drawn,
    `Unavailable` while too many others are drawn, `TemporaryFailure`.
    """
    if number < 1 or (upload.page_count is not None and number > upload.page_count):
        raise NotFound
    if not _drawing.acquire(timeout=PATIENCE_S):
        raise Unavailable("Too many pages are being drawn; try again later.")
    try:
        with storage.local_file(upload.stored_name) as path:
            command = _command(upload.mime_type, path, number, width)
            picture = process.run(command, limits=_LIMITS, capture=True).stdout
    except ProgramFailed as error:
        if error.returncode in _NO_SUCH_PAGE:
            raise NotFound from error
        raise _undrawable("The page is damaged.") from error
    except JobError as error:
        raise _undrawable("The page takes too much to draw.") from error
    finally:
        _drawing.release()
    if not picture:
        # pdftoppm ends well, and draws nothing, where a page tree leads in a circle.
        raise _undrawable("The page is damaged.")
    return picture


def _command(mime_type: str, path: Path, number: int, width: int) -> list[str]:
    file = str(path.absolute())
    if mime_type == PDF:
        page = ["-f", str(number), "-l", str(number), "-scale-to-x", str(width)]
        return ["pdftoppm", "-png", "-cropbox", *page, "-scale-to-y", "-1", file]
    return [sys.executable, "-I", drawing.__file__, file, str(number), str(width)]


def _undrawable(message: str) -> FieldErrors:
    return FieldErrors({"page": message}, code="unreadable_image")
