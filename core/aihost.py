"""The AI host: the HTTP server that reads pictures and answers questions where the settings
name one (core contract, 2.4 and 5.8). Knows nothing of Django.

Its address comes from `AI_HOST` alone, never from a user, so it may be a private one. Redirects
are not followed, and what it sends is bounded in time and size.
"""

import codecs
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO

import httpx

from core.errors import InvalidInput, JobError, TemporaryFailure
from core.net.clients import client

ANYWHERE = ("0.0.0.0/0", "::/0")
CONNECT_S = 5.0
IDLE_S = 60.0
# Answers that may be another one the next time (RFC 9110, 15.5.9; RFC 8470; RFC 6585).
_PASSING_STATUSES = {408, 425, 429}

File = tuple[str, bytes | BinaryIO, str]
"""A file's name, its bytes and its media type."""


class AiHostFailed(TemporaryFailure):
    """No answer, a broken one or a 5xx; another attempt may pass."""

    code = "engine_http"
    sentence = "The AI endpoint could not be reached."


class AiHostRefused(InvalidInput):
    """An answer that will be the same the next time."""

    code = "engine_http"


@dataclass(frozen=True)
class Form:
    """What is posted: text fields and files, as `multipart/form-data`."""

    files: Mapping[str, File]
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Bounds:
    """How long an exchange may take in all, in seconds, and how much may come back."""

    total_s: float
    max_bytes: int


@dataclass(frozen=True)
class AiHost:
    """The server at `url`, which may have a path."""

    url: str

    def ask(
        self, path: str, form: Form, bounds: Bounds, *, check: Callable[[], None]
    ) -> Iterator[str]:
        """Post a form and yield the answer's text as it comes (UTF-8; bad bytes are replaced).

        `check` is called at least once a second and may raise to end it.
        Raises: `AiHostFailed`, `AiHostRefused`, and whatever `check` raises.
        """

        def should_stop() -> bool:
            check()
            return False

        way_out = client(
            allow=ANYWHERE,
            connect_s=CONNECT_S,
            idle_s=IDLE_S,
            total_s=bounds.total_s,
            should_stop=should_stop,
        )
        # What is packed may unfold to any size: answers are taken as they are.
        headers = {"Accept-Encoding": "identity"}
        address = self.url.rstrip("/") + path
        with (
            _as_expected_failures(),
            way_out,
            way_out.stream(
                "POST", address, data=form.fields, files=form.files, headers=headers
            ) as response,
        ):
            _check_answer(response)
            yield from _decoded(response, bounds.max_bytes)


@contextmanager
def _as_expected_failures() -> Iterator[None]:
    """Turn what httpx raises into what a job may fail with."""
    try:
        yield
    except httpx.TimeoutException as error:
        raise AiHostFailed("The AI endpoint did not answer in time.") from error
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise AiHostRefused("The AI endpoint's address cannot be read.") from error
    except (httpx.HTTPError, httpx.StreamError) as error:
        raise AiHostFailed from error


def _check_answer(response: httpx.Response) -> None:
    status = response.status_code
    failure: JobError | None = None
    if status in _PASSING_STATUSES or status >= 500:
        failure = AiHostFailed(f"AI endpoint error (HTTP {status})")
    elif status != 200:
        failure = AiHostRefused(f"AI endpoint error (HTTP {status})")
    elif response.headers.get("Content-Encoding", "identity").lower() not in ("identity", ""):
        failure = AiHostRefused("The AI endpoint packs its answer, which was not asked for.")
    if failure is not None:
        raise failure


def _decoded(response: httpx.Response, max_bytes: int) -> Iterator[str]:
    """Decode as it comes: a character may be cut anywhere."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    size_bytes = 0
    # Without a size: with one, httpx waits until it has as much.
    for piece in response.iter_raw():
        size_bytes += len(piece)
        if size_bytes > max_bytes:
            raise AiHostRefused("The AI endpoint sends more than it may.")
        if text := decoder.decode(piece):
            yield text
    if text := decoder.decode(b"", final=True):
        yield text
