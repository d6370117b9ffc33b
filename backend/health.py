"""Is it alive, is it ready, how is it doing: `/healthz`, `/readyz`, `/metrics`."""

import os
import tempfile
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from redis.exceptions import RedisError

from backend import heartbeat
from backend.metrics import REGISTRY
from core.api.clients import client_ip
from core.realtime.asgi import Application, Receive, Scope, Send
from core.realtime.publish import connection as redis

# With less, the next upload or scratch folder is likely to fail halfway.
MIN_FREE_BYTES = 64 * 2**20
BLOCK = bytes(4096)
# What is said of a part that fails, where it is not "away".
FAILING = {"disk": "not writable"}


class Liveness:
    """Answers `/healthz` before Django: the process lives and its event loop turns."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand on to `app`."""
        if scope["type"] != "http" or scope["path"] != "/healthz":
            await self.app(scope, receive, send)
            return
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"3")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"ok\n"})


@never_cache
@require_safe
def readyz(_request: HttpRequest) -> JsonResponse:
    """Say part by part whether requests can be served and jobs be done; 503 if not."""
    parts = {name: probe() for name, probe in PROBES.items()}
    is_ready = all(parts.values())
    shown = {name: "ok" if works else FAILING.get(name, "away") for name, works in parts.items()}
    response = JsonResponse({"ready": is_ready, **shown}, status=200 if is_ready else 503)
    # Django would log each 503 as an error: it is asked for every few seconds.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def database_answers() -> bool:
    """Return whether the database takes a query."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        connection.close()
        return False
    return True


def redis_answers() -> bool:
    """Return whether Redis takes a command."""
    try:
        return bool(redis().ping())
    except RedisError:
        return False


def worker_is_heard() -> bool:
    """Return whether a worker that runs jobs gave a sign of life in the last 30 s."""
    try:
        return bool(heartbeat.queues_served())
    except RedisError:
        return False


def disk_takes_files() -> bool:
    """Return whether `DATA_DIR` can be written to and has room for more."""
    return takes_files(settings.DATA_DIR)


def takes_files(folder: Path, *, min_free_bytes: int = MIN_FREE_BYTES) -> bool:
    """Return whether a folder takes a block of data and its disk has that much room for us.

    Free space alone is not enough: quotas, inodes and a disk that the kernel has made
    read-only after an error show only when something is written.
    """
    try:
        disk = os.statvfs(folder)
        with tempfile.TemporaryFile(dir=folder, buffering=0) as probe:
            probe.write(BLOCK)
    except OSError:
        return False
    return disk.f_bavail * disk.f_frsize >= min_free_bytes


PROBES: dict[str, Callable[[], bool]] = {
    "database": database_answers,
    "redis": redis_answers,
    "worker": worker_is_heard,
    "disk": disk_takes_files,
}


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Show the figures to staff and to the networks in `METRICS_ALLOW`; 403 to others."""
    if not (_is_allowed(client_ip(request)) or _is_staff(request)):
        return HttpResponse("Staff only.\n", status=403, content_type="text/plain; charset=utf-8")
    return HttpResponse(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)


def _is_allowed(address: str | None) -> bool:
    if address is None:
        return False
    return any(ip_address(address) in network for network in settings.METRICS_ALLOW)


def _is_staff(request: HttpRequest) -> bool:
    return request.user.is_active and request.user.is_staff
