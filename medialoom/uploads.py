"""Resumable uploads (tus 1.0.0): what has arrived is not sent again, not by a later call either."""

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path

import httpx

from medialoom.credentials import config_folder, read_json, write_json
from medialoom.errors import BadAnswer, Unreachable, error_in
from medialoom.pauses import pause
from medialoom.progress import OnBytes, silent
from medialoom.session import Session

TUS = "/api/v1/tus/"
CHUNK_TYPE = "application/offset+octet-stream"
CHUNK_BYTES = 8 * 2**20
# Below this a file goes in one piece with its form: to begin again costs little.
SMALL_BYTES = 8 * 2**20
TRIES = 8
# What passes by itself: somebody else writes it, the offset moved on, a chunk was damaged.
PASSING = {409, 423, 429, 460, 500, 502, 503, 504}
GONE = {404, 410}


@dataclass(frozen=True)
class Uploaded:
    """A finished upload: its id, what it has become, and whether an earlier call had ended it."""

    upload_id: str
    resource: str
    was_there: bool


class Upload:
    """One file on its way to one server; `forget` once it has been used."""

    def __init__(
        self, session: Session, path: Path, metadata: dict[str, str], folder: Path | None = None
    ) -> None:
        self._session = session
        self._path = path
        self._metadata = {"filename": path.name, **metadata}
        found = path.stat()
        self._size_bytes = found.st_size
        named = [session.server, str(path.resolve()), found.st_size, found.st_mtime_ns, metadata]
        name = hashlib.sha256(repr(named).encode()).hexdigest()
        self._state = (folder or config_folder()) / "uploads" / f"{name}.json"

    def send(self, on_bytes: OnBytes = silent) -> Uploaded:
        """Send what is missing. Raises: `ClientError`."""
        location, offset, resource = self._begin()
        was_there = offset == self._size_bytes
        tries = 0
        on_bytes(offset, self._size_bytes)
        # One request more than chunks: the answer to the last one may have been lost.
        while offset < self._size_bytes:
            before = offset
            try:
                offset, resource = self._send_chunk(location, offset)
            except (Unreachable, _Passing) as error:
                offset, resource = self._ask_patiently(location, error)
            tries = 0 if offset > before else tries + 1
            if tries >= TRIES:
                raise Unreachable("The server takes no more of the file; the same call resumes.")
            if tries:
                pause(tries)
            on_bytes(offset, self._size_bytes)
        return Uploaded(location.rstrip("/").rpartition("/")[2], resource, was_there)

    def forget(self) -> None:
        """Let the next call begin anew: this upload has been used, or is of no use."""
        self._state.unlink(missing_ok=True)

    def _begin(self) -> tuple[str, int, str]:
        location = read_json(self._state).get("location")
        if isinstance(location, str):
            answer = self._call("HEAD", location)
            if answer.status_code == 200:
                return location, *self._place(answer)
            if answer.status_code not in GONE:
                raise error_in(answer)
            self.forget()
        answer = self._call(
            "POST", TUS, headers={"Upload-Length": str(self._size_bytes), **self._named()}
        )
        if answer.status_code != 201:
            raise error_in(answer)
        location = answer.headers.get("Location", "")
        if not location:
            raise BadAnswer("The server did not say where the upload is.")
        self._session.url_of(location)
        write_json(self._state, {"location": location})
        return location, 0, answer.headers.get("Upload-Resource", "")

    def _named(self) -> dict[str, str]:
        pairs = (
            f"{key} {base64.b64encode(value.encode()).decode()}"
            for key, value in self._metadata.items()
        )
        return {"Upload-Metadata": ",".join(pairs)}

    def _send_chunk(self, location: str, offset: int) -> tuple[int, str]:
        with self._path.open("rb") as file:
            file.seek(offset)
            chunk = file.read(min(CHUNK_BYTES, self._size_bytes - offset))
        if not chunk:
            raise BadAnswer(f"{self._path.name} has become shorter while it was sent.")
        headers = {"Upload-Offset": str(offset), "Content-Type": CHUNK_TYPE}
        answer = self._call("PATCH", location, headers=headers, content=chunk)
        if answer.status_code in PASSING:
            raise _Passing
        if answer.status_code != 204:
            raise error_in(answer)
        place = self._place(answer)
        if place[0] != offset + len(chunk):
            raise BadAnswer("The server counts other bytes than were sent.")
        return place

    def _ask_patiently(self, location: str, cause: Exception) -> tuple[int, str]:
        """Ask how much has arrived, for about a minute. Raises: `ClientError`."""
        for tries in range(TRIES):
            pause(tries)
            try:
                answer = self._call("HEAD", location)
            except Unreachable as error:
                cause = error
                continue
            if answer.status_code == 200:
                return self._place(answer)
            if answer.status_code not in PASSING:
                raise error_in(answer)
        raise Unreachable(f"{cause or 'The server is busy'} The same call resumes.")

    def _place(self, answer: httpx.Response) -> tuple[int, str]:
        text = answer.headers.get("Upload-Offset", "")
        if not (text.isascii() and text.isdigit()) or int(text) > self._size_bytes:
            raise BadAnswer("The server counts bytes that were never sent.")
        return int(text), answer.headers.get("Upload-Resource", "")

    def _call(self, method: str, path: str, **more: object) -> httpx.Response:
        headers = {"Tus-Resumable": "1.0.0", **more.pop("headers", {})}  # type: ignore[dict-item]
        any_status = tuple(range(100, 600))
        answer: httpx.Response = self._session.call(
            method, path, expect=any_status, headers=headers, **more
        )
        return answer


class _Passing(Exception):  # noqa: N818 - no error yet
    """The server refused a chunk for a reason that passes."""

    def __str__(self) -> str:
        return "The server is busy."
