"""Files over HTTP: ranges, conditions, and a body that never sits in memory (RFC 9110).

The body is an asynchronous iterator that awaits a small pool of threads, 256 KiB a hop: a
synchronous one would be read whole into memory under ASGI before its first byte leaves.
Behind nginx, `accel_path` hands the sending over (`X-Accel-Redirect`).
"""

import asyncio
import os
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import BinaryIO

from django.http import HttpResponse, HttpResponseNotModified, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header, parse_etags

HOP_BYTES = 256 * 1024
_RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})")
_readers = ThreadPoolExecutor(max_workers=8, thread_name_prefix="download")


@dataclass(frozen=True)
class Download:
    """An open file and what is said about it. `etag` is quoted and strong."""

    file: BinaryIO
    content_type: str
    etag: str
    filename: str
    is_inline: bool = False
    accel_path: str = ""


class FileBody:
    """A part of a file as an asynchronous iterator of bytes; closes the file at its end."""

    def __init__(self, file: BinaryIO, start: int, length: int) -> None:
        self._file = file
        self._position = start
        self._end = start + length

    def __aiter__(self) -> "FileBody":
        return self

    async def __anext__(self) -> bytes:
        wanted = min(HOP_BYTES, self._end - self._position)
        if wanted <= 0:
            self.close()
            raise StopAsyncIteration
        loop = asyncio.get_running_loop()
        piece = await loop.run_in_executor(
            _readers, os.pread, self._file.fileno(), wanted, self._position
        )
        if not piece:
            self.close()
            raise StopAsyncIteration
        self._position += len(piece)
        return piece

    def close(self) -> None:
        """Close the file; Django calls this when the client is gone, too."""
        self._file.close()


def download(method: str, headers: Mapping[str, str], source: Download) -> HttpResponseBase:
    """Answer a GET or HEAD of a file: 200, 206, 304 or 416. Takes over the open file."""
    size_bytes = os.fstat(source.file.fileno()).st_size
    if is_known(headers, source.etag):
        source.file.close()
        return _described(HttpResponseNotModified(), source)
    # A Range means nothing to other methods (RFC 9110, 14.2).
    asked = _asked_range(headers, source.etag) if method == "GET" else None
    start, length = (0, size_bytes) if asked is None else _part(asked, size_bytes)
    if length < 0:
        source.file.close()
        answer: HttpResponseBase = HttpResponse(status=416)
        answer["Content-Range"] = f"bytes */{size_bytes}"
        return _described(answer, source)
    answer = _body(method, source, start, length)
    if asked is not None:
        answer.status_code = 206
        answer["Content-Range"] = f"bytes {start}-{start + length - 1}/{size_bytes}"
    return _described(answer, source)


def _body(method: str, source: Download, start: int, length: int) -> HttpResponseBase:
    answer: HttpResponseBase
    if method == "HEAD" or source.accel_path:
        source.file.close()
        answer = HttpResponse(content_type=source.content_type)
        if source.accel_path and method != "HEAD":
            # nginx cuts the range out itself; it reads the request's own header.
            answer["X-Accel-Redirect"] = source.accel_path
            return answer
    else:
        body = FileBody(source.file, start, length)
        answer = StreamingHttpResponse(body, content_type=source.content_type)
    answer["Content-Length"] = str(length)
    return answer


def _described(answer: HttpResponseBase, source: Download) -> HttpResponseBase:
    answer["ETag"] = source.etag
    answer["Accept-Ranges"] = "bytes"
    answer["Cache-Control"] = "private"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    disposition = content_disposition_header(not source.is_inline, source.filename)
    if disposition:
        answer["Content-Disposition"] = disposition
    return answer


def is_known(headers: Mapping[str, str], etag: str) -> bool:
    """Return whether the client has this very file (If-None-Match, weak comparison)."""
    known = [tag.removeprefix("W/") for tag in parse_etags(headers.get("If-None-Match", ""))]
    return "*" in known or etag in known


def _asked_range(headers: Mapping[str, str], etag: str) -> tuple[str, str] | None:
    """Return first and last of a single range; None when the whole is to be sent.

    Several ranges at once, and what is not a range, may be ignored (RFC 9110, 14.2).
    """
    match = _RANGE.fullmatch(headers.get("Range", "").strip())
    if match is None or match[1] == match[2] == "":
        return None
    condition = headers.get("If-Range")
    return (match[1], match[2]) if condition in (None, etag) else None


def _part(asked: tuple[str, str], size_bytes: int) -> tuple[int, int]:
    """Return where the part begins and its length; a length of -1 cannot be satisfied."""
    first, last = asked
    if not first:
        length = min(int(last), size_bytes)
        return size_bytes - length, length or -1
    start = int(first)
    end = min(int(last), size_bytes - 1) if last else size_bytes - 1
    if start >= size_bytes or (last and int(last) < start):
        return 0, -1
    return start, end - start + 1
