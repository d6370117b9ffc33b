"""From what was sent to a request: sources are checked in the contract's order (2.3)."""

import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from core.accounts.models import User
from core.errors import JobError
from core.media.paths import clean_filename
from core.multipart import FormFile
from core.tus import services as tus
from media_api import storage
from media_api.config.schema import Config
from media_api.models import InputType, MediaRequest, RequestType
from media_api.pipeline.sources import SourceNotFound, permitted
from media_api.schemas.submission import Submission
from media_api.services.errors import (
    EmptyFile,
    LocalFilesDisabled,
    NoSource,
    NotStored,
    PathRefused,
    SeveralSources,
    TooLarge,
    UnknownUpload,
)
from media_api.services.fingerprints import of_bytes, of_path, of_url
from media_api.services.idempotency import Key, earlier
from media_api.services.submitting import Draft, submit

_GetUpload = Callable[..., tus.FinishedFile]


@dataclass(frozen=True)
class Arrival:
    """What has come: checked `data`, and a file that lies in the request's folder, if one came."""

    rid: str
    owner: User | None
    request_type: RequestType
    submission: Submission
    file: FormFile | None
    key: Key | None
    # Which address it came from.
    client: str = ""


@dataclass(frozen=True)
class _Source:
    """An input: `value` is kept in the row, `name` tells whether two are the same."""

    input_type: InputType
    value: str
    name: str
    original_name: str = ""


def take(arrival: Arrival, config: Config) -> MediaRequest:
    """Make a request of what has come, or return the one it was made before.

    Raises: `Refused`. Nothing is stored then, but for the folder that the caller removes.
    """
    said = arrival.submission
    _require_one_source(arrival)
    if said.path is not None and not config.allow_local_files:
        raise LocalFilesDisabled
    if made := earlier(arrival.key):
        return made
    if said.upload_id is not None:
        return _take_upload(arrival, config, said.upload_id)
    return _submit(arrival, config, _source_of(arrival, config))


def _require_one_source(arrival: Arrival) -> None:
    said = arrival.submission
    sources = [
        given for given in (arrival.file, said.url, said.path, said.upload_id) if given is not None
    ]
    if not sources:
        raise NoSource
    if len(sources) > 1:
        raise SeveralSources


def _source_of(arrival: Arrival, config: Config) -> _Source:
    said, file = arrival.submission, arrival.file
    if said.path is not None:
        return _path_source(arrival.owner, said.path, config)
    if said.url is not None:
        return _Source(InputType.URL, said.url, of_url(said.url))
    if file is None:
        raise NoSource
    require_size(file.size_bytes, config)
    file.path.chmod(storage.FILE_MODE)
    return _bytes_source(file.sha256, file.filename)


def _bytes_source(sha256: str, filename: str) -> _Source:
    name = of_bytes(sha256)
    cleaned = clean_filename(filename, default="", max_bytes=255)
    return _Source(InputType.BLOB, name, name, cleaned)


def _path_source(owner: User | None, path: str, config: Config) -> _Source:
    """Accept a file of this server; whatever is wrong with it, the answer is the same."""
    try:
        real = permitted(owner, path, config)
        name = of_path(real)
    except (SourceNotFound, OSError) as error:
        raise PathRefused from error
    return _Source(InputType.PATH, str(real), name, clean_filename(real.name, default=""))


def _take_upload(arrival: Arrival, config: Config, upload_id: str) -> MediaRequest:
    """Take over a finished resumable upload, in one transaction with the request it is for."""
    found = _upload(tus.find_file, arrival.owner, upload_id)
    return take_over(
        arrival, config, found, partial(_upload, tus.take_file, arrival.owner, upload_id)
    )


def take_over(
    arrival: Arrival, config: Config, found: tus.FinishedFile, take_input: Callable[[], object]
) -> MediaRequest:
    """Make a request of the whole file of a resumable upload, as `take` does.

    It is linked and hashed before the transaction, in which `take_input` is called: that takes
    its time, and the queue's lock is everybody's.
    """
    require_size(found.size_bytes, config)
    folder = storage.make_data_folder(arrival.rid)
    target = folder / f"raw{storage.suffix_of(found.filename)}"
    _link(found.path, target)
    source = _bytes_source(_sha256(target), found.filename)
    return _submit(arrival, config, source, take_input)


def require_size(size_bytes: int, config: Config) -> None:
    """Look whether a file may be so large. Raises: `EmptyFile`, `TooLarge`."""
    if not size_bytes:
        raise EmptyFile
    if size_bytes > config.max_upload_bytes:
        raise TooLarge


def _upload(get: _GetUpload, owner: User | None, upload_id: str) -> tus.FinishedFile:
    """Find or take a finished upload. Raises: `UnknownUpload`."""
    if owner is None:
        raise UnknownUpload
    try:
        return get(owner=owner, upload_id=upload_id)
    except JobError as error:
        raise UnknownUpload from error


def _link(source: Path, target: Path) -> None:
    """Give a file a second name; on a disk of its own, a copy.

    Raises: `NotStored`, `UnknownUpload` where somebody else was faster.
    """
    try:
        try:
            os.link(source, target)
        except OSError:
            shutil.copyfile(source, target)
        target.chmod(storage.FILE_MODE)
    except FileNotFoundError as error:
        raise UnknownUpload from error
    except OSError as error:
        raise NotStored from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _submit(
    arrival: Arrival,
    config: Config,
    source: _Source,
    take_input: Callable[[], object] | None = None,
) -> MediaRequest:
    said = arrival.submission
    draft = Draft(
        rid=arrival.rid,
        owner=arrival.owner,
        request_type=arrival.request_type,
        actions=said.actions,
        config=said.config,
        input_type=source.input_type,
        input_value=source.value,
        source=source.name,
        original_name=source.original_name,
        client="" if arrival.owner else arrival.client,
        webhook_url=said.webhook.url if said.webhook else "",
        webhook_secret=said.webhook.secret if said.webhook else "",
        key=arrival.key,
    )
    return submit(
        draft,
        queue_size=config.requests_queue_size,
        deduplicate=config.deduplicate,
        active_limit=config.limits.active_per_user,
        take_input=take_input,
    )
