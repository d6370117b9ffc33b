"""The client: what is asked of a platform, and the requests that come of it."""

import json
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from medialoom.credentials import Tokens
from medialoom.downloads import fetch, unpack
from medialoom.errors import (
    BadAnswer,
    ClientError,
    NoSuchFile,
    Refused,
    Unreachable,
    error_in,
    object_in,
)
from medialoom.progress import DELETED, OnBytes, Progress, silent
from medialoom.session import OnRenewed, Session
from medialoom.uploads import SMALL_BYTES, Upload
from medialoom.watching import Watch

API = "/api/v1"
TRIES = 3
NOBODYS = "0" * 32
Config = dict[str, Any]


class Client:
    """A platform at `url`, as the account of `token` sees it; nobody's without one.

    Sources are paths of files here, or addresses that the server fetches. Every method
    raises `ClientError`.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        refresh_token: str = "",
        on_renewed: OnRenewed | None = None,
        on_bytes: OnBytes = silent,
    ) -> None:
        tokens = Tokens(token, refresh_token) if token else None
        self.session = Session(url, tokens, on_renewed)
        self._on_bytes = on_bytes

    def close(self) -> None:
        """Close all connections."""
        self.session.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def compress(self, source: str | Path, **config: Any) -> "Request":
        """Compress a video: `preset="fast", video={"width": 640}, codecs={…}`."""
        return self.submit("compress", source, config)

    def extract_audio(self, source: str | Path, **audio: Any) -> "Request":
        """Take the sound out of a video: `codec="aac", bitrate=96, sampleRate=44100`."""
        return self.submit("extract-audio", source, {"audio": audio})

    def transcribe(self, source: str | Path, **transcribe: Any) -> "Request":
        """Write down what is said: `language="en", formats=["txt", "srt"]`."""
        return self.submit("transcribe", source, {"transcribe": transcribe})

    def summarize(self, source: str | Path, **config: Any) -> "Request":
        """Summarise speech or a text: `summary={"model": …}, transcribe={"language": "en"}`."""
        return self.submit("summarize", source, config)

    def ocr(self, source: str | Path, **file_to_text: Any) -> "Request":
        """Read a picture or a PDF: `language="eng", minConfidence=60`."""
        return self.submit("file-to-text", source, {"fileToText": file_to_text})

    def custom(self, source: str | Path, actions: list[str], **config: Any) -> "Request":
        """Do several things at once: `["compress", "transcribe"], ffmpeg={…}, transcribe={…}`."""
        return self.submit("custom", source, config, actions=actions)

    def submit(self, route: str, source: str | Path, config: Config, **more: Any) -> "Request":
        """Ask for something; the request that is already waiting where it is the same work."""
        data = {"config": config, **more}
        path = f"{API}/{route}/"
        if is_address(source):
            return self._submitted(path, json={**data, "url": str(source)})
        file = existing(source)
        if file.stat().st_size > SMALL_BYTES:
            if self.session.tokens is not None:
                return self._submit_uploaded(path, file, data)
            # Resumable uploads are for accounts. Who has to have one hears it before all is sent.
            self.request(NOBODYS).status()
        with file.open("rb") as opened:
            form = {"data": json.dumps(data)}
            return self._submitted(path, data=form, files={"file": (file.name, opened)})

    def _submit_uploaded(self, path: str, file: Path, data: dict[str, Any]) -> "Request":
        upload = Upload(self.session, file, {"purpose": "file"})
        uploaded = upload.send(self._on_bytes)
        try:
            made = self._submitted(path, json={**data, "uploadId": uploaded.upload_id})
        except Refused as refusal:
            if refusal.status != 400:
                raise
            upload.forget()
            # A call that was killed may have used it already; of a new one that is not said.
            if not uploaded.was_there:
                raise
            return self._submit_uploaded(path, file, data)
        upload.forget()
        return made

    def _submitted(self, path: str, **body: Any) -> "Request":
        # With a key the same call can be made again where its answer was lost.
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        for tries in range(1, TRIES + 1):
            try:
                answer = self.session.call("POST", path, expect=(200, 409), headers=headers, **body)
                break
            except Unreachable:
                if tries == TRIES:
                    raise
        made = object_in(answer)
        if answer.status_code == 409 and "rid" not in made:
            raise error_in(answer)
        return self.request(_rid_in(made), is_earlier=answer.status_code == 409)

    def request(self, rid: str, *, is_earlier: bool = False) -> "Request":
        """Return a request by its rid; nothing is asked of the server."""
        return Request(self, rid, is_earlier=is_earlier)

    def requests(self, *, status: int | None = None, limit: int = 50) -> Iterator[dict[str, Any]]:
        """Yield one's requests as the server lists them, newest first, `limit` at most."""
        page, left = 1, limit
        while left > 0:
            query = {"page": page} | ({} if status is None else {"status": status})
            body = self.session.object("GET", f"{API}/requests/", params=query)
            rows = _rows(body, "results")
            yield from rows[:left]
            left -= len(rows)
            if not rows or not body.get("next"):
                return
            page += 1

    def watch(self, rids: list[str]) -> Iterator[Progress]:
        """Yield every change of several requests, over one socket, until all have ended."""
        return iter(Watch(self.session, rids))

    def upload_video(self, path: str | Path, name: str, language: str = "") -> dict[str, Any]:
        """Upload a video to be streamed; return it as the server shows it."""
        file = existing(path)
        told = {"name": name} | ({"language": language} if language else {})
        if file.stat().st_size <= SMALL_BYTES:
            files = {"videoFile": (file.name, file.read_bytes())}
            made = self.session.object(
                "POST", f"{API}/video/upload", expect=(200, 201), data=told, files=files
            )
            return _video_in(made)
        upload = Upload(self.session, file, {"purpose": "video", **told})
        sent = upload.send(self._on_bytes)
        # Whatever is wrong from here on, the upload has been used.
        upload.forget()
        if not sent.resource:
            raise BadAnswer("The server did not say which video the upload has become.")
        try:
            return _video_in(self.session.object("GET", sent.resource))
        except Refused as refusal:
            # A call that was killed may have made a video that was deleted meanwhile.
            if refusal.status != 404 or not sent.was_there:
                raise
        return self.upload_video(file, name, language)

    def videos(self, *, limit: int = 50) -> Iterator[dict[str, Any]]:
        """Yield one's videos as the server lists them, newest first, `limit` at most."""
        start = 0
        while start < limit:
            query = {"start": start, "count": min(100, limit - start)}
            rows = _rows(self.session.object("GET", f"{API}/video", params=query), "data")
            if not rows:
                return
            yield from rows
            start += len(rows)


class Request:
    """One request by its rid; `is_earlier` of one that was asked for before, and has not ended."""

    def __init__(self, client: Client, rid: str, *, is_earlier: bool = False) -> None:
        self.rid = rid
        self.is_earlier = is_earlier
        self._client = client
        self._session = client.session
        self._named = quote(rid, safe="")

    def status(self) -> Progress:
        """Return how far it is; status 5 of one that is not there."""
        body = self._session.object("GET", f"{API}/status/{self._named}/")
        return Progress(self.rid).after({**body, "type": "sync"})

    def watch(self) -> Iterator[Progress]:
        """Yield every change until its end."""
        return self._client.watch([self.rid])

    def result(self) -> dict[str, Any]:
        """Wait for the end; return what the server shows. Raises: `ClientError` if it failed."""
        last = Progress(self.rid)
        for progress in self.watch():
            last = progress
        if last.exit_status == 1:
            raise ClientError(why(last))
        return self._session.object("GET", f"{API}/requests/{self._named}/")

    def text(self, what: str = "text") -> str:
        """Return what was read or heard, or with `summary` its summary."""
        body = self._session.object("GET", f"{API}/download/{self._named}/{what}/")
        content = body.get("content")
        if not isinstance(content, str):
            raise BadAnswer("The server's answer has no content.")
        return content

    def subtitles(self, form: str = "srt") -> str:
        """Return subtitles, `srt` or `vtt`."""
        path = f"{API}/download/{self._named}/subtitles/"
        answer: httpx.Response = self._session.call("GET", path, params={"format": form})
        return answer.text

    def fetch(self, target: Path, what: str = "", on_bytes: OnBytes = silent) -> Path:
        """Fetch the archive, or its `video` or `audio`, into a file; a broken one is resumed."""
        path = f"{API}/download/{self._named}/" + (f"{what}/" if what else "")
        return fetch(self._session, path, target, on_bytes)

    def download(self, folder: str | Path, on_bytes: OnBytes = silent) -> list[Path]:
        """Fetch all outputs into a folder; return their paths."""
        folder = Path(folder)
        archive = self.fetch(folder / f"{self._named}.zip", on_bytes=on_bytes)
        with tempfile.TemporaryDirectory(dir=folder) as unpacked:
            made = unpack(archive, Path(unpacked))
            paths = [path.replace(folder / path.name) for path in made]
        archive.unlink()
        return paths

    def cancel(self) -> None:
        """End it."""
        self._change("POST", "cancel/", expect=(202,))

    def retry(self) -> "Request":
        """Ask for the same again, of the input that is still kept."""
        made = object_in(self._change("POST", "retry/", expect=(200,)))
        return self._client.request(_rid_in(made))

    def delete(self) -> None:
        """Remove it and all of its files."""
        self._change("DELETE", "", expect=(204,))

    def _change(self, method: str, action: str, *, expect: tuple[int, ...]) -> httpx.Response:
        path = f"{API}/requests/{self._named}/{action}"
        try:
            answer: httpx.Response = self._session.call(method, path, expect=expect)
        except Refused as refusal:
            if refusal.status == 404:
                raise Refused(_no_such(self.rid), refusal.status, refusal.body) from refusal
            raise
        return answer


def _no_such(rid: str) -> str:
    return f"{rid}: there is no such request."


def why(progress: Progress) -> str:
    """Say in a sentence how a request ended."""
    if progress.status == DELETED:
        return _no_such(progress.rid)
    message = (progress.error or {}).get("message")
    return f"{progress.rid}: {progress.word}" + (f": {message}" if message else ".")


def is_address(source: str | Path) -> bool:
    """Return whether a source is fetched by the server."""
    return isinstance(source, str) and source.startswith(("http://", "https://"))


def existing(source: str | Path) -> Path:
    """Return the path of a file that is there. Raises: `NoSuchFile`."""
    path = Path(source)
    if not path.is_file():
        raise NoSuchFile(f"There is no file {path}.")
    return path


def _rid_in(body: dict[str, Any]) -> str:
    rid = body.get("rid")
    if not isinstance(rid, str) or not (rid.isascii() and rid.isalnum()):
        raise BadAnswer("The server's answer has no request id.")
    return rid


def _video_in(body: dict[str, Any]) -> dict[str, Any]:
    video = body.get("video")
    if not isinstance(video, dict) or "uuid" not in video:
        raise BadAnswer("The server's answer has no video.")
    return video


def _rows(body: dict[str, Any], name: str) -> list[dict[str, Any]]:
    rows = body.get(name)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadAnswer("The server's answer has no list.")
    return rows
