"""What the tests of uploads share: generated pages, clients, and a wait for a status."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from channels.layers import get_channel_layer
from django.conf import settings
from PIL import Image

from benchmarks.samples import Sample, Style, text_page
from core.kinds.ocr import Ocr
from core.realtime.groups import group_for_uploads_of
from core.realtime.publish import Event, channel_of, connection
from core.uploads.models import Upload
from core.uploads.selectors import uploads_of
from core.uploads.status import status_of
from tests.support.fixtures import client_of
from tests.support.throttling import forget
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


@pytest.fixture(autouse=True)
def fresh_quota():
    """Forget the uploads that earlier tests have made from this address."""
    forget("uploads*")


@pytest.fixture(autouse=True)
def by_hand(request, monkeypatch):
    """Keep runs that a test walks through itself from workers that other tests have started."""
    if "platform" not in request.fixturenames:
        monkeypatch.setattr(Ocr, "queue", "by-hand")


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


def ended(user, upload_id: str, timeout_s: float = 180) -> Upload:
    """Wait until an upload is processed, or has ended otherwise, and return it."""

    def found() -> Upload | None:
        upload = uploads_of(user).get(pk=upload_id)
        return upload if status_of(upload) in ("processed", "error") else None

    return wait_until(found, timeout_s=timeout_s)


class Heard:
    """The events of one owner's uploads, as they leave."""

    def __init__(self, pubsub) -> None:
        self._pubsub = pubsub

    def events(self) -> list[Event]:
        """Return what has arrived since the last call."""
        found = []
        while message := self._pubsub.get_message(timeout=0.3):
            if message["type"] == "message":
                event = get_channel_layer().deserialize(message["data"])
                found.append(
                    Event(**{k: v for k, v in event.items() if k not in ("type", "group")})
                )
        return found

    def names(self) -> list[str]:
        """Return what the events that have arrived say, in short."""
        return [_short(event) for event in self.events()]


def _short(event: Event) -> str:
    if event.name == "upload.changed":
        return f"{event.data['frame_type']} {event.data['status']} {event.data['run']}"
    if event.name == "upload.ended":
        frame = event.data["frame"]
        return f"ended {frame['status']} {frame['run']} {frame.get('error_code', '')}".strip()
    return f"stream {event.data['run']} {event.data['seq']}"


@pytest.fixture
def heard(user):
    """Listen to the events of the user's uploads."""
    with connection().pubsub() as pubsub:
        pubsub.subscribe(channel_of(group_for_uploads_of(user.pk)))
        pubsub.get_message(timeout=60)
        yield Heard(pubsub)
