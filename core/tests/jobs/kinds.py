"""Kinds of job that the tests of the kernel use. Only the test process knows them."""

from typing import ClassVar

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
