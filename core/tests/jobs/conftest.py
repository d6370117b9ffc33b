"""What the tests of the kernel share: an empty broker, nobody else at work, some jobs."""

import json
from collections.abc import Callable

import pytest
import redis
from channels.layers import get_channel_layer
from django.conf import settings

from core.jobs import lifecycle
from core.jobs.models import Job
from core.realtime.groups import group_for_job
from core.tests.jobs import kinds


@pytest.fixture(autouse=True)
def _by_itself(alone, transactional_db, queues):
    """Every test commits for real, and starts with an empty broker."""
    queues.client.flushdb()
    scripted = kinds.Scripted
    was = (scripted.script, scripted.published, scripted.limit)
    yield
    scripted.script, scripted.published = staticmethod(was[0]), staticmethod(was[1])
    scripted.limit, scripted.is_deaf = was[2], True
    scripted.heard.clear()


@pytest.fixture
def queues():
    """Return a view of the broker's queues."""
    return Queues()


class Queues:
    """What the broker holds, read behind Celery's back."""

    def __init__(self):
        self.client = redis.Redis.from_url(settings.REDIS_URL)

    def sent(self, queue="nobody"):
        """Return the job ids in a queue, the oldest first."""
        messages = [json.loads(raw) for raw in self.client.lrange(queue, 0, -1)]
        return [json.loads(message["headers"]["argsrepr"].replace("'", '"'))[0]
                for message in reversed(messages)]  # fmt: skip

    def clear(self):
        """Forget everything, as a broker without a disk does when it is restarted."""
        self.client.flushdb()


@pytest.fixture
def make(user) -> Callable[..., Job]:
    """Return the function that enqueues a job of a test's kind."""

    def make_job(kind=kinds.Plain, *, owner=user, params=None, **more) -> Job:
        return lifecycle.enqueue(kind, owner=owner, params=params or {}, **more)

    return make_job


@pytest.fixture
def job(make) -> Job:
    """Return a queued job."""
    return make()


@pytest.fixture
def held(make) -> Job:
    """Return a job that this test holds."""
    return take(make())


def take(job: Job) -> Job:
    """Claim a job that is to be had."""
    claimed = lifecycle.claim(job.pk, holder="runner:test")
    assert claimed is not None
    return claimed


def fresh(job: Job) -> Job:
    """Read a job again."""
    return Job.objects.get(pk=job.pk)


@pytest.fixture
def listen():
    """Return the function that begins to listen to a job's events."""
    opened = []

    def begin(job):
        listener = Listener(job)
        opened.append(listener)
        return listener

    yield begin
    for listener in opened:
        listener.close()


class Listener:
    """Hears a job's events as the hub does."""

    def __init__(self, job):
        self.pubsub = redis.Redis.from_url(settings.REDIS_URL).pubsub()
        prefix = settings.CHANNEL_LAYERS["default"]["CONFIG"]["prefix"]
        self.pubsub.subscribe(f"{prefix}__group__{group_for_job(job.pk)}")
        assert self.pubsub.get_message(timeout=60)["type"] == "subscribe"

    def frames(self):
        """Return the frames heard so far."""
        heard = []
        while message := self.pubsub.get_message(timeout=0.1):
            heard.append(json.loads(get_channel_layer().deserialize(message["data"])["text"]))
        return heard

    def close(self):
        self.pubsub.close()
