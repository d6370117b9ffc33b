"""A client that costs next to nothing: it shares two cores with the server that it measures."""

import asyncio


class Connection:
    """One connection that is kept: it sends a request and reads the answer."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def __aenter__(self) -> "Connection":
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()

    async def ask(self, request: bytes, *, expected: tuple[int, ...] = (200,)) -> tuple[int, bytes]:
        """Return status and body. Raises: `RuntimeError` for another status than expected."""
        self.writer.write(request)
        head = await self.reader.readuntil(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        body = await self.reader.readexactly(length)
        if status not in expected:
            raise RuntimeError(f"{head!r} {body!r}")
        return status, body
