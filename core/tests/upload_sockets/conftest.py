"""Sockets of uploads against a running platform, and pictures to send."""

import base64
import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image, ImageDraw

from benchmarks.samples import Style, font, text_page
from core.tests.realtime.conftest import Client, open_socket

__all__ = ["open_socket"]
PATH = "/ws/core/upload/"


def picture(text: str) -> bytes:
    """Return a small picture of a few words, read in a moment."""
    image = Image.new("L", (900, 260), 255)
    face = font("DejaVuSans.ttf", 36)
    ImageDraw.Draw(image).multiline_text((30, 30), text, font=face, fill=0, spacing=14)
    return saved(image, "PNG", dpi=(200, 200))


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    """Return a picture's bytes in a format."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def encoded(data: bytes) -> str:
    """Return bytes as base64."""
    return base64.b64encode(data).decode()


@pytest.fixture(scope="session")
def slow_document() -> bytes:
    """Return a TIFF of four pages, whose recognition takes a few seconds."""
    return document("TIFF", 4)


@pytest.fixture(scope="session")
def long_document() -> bytes:
    """Return a PDF of ten scanned pages."""
    return document("PDF", 10)


def document(kind: str, count: int) -> bytes:
    """Return pages of text as one file."""
    style = Style(dpi=150)
    pages = [text_page("eng", style, seed=seed, count=5).image for seed in range(1, count + 1)]
    options = {"resolution": 150} if kind == "PDF" else {"dpi": (150, 150)}
    return saved(pages[0], kind, save_all=True, append_images=pages[1:], **options)


class UploadClient(Client):
    """A client of the upload sockets, as patient as recognition on a busy machine demands."""

    def receive(self, timeout_s: float = 180.0) -> dict[str, Any]:
        return super().receive(timeout_s)

    def create(self, data: bytes, **options: Any) -> dict[str, Any]:
        """Create an upload and return the answer."""
        return self.command("create", data={"image_base64": encoded(data), **options})

    def command(self, name: str, **keys: Any) -> dict[str, Any]:
        """Send a command and return its answer; events that come before it are dropped."""
        self.count = getattr(self, "count", 0) + 1
        request_id = f"r{self.count}"
        self.send({"type": name, "request_id": request_id, **keys})
        return self.until(lambda frame: frame.get("request_id") == request_id)

    def statuses_until_end(self, upload_id: str) -> list[dict[str, Any]]:
        """Return an upload's `Upload.status` frames up to and with the terminal one."""
        frames = []
        while not frames or frames[-1]["status"] not in ("processed", "error"):
            frames.append(
                self.until(lambda f: f["type"] == "Upload.status" and f.get("id") == upload_id)
            )
        return frames

    def is_quiet(self, seconds: float = 0.6) -> bool:
        """Return whether nothing comes for a while, after what a ping brings to light."""
        before = self.command("ping")
        try:
            frame = self.receive(seconds)
        except TimeoutError:
            return before["type"] == "pong"
        raise AssertionError(f"not quiet: {frame}")


@pytest.fixture
def connect(open_socket, user, access_token) -> Callable[..., UploadClient]:
    """Return the function that opens an upload socket: of `user`, of all uploads."""

    def open_one(
        account=None, upload_id: str = "", query: str = "", **options: Any
    ) -> UploadClient:
        token = access_token(account or user)
        path = f"{PATH}{upload_id}/" if upload_id else PATH
        client = open_socket(f"{path}?token={token}{query}", **options)
        return UploadClient(client.connection)

    return open_one
