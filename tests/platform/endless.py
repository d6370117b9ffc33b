"""An ASGI application that sends 200 MB as fast as `send` lets it, and tells how far it is."""

TOTAL_BYTES = 200 * 2**20
PART = b"x" * 2**20
sent = {"http": 0, "websocket": 0}


async def application(scope, receive, send):
    """Serve `/large`, `/sent/http` and `/sent/websocket`, or a socket that floods."""
    if scope["type"] == "websocket":
        await _flood(receive, send)
    elif scope["path"] == "/large":
        await _large(send)
    else:
        await _answer(send, str(sent[scope["path"].rpartition("/")[2]]).encode())


async def _large(send):
    headers = [(b"content-length", str(TOTAL_BYTES).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    while sent["http"] < TOTAL_BYTES:
        sent["http"] += len(PART)
        await send({"type": "http.response.body", "body": PART, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _flood(receive, send):
    await receive()
    await send({"type": "websocket.accept"})
    while sent["websocket"] < TOTAL_BYTES:
        sent["websocket"] += len(PART)
        await send({"type": "websocket.send", "bytes": PART})
    await send({"type": "websocket.close", "code": 1000})


async def _answer(send, body):
    headers = [(b"content-length", str(len(body)).encode()), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
