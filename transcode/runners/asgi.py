"""A thin ASGI layer in front of Django for what runners upload (transcode contract, 2.7).

A runner's credentials stand inside the body, and the body may be 20 GiB. So `update` and
`success` pass by the limit on strangers' bodies and by Django's spooling: their view reads
the stream itself, and stores no byte of a file before it knows whose it is.
"""

import re

from core.realtime.asgi import Application, Receive, Scope, Send
from core.tus.asgi import UnspooledBodies

_UPLOADS = re.compile(r"/api/v1/runners/jobs/[^/]+/(update|success)/?")


def is_upload(scope: Scope) -> bool:
    """Return whether a request may bring a runner's files."""
    return _UPLOADS.fullmatch(scope["path"]) is not None


class RunnerUploads:
    """Serve runners' uploads by `django` with their bodies in the scope, the rest by `rest`."""

    def __init__(self, django: Application, rest: Application) -> None:
        self.uploads = UnspooledBodies(django, is_upload)
        self.rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or one socket."""
        is_ours = scope["type"] == "http" and is_upload(scope)
        await (self.uploads if is_ours else self.rest)(scope, receive, send)
