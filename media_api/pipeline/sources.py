"""Getting a request's input onto this machine (Media API contract, 2.3)."""

import json
import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx
from django.conf import settings

from core.accounts.models import User
from core.errors import InvalidInput, TemporaryFailure
from core.media.paths import clean_filename
from core.net.clients import body_of, client
from core.net.errors import RemoteNotFound, RemoteUnavailable
from core.net.fetching import fetch_to
from media_api import storage
from media_api.config.schema import Config
from media_api.models import InputType, MediaRequest
from media_api.schemas.links import YANDEX_HOSTS

MOST_METADATA_BYTES = 2**20
_OPEN_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class SourceNotFound(InvalidInput):
    """There is nothing to be had where the input should be."""

    code = "source_not_found"
    sentence = "The input could not be found."


def fetched(
    request: MediaRequest, config: Config, *, scratch: Path, check: Callable[[], None]
) -> Path:
    """Return the input as a file of this machine; a link is followed now, by way of `scratch`.

    Raises: `SourceNotFound`, and what `core.net` raises; `LeaseLost` by `check`.
    """
    if request.input_type == InputType.PATH:
        return local(request.input_value, config.local_files_roots)
    here = storage.raw_of(request.rid)
    if here is not None:
        return here
    if request.input_type == InputType.URL:
        return _fetched_from(request, config, scratch, check)
    raise SourceNotFound


def permitted(owner: User | None, path: str, config: Config) -> Path:
    """Return a file of this server that a request of the owner's may be made of, as of now.

    Raises: `SourceNotFound`, whatever the reason.
    """
    if not config.allow_local_files or owner is None or not owner.is_staff:
        raise SourceNotFound
    return local(path, config.local_files_roots)


def local(path: str, roots: Sequence[str]) -> Path:
    """Return a file of this server that lies below one of the roots, links resolved.

    Raises: `SourceNotFound`, whatever the reason.
    """
    try:
        real = Path(path).resolve(strict=True)
        if not any(real.is_relative_to(Path(root).resolve()) for root in roots):
            raise SourceNotFound
        handle = os.open(real, _OPEN_FLAGS)
    except (OSError, ValueError, RuntimeError) as error:
        raise SourceNotFound from error
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise SourceNotFound
    finally:
        os.close(handle)
    return real


def _fetched_from(
    request: MediaRequest, config: Config, scratch: Path, check: Callable[[], None]
) -> Path:
    """Fetch a link into the request's folder, and keep the name it has there."""

    def should_stop() -> bool:
        check()
        return False

    link, name = request.input_value, ""
    if urlsplit(link).hostname in YANDEX_HOSTS:
        link, name = _yandex(link, should_stop)
    partial = scratch / "fetching"
    found = fetch_to(
        partial,
        link,
        max_bytes=config.max_upload_bytes,
        chunk_bytes=config.file_read_chunk_size,
        allow=settings.OUTBOUND_ALLOW,
        should_stop=should_stop,
    )
    if not found.size_bytes:
        raise SourceNotFound("The link leads to an empty file.")
    name = clean_filename(name or found.filename, default="", max_bytes=255)
    MediaRequest.objects.filter(pk=request.pk).update(original_name=name[:255])
    return partial.replace(storage.raw(request.rid, storage.suffix_of(name)))


def _yandex(link: str, should_stop: Callable[[], bool]) -> tuple[str, str]:
    """Ask what a public link of Yandex Disk is called and where its bytes are.

    Source: the public resources of Yandex Disk's REST API, `/v1/disk/public/resources`.
    Raises: `RemoteNotFound`, `RemoteUnavailable`.
    """
    api = f"{settings.MEDIA_API_YANDEX_API}/v1/disk/public/resources"
    key = f"public_key={quote(link, safe='')}"
    name = _asked(f"{api}?{key}&fields=name,type", should_stop).get("name")
    href = _asked(f"{api}/download?{key}", should_stop).get("href")
    if not isinstance(href, str) or not href:
        raise RemoteNotFound("Yandex Disk names no file for this link.")
    return href, name if isinstance(name, str) else ""


def _asked(url: str, should_stop: Callable[[], bool]) -> dict[str, object]:
    allow = settings.OUTBOUND_ALLOW
    try:
        with (
            client(allow=allow, should_stop=should_stop) as http,
            http.stream("GET", url) as answer,
        ):
            _require_success(answer)
            said = json.loads(body_of(answer, max_bytes=MOST_METADATA_BYTES))
    except (httpx.HTTPError, ValueError) as error:
        raise RemoteUnavailable("Yandex Disk could not be asked.") from error
    if not isinstance(said, dict):
        raise RemoteUnavailable("Yandex Disk gave an answer that is none.")
    return said


def _require_success(answer: httpx.Response) -> None:
    if answer.status_code >= 500 or answer.status_code == 429:
        raise TemporaryFailure("Yandex Disk is not available.", code="source_not_found")
    if answer.status_code != 200:
        raise RemoteNotFound("There is no such file on Yandex Disk.")
