"""Files from the server: resumed where they broke off, whole or not there at all."""

import hashlib
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

import httpx

from medialoom.errors import BadAnswer, ClientError, NotReady, Unreachable, error_in
from medialoom.pauses import pause
from medialoom.progress import OnBytes, silent
from medialoom.session import Session

TRIES = 6
_OUTPUT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_RANGE = re.compile(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18})")


@dataclass(frozen=True)
class _Source:
    path: str
    size_bytes: int
    etag: str


def fetch(session: Session, path: str, target: Path, on_bytes: OnBytes = silent) -> Path:
    """Fetch what lies at `path` into the file `target`, replacing it; return it.

    What an earlier call began is gone on with, if the server still has the same file.
    Raises: `NotReady`, `ClientError`.
    """
    source = _look_at(session, path)
    target.parent.mkdir(parents=True, exist_ok=True)
    tag = hashlib.sha256(f"{path} {source.etag}".encode()).hexdigest()[:16]
    part = target.with_name(f".{target.name}.{tag}.part")
    tries, have = 0, -1
    while (size := _size_of(part)) != source.size_bytes:
        tries = 0 if size > have else tries + 1
        have = size
        if tries >= TRIES:
            raise Unreachable("The server sends no more of the file; the same call resumes.")
        if tries:
            pause(tries)
        _go_on(session, source, part, on_bytes)
    part.touch()  # of no bytes nothing was asked
    part.replace(target)
    return target


def _look_at(session: Session, path: str) -> _Source:
    answer: httpx.Response = session.call(
        "HEAD", path, expect=(200, 202, 404, 410), headers={"Accept-Encoding": "identity"}
    )
    if answer.status_code == 202:
        raise NotReady("The request has not ended yet: `medialoom watch` shows how far it is.")
    if answer.status_code == 410:
        raise ClientError("The request was canceled or has failed: there is nothing to download.")
    if answer.status_code == 404:
        raise ClientError("There is no such request, or it did not make that.")
    length = answer.headers.get("Content-Length", "")
    if not (length.isascii() and length.isdigit()):
        raise BadAnswer("The server does not say how long the file is.")
    return _Source(path, int(length), answer.headers.get("ETag", ""))


def _size_of(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _go_on(session: Session, source: _Source, part: Path, on_bytes: OnBytes) -> None:
    """Append what comes until it ends or breaks. Raises: `BadAnswer`, `ClientError`."""
    have = _size_of(part)
    # Without a tag nobody could tell whether the rest is that of the same file.
    if have > source.size_bytes or not source.etag:
        part.unlink(missing_ok=True)
        have = 0
    headers = {"Accept-Encoding": "identity"}
    if have:
        headers |= {"Range": f"bytes={have}-", "If-Range": source.etag}
    try:
        with session.stream("GET", source.path, headers=headers) as answer:
            have = _begins_at(answer, have, source)
            with part.open("r+b" if have else "wb") as file:
                file.seek(have)
                # As it comes: what waits for a chunk to be full is lost when the line breaks.
                for chunk in answer.iter_raw():
                    have += len(chunk)
                    if have > source.size_bytes:
                        file.close()
                        part.unlink()
                        raise BadAnswer("The server sends more than it has announced.")
                    file.write(chunk)
                    on_bytes(have, source.size_bytes)
    except (httpx.HTTPError, Unreachable):
        return  # what has come is kept: the caller counts the tries


def _begins_at(answer: httpx.Response, have: int, source: _Source) -> int:
    if answer.status_code == 200:
        return 0
    found = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
    if answer.status_code == 206 and found:
        if (int(found[1]), int(found[2])) != (have, source.size_bytes):
            raise BadAnswer("The server sends another part of the file than was asked for.")
        return have
    if answer.status_code >= 500:
        raise Unreachable("The server does not answer.")
    answer.read()
    raise error_in(answer)


def unpack(archive: Path, folder: Path) -> list[Path]:
    """Unpack a request's outputs into a folder, replacing what has their names; return them.

    All names are looked at before the first file is written. Raises: `BadAnswer`.
    """
    try:
        with zipfile.ZipFile(archive) as zipped:
            members = zipped.infolist()
            names = [member.filename for member in members]
            if len(set(names)) < len(names) or not all(map(_OUTPUT.fullmatch, names)):
                raise BadAnswer("The archive has names that no output has: nothing was unpacked.")
            return [_unpack_one(zipped, member, folder) for member in members]
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError) as error:
        raise BadAnswer("The archive is damaged.") from error


def _unpack_one(zipped: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path) -> Path:
    target = folder / member.filename
    part = folder / f".{member.filename}.part"
    part.unlink(missing_ok=True)  # a link would be followed
    with zipped.open(member) as source, part.open("xb") as file:
        while chunk := source.read(2**20):
            file.write(chunk)
    return part.replace(target)
