"""A client of the Media API for benchmarks."""

import json
import time
from pathlib import Path
from typing import Any

import httpx

from benchmarks.instance import Instance

POLL_S = 0.01
PATIENCE_S = 900.0
FINISHED = 2


class MediaPerson:
    """Posts files and waits for what comes of them."""

    def __init__(self, platform: Instance) -> None:
        headers = {"Authorization": f"Bearer {platform.token}"}
        self.client = httpx.Client(
            base_url=f"{platform.url}/api/v1", headers=headers, timeout=PATIENCE_S
        )

    def post(self, route: str, path: Path, data: dict[str, Any]) -> str:
        """Post a file and return its rid."""
        with path.open("rb") as file:
            answer = self.client.post(
                f"/{route}/", data={"data": json.dumps(data)}, files={"file": (path.name, file)}
            )
        rid: str = answer.raise_for_status().json()["rid"]
        return rid

    def wait(self, rid: str) -> None:
        """Wait until a request is finished. Raises: `RuntimeError` when it ends otherwise."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            status = self.client.get(f"/status/{rid}/").json()
            if status["status"] == FINISHED:
                return
            if status["status"] > FINISHED:
                raise RuntimeError(f"the request ended badly: {status}")
            time.sleep(POLL_S)  # as a client without a socket asks
        raise TimeoutError("the request did not end")

    def made_s(self, route: str, path: Path, data: dict[str, Any]) -> float:
        """Return the seconds from the post until the request is finished; it is deleted then."""
        began = time.perf_counter()
        rid = self.post(route, path, data)
        self.wait(rid)
        took_s = time.perf_counter() - began
        self.client.delete(f"/requests/{rid}/").raise_for_status()
        return took_s
