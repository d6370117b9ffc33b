"""Somebody who uploads a video to a benchmark's platform and waits for it."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import connect

from benchmarks.instance import Instance

FAILED = 7
PATIENCE_S = 600.0


class Person:
    """A client of the video API."""

    def __init__(self, platform: Instance) -> None:
        self.url, self._token = platform.url, platform.token
        headers = {"Authorization": f"Bearer {platform.token}"}
        self.client = httpx.Client(
            base_url=f"{platform.url}/api/v1", headers=headers, timeout=PATIENCE_S
        )

    @contextmanager
    def upload(self, path: Path) -> Iterator[tuple[str, float]]:
        """Upload a film; give its video, deleted after the block, and when its last byte went."""
        sent_at = 0.0

        def body() -> Iterator[bytes]:
            nonlocal sent_at
            with path.open("rb") as file:
                yield head
                yield from iter(lambda: file.read(2**18), b"")
                yield tail
            sent_at = time.perf_counter()

        head, tail = _form(path)
        size = len(head) + path.stat().st_size + len(tail)
        headers = {
            "Content-Type": "multipart/form-data; boundary=bench", "Content-Length": str(size)
        }  # fmt: skip
        answer = self.client.post("/video/upload", content=body(), headers=headers)
        uuid = answer.raise_for_status().json()["video"]["uuid"]
        try:
            yield uuid, sent_at
        finally:
            self.client.delete(f"/video/{uuid}")

    def hear(self, uuid: str, is_so: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """Return the video once it is so, as a page that listens on the socket has it.

        Asking again and again would take the processor that is being measured.
        """
        address = f"{self.url.replace('http', 'ws', 1)}/ws/videos/{uuid}/?token={self._token}"
        with connect(address, max_size=None) as socket:
            while True:
                frame = json.loads(socket.recv(timeout=PATIENCE_S))
                for video in frame.get("videos") or [frame.get("video")]:
                    if video and is_so(video):
                        return dict(video)
                    if video and video["state"]["id"] == FAILED:
                        raise RuntimeError(f"the video failed: {video['error']}")

    def first_frame(self, video: dict[str, Any]) -> None:
        """Fetch what a player needs for its first frame."""
        url = httpx.URL(self.url).join(video["playback"]["hlsUrl"])
        master = self.client.get(url).raise_for_status().text
        name = next(line for line in master.splitlines() if line and line[0] != "#")
        playlist = self.client.get(url.join(name)).raise_for_status().text
        media = next(line for line in playlist.splitlines() if line and line[0] != "#")
        part = self.client.get(url.join(media), headers={"Range": "bytes=0-65535"})
        part.raise_for_status()


def _form(path: Path) -> tuple[bytes, bytes]:
    head = (
        '--bench\r\nContent-Disposition: form-data; name="name"\r\n\r\nA film\r\n'
        f'--bench\r\nContent-Disposition: form-data; name="videoFile"; filename="{path.name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    return head.encode(), b"\r\n--bench--\r\n"
