"""Which requests bring what runners upload (transcode contract, 2.7).

A runner's credentials stand inside the body, and the body may be 20 GiB. So `update` and
`success` pass by the limit on strangers' bodies and by Django's spooling: their view reads
the stream itself, and stores no byte of a file before it knows whose it is.
"""

import re

from core.realtime.asgi import Scope

_UPLOADS = re.compile(r"/api/v1/runners/jobs/[^/]+/(update|success)/?")


def is_upload(scope: Scope) -> bool:
    """Return whether a request may bring a runner's files."""
    return _UPLOADS.fullmatch(scope["path"]) is not None
