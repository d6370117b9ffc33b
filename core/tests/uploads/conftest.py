"""What the tests of uploads share: generated pages, clients, and a wait for a status."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from PIL import Image

from benchmarks.samples import Sample, Style, text_page
from core.uploads.models import Upload
from core.uploads.selectors import uploads_of
from core.uploads.status import status_of
from tests.support.fixtures import client_of
from tests.support.waiting import wait_until

UPLOADS = "/api/v1/core/uploads/"
SMALL = Style(size_pt=14, dpi=100)


def png_of(image: Image.Image, **options: object) -> bytes:
    """Return a picture as PNG."""
    return bytes_of(image, "PNG", **options)


def bytes_of(image: Image.Image, kind: str, **options: object) -> bytes:
    """Return a picture in some format."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def tiny_png(colour: int = 255, size: tuple[int, int] = (60, 40)) -> bytes:
    """Return a small, empty picture; another colour is another content."""
    return png_of(Image.new("L", size, colour))


@pytest.fixture(scope="session")
def page() -> Sample:
    """Return a page of English text."""
    return text_page("eng", Style(dpi=150), seed=11, count=3)


@pytest.fixture(scope="session")
def page_png(page: Sample) -> bytes:
    """Return that page as PNG."""
    return png_of(page.image, dpi=(150, 150))


@pytest.fixture
def other_api(other_user, access_token):
    """Return a client of another user."""
    return client_of(other_user, access_token)


@pytest.fixture
def stored() -> Callable[[], list[Path]]:
    """Return the function that lists all finished files."""
    root = Path(settings.MEDIA_ROOT) / "uploads"
    return lambda: [path for path in root.glob("*/??/*") if path.is_file()]


@pytest.fixture
def incoming() -> Callable[[], list[Path]]:
    """Return the function that lists temporary files."""
    return lambda: list((Path(settings.MEDIA_ROOT) / "uploads" / ".incoming").glob("*"))


def ended(user, upload_id: str, timeout_s: float = 90) -> Upload:
    """Wait until an upload is processed, or has ended otherwise, and return it."""

    def found() -> Upload | None:
        upload = uploads_of(user).get(pk=upload_id)
        return upload if status_of(upload) in ("processed", "error") else None

    return wait_until(found, timeout_s=timeout_s)
