"""What a runner's `update` or `success` brings, from the wire to the staging folder (2.7).

The tokens are looked at before the first byte of a file is stored; what is not wanted is
read and thrown away. Each call writes into a folder of its own: of two that bring the same
result, neither touches the other's files.
"""

import asyncio
import re
import secrets
import shutil
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from rest_framework.exceptions import ParseError, UnsupportedMediaType

from core.api.clients import client_ip
from core.api.parsers import StrictJSONParser
from core.errors import FieldErrors
from core.multipart import Begin, FormReader, Limits
from core.multipart.sinks import CountedBody
from core.realtime.loops import per_loop
from core.tus.errors import TooLarge
from core.tus.inflow import Inflow
from core.tus.threads import on_disk, with_rows
from transcode.runners import holding
from transcode.runners.holding import Held
from transcode.runners.tokens import MAX_CHARS
from transcode.videos import storage

# A call in JSON: before the tokens anybody may send it.
MAX_JSON_BYTES = 2**18
UPLOADS_PER_RUNNER = 4
TOKENS = ("runnerToken", "jobToken")
_PAYLOAD = re.compile(r"payload\[(\w{1,64})\]", re.ASCII)

# By runner, in each web process: further uploads wait, and so do their senders.
_slots = per_loop(
    lambda: defaultdict[int, asyncio.Semaphore](lambda: asyncio.Semaphore(UPLOADS_PER_RUNNER))
)


class Reception:
    """One call. `wanted` says which files of a job are kept, and refuses what may not be sent.

    After `read`: `hold` is the job, `fields` and `files` are the `payload[...]` parts.
    """

    def __init__(
        self, request: HttpRequest, job_id: UUID, wanted: Callable[[Held], Collection[str]]
    ) -> None:
        self._request, self._job_id, self._wanted = request, job_id, wanted
        self._texts: Mapping[str, str] = {}
        self._kept: Collection[str] = ()
        self._hold: Held | None = None
        self._folder: Path | None = None
        self._slot: asyncio.Semaphore | None = None
        self.files: dict[str, Path] = {}

    @property
    def hold(self) -> Held:
        """The job, once the tokens were looked at."""
        assert self._hold is not None  # noqa: S101 - `read` has been called
        return self._hold

    @property
    def fields(self) -> dict[str, str]:
        """The texts of the payload, by their names."""
        found = ((_PAYLOAD.fullmatch(name), text) for name, text in self._texts.items())
        return {match[1]: text for match, text in found if match}

    @property
    def progress(self) -> str | None:
        """What the call says of its progress."""
        return self._texts.get("progress")

    # ---- reading

    async def read(self, body: Inflow) -> None:
        """Take the whole body.

        Raises: `UnknownJob`, `TooLarge`, `Disconnected`, `NotAForm`, `FieldErrors`, and what
        `wanted` refuses.
        """
        limit_bytes = settings.TRANSCODE_RUNNER_MAX_UPLOAD_BYTES
        if int(self._request.headers.get("Content-Length") or 0) > limit_bytes:
            raise TooLarge(limit_bytes)
        kind = self._request.content_type
        if kind == "multipart/form-data":
            await self._read_form(body, Limits(whole_bytes=limit_bytes))
        elif kind == "application/json":
            body.start()
            await self._read_json(CountedBody(body, MAX_JSON_BYTES))
        else:
            raise UnsupportedMediaType(kind or "")
        await self._identify()

    async def _read_form(self, body: Inflow, limits: Limits) -> None:
        reader = FormReader(self._request.headers["Content-Type"], self._place, limits=limits)
        await reader.read(body)
        self._texts = reader.texts
        found = ((_PAYLOAD.fullmatch(name), file.path) for name, file in reader.files.items())
        self.files = {match[1]: path for match, path in found if match}

    async def _read_json(self, body: CountedBody) -> None:
        pieces = []
        while piece := await body.take():
            pieces.append(piece)
        said = StrictJSONParser().parse(BytesIO(b"".join(pieces)))
        if not isinstance(said, dict):
            raise ParseError("JSON parse error - an object is expected.")
        payload = said.pop("payload", None) or {}
        if not isinstance(payload, dict):
            raise FieldErrors({"payload": "An object, please."})
        inner = {f"payload[{name}]": value for name, value in payload.items()}
        self._texts = {**_texts_of(said), **_texts_of(inner)}

    async def _place(self, part: Begin, texts: Mapping[str, str]) -> Path | None:
        """Say where a file goes that is wanted, once the tokens are known."""
        self._texts = texts
        await self._identify()
        match = _PAYLOAD.fullmatch(part.name)
        if not match or match[1] not in self._kept:
            return None
        await self._wait_for_slot()
        if self._folder is None:
            self._folder = _new_folder(self.hold)
        return self._folder / match[1]

    async def _identify(self) -> None:
        """Look at the tokens, once. Raises: `UnknownJob`, `FieldErrors`."""
        if self._hold is not None:
            return
        if missing := [name for name in TOKENS if not self._texts.get(name)]:
            raise FieldErrors(dict.fromkeys(missing, "This is required, before any file."))
        if any(len(self._texts[name]) > MAX_CHARS for name in TOKENS):
            raise FieldErrors(dict.fromkeys(TOKENS, f"At most {MAX_CHARS} characters."))
        hold = await with_rows(
            holding.held,
            self._job_id,
            runner_token=self._texts["runnerToken"],
            job_token=self._texts["jobToken"],
            ip=client_ip(self._request),
        )
        self._kept = self._wanted(hold)
        self._hold = hold

    async def _wait_for_slot(self) -> None:
        if self._slot is None:
            slot = _slots()[self.hold.runner.pk]
            await slot.acquire()
            self._slot = slot

    # ---- afterwards

    async def close(self) -> None:
        """Let the runner's next upload begin."""
        if self._slot is not None:
            self._slot.release()
            self._slot = None

    async def discard(self) -> None:
        """Remove what was stored."""
        if self._folder is not None:
            await on_disk(_remove, self._folder)


def _new_folder(hold: Held) -> Path:
    """Return a call's own place in the folder of its token."""
    start = hold.video_job.token_hash[:16]
    return storage.staging_folder(hold.job.pk, start) / secrets.token_hex(8)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        folder.parent.rmdir()  # If no other call is writing there.


def _texts_of(said: dict[str, Any]) -> dict[str, str]:
    """Return JSON's plain values as the texts that a form would bring."""
    plain = {k: v for k, v in said.items() if isinstance(v, str | int | float)}
    return {k: v if isinstance(v, str) else str(v) for k, v in plain.items()}
