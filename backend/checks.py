"""System checks: what must hold between settings, so that a start says so and not a failure."""

from collections.abc import Iterator

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004
from django.db import connection
from django.utils.module_loading import import_string

from core.jobs.kinds import known_kinds


def register_all() -> None:
    """Register each check with Django."""
    register(leases)
    register(queues)
    register(sizes)
    register(callbacks)
    register(production, Tags.security, deploy=True)


def leases(**_: object) -> list[CheckMessage]:
    """A lease must outlive two heartbeats, or a busy machine loses jobs that run well."""
    if settings.JOB_LEASE_S >= 2 * settings.JOB_HEARTBEAT_S:
        return []
    return [Error("JOB_LEASE_S must be at least twice JOB_HEARTBEAT_S.", id="medialoom.E001")]


def queues(**_: object) -> list[CheckMessage]:
    """A kind must name queues that workers take jobs from."""
    return [
        Error(f"The kind {kind.name} names an unknown queue: {queue}.", id="medialoom.E002")
        for kind in known_kinds().values()
        for queue in (kind.queue, kind.finish_queue)
        if queue not in settings.JOB_QUEUES
    ]


def sizes(**_: object) -> list[CheckMessage]:
    """What an upload or a message may weigh must fit into what holds it."""
    return list(_sizes())


def _sizes() -> Iterator[CheckMessage]:
    if settings.CORE_UPLOAD_MAX_BYTES > settings.MAX_UPLOAD_SIZE_BYTES:
        text = "CORE_UPLOAD_MAX_BYTES exceeds MAX_UPLOAD_SIZE, which refuses such bodies first."
        yield Warning(text, id="medialoom.W001")
    beside_the_largest = settings.CORE_WS_INFLIGHT_BYTES - settings.CORE_WS_MAX_MESSAGE_BYTES
    if beside_the_largest < settings.ENVELOPE_BYTES:
        text = "CORE_WS_INFLIGHT_BYTES must be at least 1 MiB more than CORE_WS_MAX_MESSAGE_BYTES."
        yield Error(text, id="medialoom.E003")


def callbacks(**_: object) -> list[CheckMessage]:
    """What settings name for us to call must be there: its module may do anything when read."""
    path = settings.TRANSCODE_ENDED_CALLBACK
    try:
        if not path or callable(import_string(path)):
            return []
        why = "it cannot be called"
    except Exception as error:  # noqa: BLE001 - whatever it is, the start says so
        why = str(error)
    return [Error(f"TRANSCODE_ENDED_CALLBACK: {path} is no use ({why}).", id="medialoom.E004")]


def production(**_: object) -> list[CheckMessage]:
    """What a deployment wants beyond Django's own list (`manage.py check --deploy`)."""
    return list(_production())


def _production() -> Iterator[CheckMessage]:
    if connection.vendor == "sqlite":
        yield Warning("DATABASE_URL: production wants PostgreSQL.", id="medialoom.W101")
    if settings.REDIS_IS_EMBEDDED:
        yield Warning("REDIS_URL: production wants a Redis of its own.", id="medialoom.W102")
    if any(network.prefixlen == 0 for network in settings.METRICS_ALLOW):
        yield Warning("METRICS_ALLOW names the whole world.", id="medialoom.W103")
