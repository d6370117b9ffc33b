"""A client of the Media API for benchmarks."""

import json
import time
from pathlib import Path
from typing import Any

import httpx

from benchmarks.instance import Instance
from medialoom.credentials import Tokens
from medialoom.progress import FINISHED
from medialoom.session import Session
from medialoom.watching import Watch

PATIENCE_S = 900.0


class MediaPerson:
    """Posts files and waits for what comes of them."""

    def __init__(self, platform: Instance) -> None:
        headers = {"Authorization": f"Bearer {platform.token}"}
        self.client = httpx.Client(
            base_url=f"{platform.url}/api/v1", headers=headers, timeout=PATIENCE_S
        )
        self._session = Session(platform.url, Tokens(platform.token))

    def post(self, route: str, path: Path, data: dict[str, Any]) -> str:
        """Post a file and return its rid."""
        with path.open("rb") as file:
            answer = self.client.post(
                f"/{route}/", data={"data": json.dumps(data)}, files={"file": (path.name, file)}
            )
        rid: str = answer.raise_for_status().json()["rid"]
        return rid

    def wait(self, rid: str) -> None:
        """Wait until a request is finished. Raises: `RuntimeError` when it ends otherwise.

        On the socket: asking again and again would take the cores that are being measured.
        """
        for progress in Watch(self._session, [rid], patience_s=PATIENCE_S):
            if progress.is_final and progress.status != FINISHED:
                raise RuntimeError(f"the request ended badly: {progress}")

    def made_s(self, route: str, path: Path, data: dict[str, Any]) -> float:
        """Return the seconds from the post until the request is finished; it is deleted then."""
        began = time.perf_counter()
        rid = self.post(route, path, data)
        self.wait(rid)
        took_s = time.perf_counter() - began
        self.client.delete(f"/requests/{rid}/").raise_for_status()
        return took_s
