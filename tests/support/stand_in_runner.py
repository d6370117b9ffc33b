"""A stand-in for PeerTube's runner, which sends what the transcode contract says it sends.

No User-Agent, no credentials in headers, no cookies; JSON, and for `update` and `success`
always multipart with its texts before its files and a Content-Length; an Engine.IO 4 socket
for `available-jobs`; no polling, and silence after a 409 until the next event.

    runner = StandInRunner(platform.url)
    runner.register(registration_token)
    with runner.listen() as ears:
        runner.work(ears, until=lambda: done())
"""

import json
import queue
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import websockets.exceptions
from websockets.sync.client import ClientConnection, connect

from tests.support import stand_in_encodes
from tests.support.stand_in_encodes import Made

BASE = "/api/v1/runners"
PIECE_BYTES = 64 * 1024
Job = dict[str, Any]


class StandInRunner:
    """One runner. Calls give the plain response, except where they say otherwise."""

    def __init__(self, url: str, name: str = "stand-in", **headers: str) -> None:
        self.url, self.name = url.rstrip("/"), name
        self.token = ""
        self.client = httpx.Client(base_url=self.url, timeout=180, headers=headers)
        for unsent in ("user-agent", "accept", "accept-encoding"):
            self.client.headers.pop(unsent, None)

    def close(self) -> None:
        """Close the connections, as a runner does that is stopped."""
        self.client.close()

    def post(self, path: str, body: Mapping[str, Any]) -> httpx.Response:
        """Send JSON to a path below the API's base."""
        return self.client.post(f"{BASE}{path}", json=body)

    # ---- coming and going

    def register(self, registration_token: str, **more: str) -> httpx.Response:
        """Register, and keep the token that is given. `more`: description, version."""
        said = {"name": self.name, "registrationToken": registration_token, **more}
        answer = self.post("/register", said)
        if answer.status_code == 200:
            self.token = answer.json()["runnerToken"]
        return answer

    def unregister(self) -> httpx.Response:
        """Leave."""
        return self.post("/unregister", {"runnerToken": self.token})

    # ---- jobs

    def request(self, job_types: list[str] | None = None, version: str = "") -> httpx.Response:
        """Ask for work."""
        said: dict[str, Any] = {"runnerToken": self.token}
        if job_types is not None:
            said["jobTypes"] = job_types
        if version:
            said["version"] = version
        return self.post("/jobs/request", said)

    def accept(self, job_uuid: object) -> httpx.Response:
        """Take a job; `response.json()["job"]` is what the other calls want."""
        return self.post(f"/jobs/{job_uuid}/accept", {"runnerToken": self.token})

    def abort(self, job: Job, reason: str = "The runner is shut down") -> httpx.Response:
        """Give a job back."""
        return self.post(f"/jobs/{job['uuid']}/abort", {**self.tokens(job), "reason": reason})

    def error(self, job: Job, message: str = "ffmpeg failed") -> httpx.Response:
        """Say that a job failed."""
        return self.post(f"/jobs/{job['uuid']}/error", {**self.tokens(job), "message": message})

    def update(
        self,
        job: Job,
        progress: object = None,
        fields: Mapping[str, str] | None = None,
        files: Mapping[str, Path] | None = None,
    ) -> httpx.Response:
        """Say how far a job is; `fields` and `files` go as `payload[<name>]`."""
        texts = {} if progress is None else {"progress": str(progress)}
        return self._send(job, "update", texts, fields or {}, files or {})

    def success(
        self,
        job: Job,
        files: Mapping[str, Path] | None = None,
        fields: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Bring a result."""
        return self._send(job, "success", {}, fields or {}, files or {})

    def _send(
        self,
        job: Job,
        call: str,
        texts: Mapping[str, str],
        fields: Mapping[str, str],
        files: Mapping[str, Path],
    ) -> httpx.Response:
        payload = {f"payload[{name}]": text for name, text in fields.items()}
        form = Form(
            {**self.tokens(job), **texts, **payload},
            {f"payload[{name}]": path for name, path in files.items()},
        )
        return self.client.post(
            f"{BASE}/jobs/{job['uuid']}/{call}", content=form.pieces(), headers=form.headers()
        )

    def tokens(self, job: Job) -> dict[str, str]:
        """Return what every call about a held job brings."""
        return {"runnerToken": self.token, "jobToken": job["jobToken"]}

    def download(self, job: Job, url: str, target: Path) -> Path:
        """Fetch an input file: a POST to the address without its query; 302 goes on as GET."""
        path = urlsplit(url).path
        with self.client.stream("POST", path, json=self.tokens(job)) as answer:
            if answer.status_code in (302, 303):
                return self._follow(answer.headers["Location"], target)
            return _saved(answer, target)

    def _follow(self, location: str, target: Path) -> Path:
        with self.client.stream("GET", location) as answer:
            return _saved(answer, target)

    # ---- events and work

    @contextmanager
    def listen(self) -> Iterator["Ears"]:
        """Connect the socket. Raises: `ConnectionRefusedError` when it is refused."""
        ears = Ears(self.url, self.token)
        try:
            yield ears
        finally:
            ears.close()

    def take(self, job_types: list[str] | None = None) -> Job | None:
        """Ask for work and take the first that is offered; None when there is none, or on 409."""
        offers = _expect(self.request(job_types), 200).json()["availableJobs"]
        if not offers:
            return None
        answer = self.accept(offers[0]["uuid"])
        return None if answer.status_code == 409 else _expect(answer, 200).json()["job"]

    def run(self, job: Job, folder: Path) -> httpx.Response:
        """Do a job with a real ffmpeg, from its first update to its success or error."""
        _expect(self.update(job), 204)
        try:
            made = self._make(job, folder)
        except stand_in_encodes.EncodeFailed as failure:
            return self.error(job, str(failure))
        _expect(self.update(job, 100), 204)
        return self.success(job, made.files, made.fields)

    def _make(self, job: Job, folder: Path) -> Made:
        folder.mkdir(parents=True, exist_ok=True)

        def fetch(url: str) -> Path:
            return self.download(job, url, folder / f"input-{uuid.uuid4().hex}")

        return stand_in_encodes.make(job, folder, fetch)

    def work(
        self,
        ears: "Ears",
        folder: Path,
        until: Callable[[], bool],
        *,
        job_types: list[str] | None = None,
        timeout_s: float = 180.0,
    ) -> list[Job]:
        """Work as long as there is something, then wait for an event; return the jobs done."""
        done: list[Job] = []
        while not until():
            while job := self.take(job_types):
                _expect(self.run(job, folder / job["uuid"]), 204)
                done.append(job)
            if not until() and not ears.wait(timeout_s):
                raise AssertionError("no event came, and there is nothing to do")
        return done


class Ears:
    """The runner's socket. `wait` gives the next `available-jobs`."""

    def __init__(self, url: str, token: str, namespace: str = "/runners") -> None:
        address = url.replace("http", "ws", 1)
        self._open = ExitStack()
        self._socket: ClientConnection = self._open.enter_context(
            connect(f"{address}/socket.io/?EIO=4&transport=websocket", user_agent_header=None)
        )
        self._heard: queue.Queue[str] = queue.Queue()
        self._until("0")
        self._socket.send(f"40{namespace},{json.dumps({'runnerToken': token})}")
        answer = self._until("4")
        if not answer.startswith(f"40{namespace}"):
            self._open.close()
            raise ConnectionRefusedError(answer)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def wait(self, timeout_s: float = 180.0) -> bool:
        """Return whether an event has come, or comes within that time."""
        try:
            self._heard.get(timeout=timeout_s)
        except queue.Empty:
            return False
        return True

    def close(self) -> None:
        """Close the socket."""
        self._open.close()
        self._thread.join(180)

    @property
    def is_open(self) -> bool:
        """Whether the server has not closed it."""
        return self._thread.is_alive()

    def _until(self, prefix: str) -> str:
        while not (packet := str(self._socket.recv(30))).startswith(prefix):
            self._answer(packet)
        return packet

    def _listen(self) -> None:
        with suppress(websockets.exceptions.ConnectionClosed):
            while True:
                packet = str(self._socket.recv())
                self._answer(packet)
                if packet.startswith("42") and "available-jobs" in packet:
                    self._heard.put(packet)

    def _answer(self, packet: str) -> None:
        if packet == "2":
            self._socket.send("3")


class Form:
    """A multipart body of known length, its texts before its files, read as it is sent."""

    def __init__(self, texts: Mapping[str, str], files: Mapping[str, Path]) -> None:
        self.boundary = f"----stand-in-{uuid.uuid4().hex}"
        self._texts = [self._head(name) + text.encode() for name, text in texts.items()]
        self._files = [(self._file_head(name, path), path) for name, path in files.items()]
        self._end = f"--{self.boundary}--\r\n".encode()

    def headers(self) -> dict[str, str]:
        """Return the type, and the length."""
        texts = sum(len(text) + 2 for text in self._texts)
        files = sum(len(head) + path.stat().st_size + 2 for head, path in self._files)
        return {
            "Content-Type": f"multipart/form-data; boundary={self.boundary}",
            "Content-Length": str(texts + files + len(self._end)),
        }

    def pieces(self) -> Iterator[bytes]:
        """Yield the body."""
        for text in self._texts:
            yield text + b"\r\n"
        for head, path in self._files:
            yield head
            with path.open("rb") as file:
                yield from iter(lambda: file.read(PIECE_BYTES), b"")
            yield b"\r\n"
        yield self._end

    def _head(self, name: str) -> bytes:
        disposition = f'Content-Disposition: form-data; name="{name}"'
        return f"--{self.boundary}\r\n{disposition}\r\n\r\n".encode()

    def _file_head(self, name: str, path: Path) -> bytes:
        disposition = f'Content-Disposition: form-data; name="{name}"; filename="{path.name}"'
        kind = "application/vnd.apple.mpegurl" if path.suffix == ".m3u8" else "video/mp4"
        head = f"--{self.boundary}\r\n{disposition}\r\nContent-Type: {kind}\r\n\r\n"
        return head.encode()


def _saved(answer: httpx.Response, target: Path) -> Path:
    """Keep any answer below 400 as the file, as the client does."""
    if answer.status_code >= 400:
        answer.read()
        raise AssertionError(f"download: {answer.status_code} {answer.text}")
    with target.open("wb") as file:
        for piece in answer.iter_bytes():
            file.write(piece)
    return target


def _expect(answer: httpx.Response, status: int) -> httpx.Response:
    """Compare a status exactly, as the client does."""
    if answer.status_code != status:
        raise AssertionError(f"Expected status {status}, got {answer.status_code}: {answer.text}")
    return answer
