"""The least a server can do to send a file: a bare ASGI application, without Django.

RAW_FILE=/path uvicorn benchmarks.raw_file:application
"""

import asyncio
import os
from typing import Any

HOP_BYTES = 256 * 1024


async def application(scope: dict[str, Any], _receive: Any, send: Any) -> None:
    """Send the file named by `RAW_FILE`, read in a thread, a hop at a time."""
    if scope["type"] != "http":
        return
    descriptor = os.open(os.environ["RAW_FILE"], os.O_RDONLY)
    try:
        size = os.fstat(descriptor).st_size
        headers = [(b"content-length", str(size).encode()), (b"content-type", b"video/mp4")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for start in range(0, size, HOP_BYTES):
            piece = await asyncio.to_thread(os.pread, descriptor, HOP_BYTES, start)
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        os.close(descriptor)
