"""The same pages through the whole platform: sent to a socket, read by its workers.

Used by `benchmarks.ocr`. Processor seconds are those of every process of the platform.
"""

import base64
import io
import json
import secrets
import statistics
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo
from websockets.sync.client import ClientConnection, connect

from benchmarks.instance import Instance

PATIENCE_S = 180.0
OPTIONS = {"auto_language_detection": False, "language_hint": "eng"}


def fresh_png(file: Path) -> bytes:
    """Return a picture as bytes that were never sent before."""
    note = PngInfo()
    note.add_text("Comment", secrets.token_hex(16))
    buffer = io.BytesIO()
    with Image.open(file) as image:
        image.save(buffer, "PNG", pnginfo=note, dpi=image.info["dpi"])
    return buffer.getvalue()


def pdf_of(files: Sequence[Path], count: int) -> bytes:
    """Return a PDF of `count` scanned pages."""
    pages = [Image.open(files[number % len(files)]) for number in range(count)]
    buffer = io.BytesIO()
    pages[0].save(buffer, "PDF", save_all=True, append_images=pages[1:], resolution=200)
    return buffer.getvalue()


class Reader:
    """A client that sends pages to a running platform and hears how they are read."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        address = f"{instance.ws_url}/ws/core/upload/?token={instance.token}"
        self._socket: ClientConnection = connect(address, max_size=None, compression=None)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def lone(self, data: bytes) -> tuple[float, float]:
        """Return the seconds from sending one file to its first text and to its end."""
        message = _message(data)
        started = time.perf_counter()
        first = 0.0
        self._socket.send(message)
        for frame in self._statuses():
            if frame.get("streamed_text") or frame.get("raw_text"):
                first = first or time.perf_counter() - started
            if frame["status"] == "processed":
                break
        return first, time.perf_counter() - started

    def all(self, files: Sequence[bytes]) -> tuple[list[str], float, float]:
        """Return the texts of files sent at once, and the seconds and CPU seconds they took."""
        cpu_s, started = self.instance.cpu_s(), time.perf_counter()
        for number, data in enumerate(files):
            self._socket.send(_message(data, request_id=number))
        numbers: dict[str, int] = {}
        texts: dict[str, str] = {}
        while len(texts) < len(files):
            frame = self._frame()
            if "request_id" in frame:
                numbers[frame["instance"]["id"]] = frame["request_id"]
            elif frame["type"] == "Upload.status" and frame["status"] == "processed":
                texts[frame["id"]] = frame["raw_text"]
        elapsed_s, used_s = time.perf_counter() - started, self.instance.cpu_s() - cpu_s
        return [texts[key] for key in sorted(texts, key=numbers.__getitem__)], elapsed_s, used_s

    def worker_mib(self) -> float:
        """Return the resident memory of the largest worker process, in MiB."""
        workers = [p for p in self.instance.processes() if "ocr,speech" in " ".join(p.cmdline())]
        return max(worker.memory_info().rss for worker in workers) / 2**20

    def _frame(self) -> dict[str, Any]:
        frame: dict[str, Any] = json.loads(self._socket.recv(PATIENCE_S))
        if frame.get("error"):
            raise RuntimeError(frame["error"])
        return frame

    def _statuses(self) -> Iterator[dict[str, Any]]:
        while True:
            if (frame := self._frame())["type"] == "Upload.status":
                yield frame


def _message(data: bytes, **keys: Any) -> str:
    """Return the command that brings a file; making it is the client's affair."""
    content = {"image_base64": base64.b64encode(data).decode(), **OPTIONS}
    return json.dumps({"type": "create", **keys, "data": content})


def pdf_ratio(reader: Reader, files: Sequence[Path], rounds: int) -> float:
    """Return the first text of a ten-page PDF against that of a lone page, medians."""
    pages = [reader.lone(fresh_png(files[0]))[0] for _ in range(rounds)]
    pdfs = [reader.lone(pdf_of(files, 10) + b"\n%" + secrets.token_bytes(4).hex().encode())[0]
            for _ in range(rounds)]  # fmt: skip
    return statistics.median(pdfs) / statistics.median(pages)
