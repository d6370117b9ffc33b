"""Kinds of job that the tests of the kernel use. Only the test process knows them."""

from typing import ClassVar

from django.db.models import Q
from rest_framework import serializers

from core.errors import TemporaryFailure
from core.jobs.kinds import JobKind


class Plain(JobKind):
    name = "tests.plain"
    queue = "nobody"
    stages = ("first", "second")

    def run(self):
        return {"done": True}


class Limited(JobKind):
    name = "tests.limited"
    queue = "nobody"

    @classmethod
    def active_limit(cls):
        return 2


class Delayed(JobKind):
    name = "tests.delayed"
    queue = "nobody"
    max_attempts = 4
    retry_delays_s = (10.0, 60.0)


class Scripted(JobKind):
    """Does what the test hangs on it."""

    name = "tests.scripted"
    queue = "nobody"
    script: ClassVar = staticmethod(lambda kind: {})
    published: ClassVar = staticmethod(lambda kind, result: None)
    heard: ClassVar[list[tuple[str, int]]] = []
    is_deaf: ClassVar[bool] = True
    limit: ClassVar[float] = 60.0

    def limit_s(self):
        return self.limit

    def run(self):
        return type(self).script(self)

    def publish(self, result):
        type(self).published(self, result)

    @classmethod
    def changed(cls, job):
        if not cls.is_deaf:
            cls.heard.append((job.status, job.revision))


class Open(JobKind):
    """May be started over REST."""

    name = "tests.open"
    queue = "nobody"
    is_startable = True

    class OpenParams(serializers.Serializer):
        text = serializers.CharField(default="", allow_blank=True, trim_whitespace=False)
        number = serializers.FloatField(default=0.0)
        day = serializers.DateField(required=False)
        extra = serializers.JSONField(default=dict)

    params_serializer = OpenParams


def temporary(kind):
    raise TemporaryFailure("Not now.", code="busy")


class Ladder(JobKind):
    """Takes its children of the same kind along, and makes them too."""

    name = "tests.ladder"
    queue = "nobody"
    failures: ClassVar[list[str]] = []
    script: ClassVar = staticmethod(lambda kind: {})

    @classmethod
    def family_of(cls, job):
        return Q(kind=cls.name)

    @classmethod
    def attempt_failed(cls, job):
        cls.failures.append(str(job.pk))

    def run(self):
        result = type(self).script(self)
        self.member_results = {member.pk: {"made": True} for member in self.members}
        return result


class Outside(JobKind):
    """No worker takes it; it counts its failures itself, and somebody else finishes it."""

    name = "tests.outside"
    queue = "nobody"
    finish_queue = "finishers"
    max_attempts = 2
    lost_code = "stalled"
    lost_message = "Nobody was heard of."
    is_for_workers: ClassVar[bool] = False
    tries: ClassVar[int] = 5
    wait: ClassVar[float] = 0.0
    script: ClassVar = staticmethod(lambda kind: {"finished": True})

    @classmethod
    def queue_of(cls, params):
        return cls.queue if cls.is_for_workers else ""

    @classmethod
    def wait_s(cls, job):
        return cls.wait

    @classmethod
    def has_another_attempt(cls, job):
        return job.attempt < cls.tries

    def finish(self):
        return type(self).script(self)
