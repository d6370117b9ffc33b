"""What the tests of the runner API share: a plain client, runners, pending jobs."""

import pytest
import redis
from django.conf import settings as django_settings
from rest_framework.test import APIClient

from transcode.tests import factories


@pytest.fixture(autouse=True)
def _runners_alone(settings):
    """No local worker takes a job that a test means for runners."""
    settings.TRANSCODE_LOCAL_WORKERS = "off"


@pytest.fixture(autouse=True)
def _no_throttle_yet():
    """Forget the unknown tokens that earlier tests have tried."""
    client = redis.Redis.from_url(django_settings.REDIS_URL)
    for key in client.scan_iter("medialoom:throttle:runner-token:*"):
        client.delete(key)


class Caller:
    """Calls the runner API in this process, as runners do: JSON, no credentials in headers."""

    def __init__(self):
        self.client = APIClient(enforce_csrf_checks=True)

    def post(self, path, body=None, **more):
        return self.client.post(f"/api/v1/runners{path}", body, format="json", **more)


@pytest.fixture
def call():
    return Caller().post


@pytest.fixture
def runner(db):
    """Return a runner; `token` is on it."""
    saved, saved.token = factories.make_runner("one")
    return saved


@pytest.fixture
def other_runner(db):
    saved, saved.token = factories.make_runner("two")
    return saved


@pytest.fixture
def video(user):
    return factories.make_video(user)


@pytest.fixture
def job(video):
    """Return a pending job."""
    return factories.make_job(video)


@pytest.fixture
def held(job, runner):
    """Return a job in processing, with what its calls bring as `said`."""
    token = factories.accepted(runner, job)
    job.token, job.said = token, factories.tokens_of(runner.token, token)
    return job
