"""What Prometheus reads: jobs, queues, sockets, the Media API and the process itself."""

from collections.abc import Iterator, Mapping, Sequence

from celery.exceptions import OperationalError as CeleryOperationalError
from django.conf import settings
from django.core.cache import cache
from django.db.models import Count
from kombu.exceptions import OperationalError
from prometheus_client import CollectorRegistry, Gauge, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, SummaryMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

from backend import heartbeat
from core import counts
from core.jobs import broker
from core.jobs.models import Job
from core.realtime.asgi import Application, Receive, Scope, Send
from media_api import figures

REGISTRY = CollectorRegistry()
SOCKETS = Gauge("medialoom_sockets", "WebSockets open in this process.", registry=REGISTRY)
# Counting all jobs reads the whole table: once in this time is enough, whoever asks.
COUNT_EVERY_S = 15


class SocketCount:
    """Counts the sockets that are open."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
            return
        with SOCKETS.track_inprogress():
            await self.app(scope, receive, send)


class Jobs(Collector):
    """Reads the figures of all jobs when it is asked for them."""

    def describe(self) -> list[GaugeMetricFamily]:
        """Name nothing ahead: that would read the database when this module is imported."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the jobs by kind and status, the queues' depths, the queues that are served."""
        yield _family("jobs", "Jobs by kind and status.", ["kind", "status"], _job_counts())
        try:
            depths = broker.depths(list(settings.JOB_QUEUES))
            served = heartbeat.queues_served()
        except (OperationalError, CeleryOperationalError, RedisError, OSError):
            return
        waiting = [((name,), count) for name, count in depths.items()]
        yield _family("queue_messages", "Messages waiting in the broker.", ["queue"], waiting)
        heard = [((name,), int(name in served)) for name in settings.JOB_QUEUES]
        yield _family("queue_served", "1 where a worker was heard from.", ["queue"], heard)


class MediaApi(Collector):
    """Reads what all processes have counted of the Media API (`core.counts`)."""

    def describe(self) -> list[Metric]:
        """Name nothing ahead: that would ask Redis when this module is imported."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield submissions, events and stages; nothing while Redis is away."""
        try:
            submissions = counts.totals(figures.SUBMISSIONS)
            events = counts.totals(figures.EVENTS_SENT)
            stages = counts.totals(figures.STAGES)
            seconds = counts.totals(figures.STAGE_SECONDS)
        except RedisError:
            return
        text = "Answers to submissions to the Media API, by HTTP status."
        yield _counter(figures.SUBMISSIONS, text, "code", submissions)
        text = "Events that sockets of the Media API were sent, by type."
        yield _counter(figures.EVENTS_SENT, text, "type", events)
        text = "Stages of the Media API that were done, and how long they took."
        took = SummaryMetricFamily("medialoom_media_stage_seconds", text, labels=["stage"])
        for stage, number in stages.items():
            took.add_metric([stage], count_value=int(number), sum_value=seconds.get(stage, 0))
        yield took


def _counter(name: str, text: str, label: str, found: Mapping[str, float]) -> CounterMetricFamily:
    family = CounterMetricFamily(f"medialoom_{name}", text, labels=[label])
    for value, number in found.items():
        family.add_metric([value], number)
    return family


Samples = Sequence[tuple[tuple[str, ...], int]]


def _family(name: str, text: str, labels: list[str], samples: Samples) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"medialoom_{name}", text, labels=labels)
    for values, count in samples:
        family.add_metric(values, count)
    return family


def _job_counts() -> Samples:
    try:
        return cache.get_or_set("metrics.jobs", _count_jobs, COUNT_EVERY_S) or []
    except RedisError:
        return _count_jobs()


def _count_jobs() -> Samples:
    rows = Job.objects.order_by().values_list("kind", "status").annotate(count=Count("pk"))
    return [((kind, status), count) for kind, status, count in rows]


REGISTRY.register(Jobs())
REGISTRY.register(MediaApi())
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
