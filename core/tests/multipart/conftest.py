"""What the tests of forms share: bodies that arrive in pieces."""

import pytest

from core.multipart import Begin, FormReader, Limits
from core.multipart.forms import WRITE_BYTES
from core.tus.inflow import Inflow

KIND = "multipart/form-data; boundary=x"


def text(name: str, value: bytes) -> bytes:
    return b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (
        name.encode(),
        value,
    )


def file(name: str, content: bytes, filename: str = "a.bin") -> bytes:
    head = f'--x\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
    return head.encode() + b"Content-Type: video/mp4\r\n\r\n" + content + b"\r\n"


END = b"--x--\r\n"


def inflow(*pieces: bytes, is_broken: bool = False) -> Inflow:
    """Return a body that arrives in these pieces, and ends or breaks."""
    left = list(pieces)

    async def receive():
        if left:
            return {"type": "http.request", "body": left.pop(0), "more_body": True}
        if is_broken:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": b"", "more_body": False}

    return Inflow(receive)


@pytest.fixture
def folder(tmp_path):
    """Return where files go; the reader makes it."""
    return tmp_path / "made" / "on the way"


@pytest.fixture
def reader(folder):
    """Return a function that makes a reader which keeps the files `file` and `other`."""

    def make(place=None, is_hashed=True, chunk_bytes=WRITE_BYTES, **limits):
        async def by_name(part: Begin, _texts):
            return folder / part.name if part.name in ("file", "other") else None

        limits = Limits(**{"whole_bytes": 10**6, **limits})
        return FormReader(
            KIND, place or by_name, limits=limits, is_hashed=is_hashed, chunk_bytes=chunk_bytes
        )

    return make
