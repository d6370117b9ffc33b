"""Bringing one file from another server, within limits."""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from urllib.parse import unquote

import httpx

from core.errors import JobError
from core.media.paths import TEMPORARY_PREFIX, clean_filename, sync_folder
from core.net.addresses import Resolve, resolve
from core.net.clients import READ_BYTES, client
from core.net.errors import RemoteNotFound, RemoteTooLarge, RemoteUnavailable
from core.net.urls import check_url

MAX_REDIRECTS = 3
MAX_NAME_BYTES = 255
FILE_MODE = 0o600
_WRITE_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
# Answers that may be another one the next time (RFC 9110, 15.5.9; RFC 8470; RFC 6585).
_PASSING_STATUSES = {408, 425, 429}


@dataclass(frozen=True)
class Fetched:
    """A file that was brought. `filename` is its label over there, cleaned; "" without one."""

    filename: str
    size_bytes: int
    sha256: str
    content_type: str


def fetch_to(
    path: Path,
    url: str,
    *,
    max_bytes: int,
    chunk_bytes: int = READ_BYTES,
    allow: Sequence[str] = (),
    total_s: float | None = None,
    should_stop: Callable[[], bool] | None = None,
    on_progress: Callable[[float], None] | None = None,
    resolve: Resolve = resolve,
) -> Fetched:
    """Bring what an address holds to `path`, which appears whole or not at all, mode 0600.

    At most three redirects are followed. `chunk_bytes` are written at a time; `on_progress` then
    hears a fraction, 0.0 to 1.0, where the server says how much is to come. If we die on the way,
    a file named with `TEMPORARY_PREFIX` stays in the folder.
    Raises: `ForbiddenAddress`, `RemoteNotFound`, `RemoteTooLarge`, `RemoteUnavailable`,
    `Stopped`; `OSError` of the disk.
    """
    check_url(url, allow=allow)
    way_out = client(
        allow=allow,
        total_s=total_s,
        should_stop=should_stop,
        max_redirects=MAX_REDIRECTS,
        resolve=resolve,
    )
    # What is packed may unfold to any size: files are taken as they are.
    with (
        _as_expected_failures(),
        way_out,
        way_out.stream("GET", url, headers={"Accept-Encoding": "identity"}) as response,
    ):
        _check_answer(response, max_bytes)
        chunks = response.iter_raw(chunk_bytes)
        digest = _write(path, response, chunks, max_bytes, on_progress or (lambda _: None))
        size_bytes = path.stat().st_size
        content_type = response.headers.get("Content-Type", "")[:255]
        return Fetched(_name_of(response), size_bytes, digest, content_type)


@contextmanager
def _as_expected_failures() -> Iterator[None]:
    """Turn what httpx raises into what a job may fail with."""
    try:
        yield
    except httpx.TooManyRedirects as error:
        raise RemoteNotFound("The address leads on and on.") from error
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise RemoteNotFound("The address leads to one that cannot be read.") from error
    except (httpx.HTTPError, httpx.StreamError) as error:
        raise RemoteUnavailable from error


def _check_answer(response: httpx.Response, max_bytes: int) -> None:
    """Raises: `JobError` unless the answer is a file of a fitting size."""
    status = response.status_code
    failure: JobError | None = None
    if status in _PASSING_STATUSES or status >= 500:
        failure = RemoteUnavailable(f"The server answered with status {status}.")
    elif status != 200:
        failure = RemoteNotFound(f"The server answered with status {status}.")
    elif response.headers.get("Content-Encoding", "identity").lower() not in ("identity", ""):
        failure = RemoteNotFound("The server sends the file packed, which was not asked for.")
    elif (_announced(response) or 0) > max_bytes:
        failure = RemoteTooLarge()
    if failure is not None:
        raise failure


def _announced(response: httpx.Response) -> int | None:
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isascii() and length.isdecimal() else None


def _write(
    path: Path,
    response: httpx.Response,
    chunks: Iterator[bytes],
    max_bytes: int,
    on_progress: Callable[[float], None],
) -> str:
    """Write the body to `path` and return its SHA-256 in hexadecimal digits."""
    part = path.with_name(TEMPORARY_PREFIX + path.name)
    digest, size_bytes, whole_bytes = hashlib.sha256(), 0, _announced(response)
    try:
        with os.fdopen(os.open(part, _WRITE_FLAGS, FILE_MODE), "wb") as file:
            for chunk in chunks:
                size_bytes += len(chunk)
                if size_bytes > max_bytes:
                    raise RemoteTooLarge
                digest.update(chunk)
                file.write(chunk)
                if whole_bytes:
                    on_progress(min(1.0, size_bytes / whole_bytes))
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
    return digest.hexdigest()


def _name_of(response: httpx.Response) -> str:
    """Return the label the server gives (RFC 6266), else the last part of the address."""
    header = Message()
    header["Content-Disposition"] = response.headers.get("Content-Disposition", "")
    name = header.get_filename() or unquote(response.url.path.rpartition("/")[2])
    return clean_filename(name, default="", max_bytes=MAX_NAME_BYTES)
