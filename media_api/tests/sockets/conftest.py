"""What the tests of the socket share: requests whose job the test itself holds."""

import contextlib
import uuid
from datetime import timedelta

import pytest

from core.jobs import lifecycle
from core.jobs.models import Job
from core.realtime.loops import in_thread
from media_api.kinds.request import MediaJob
from media_api.models import MediaRequest
from media_api.services import changing
from media_api.tests.sockets.client import Client

STAGES = ("extract_audio", "compress")


class Asked:
    """A request, and what its worker would do. Every method is a step of its job's life."""

    def __init__(self, owner):
        rid = uuid.uuid4()
        self.job = Job.objects.create(
            kind=MediaJob.name,
            owner=owner,
            queue="nobody",
            params={"rid": rid.hex, "actions": list(STAGES)},
            attempts_left=2,
        )
        self.request = MediaRequest.objects.create(
            id=rid,
            owner=owner,
            job=self.job,
            request_type="custom",
            actions=list(STAGES),
            input_type="blob",
            fingerprint=rid.hex,
        )
        self.rid = rid.hex

    async def begin(self):
        await in_thread(self._begin)
        return self

    def _begin(self):
        lease = timedelta(hours=1)
        self.job = lifecycle.claim(self.job.pk, holder="test", lease=lease)
        MediaRequest.objects.filter(pk=self.rid).update(stages=list(STAGES))

    async def report(self, number, progress):
        lease = timedelta(hours=1)
        stage = STAGES[number - 1]
        await in_thread(
            lambda: lifecycle.report(self.job, stage, number - 1, progress, lease=lease)
        )

    async def succeed(self, error=None):
        result = {"outputs": []} if error is None else {"outputs": [], "error": error}
        await in_thread(lifecycle.succeed, self.job, result)

    async def fail(self, code="ffmpeg_failed"):
        await in_thread(lifecycle.fail, self.job, code, "It failed.")

    async def go_back(self):
        await in_thread(lifecycle.release, self.job)

    async def cancel(self):
        await in_thread(lifecycle.cancel, self.job.pk)

    async def delete(self):
        await in_thread(changing.remove, self.request)


@pytest.fixture(autouse=True)
def _quiet(alone, transactional_db, settings, tmp_path, configured):
    """Nobody else acts, files lie in a folder of this test's own, progress is told at once."""
    settings.MEDIA_API_PERSISTENCE = tmp_path / "media_api"
    configured(auth={"required": False}, websockets={"update_progress_interval": 0})


@pytest.fixture
def asked():
    """Return a request that nobody owns."""
    return Asked(None)


@pytest.fixture
def another():
    """Return one more."""
    return Asked(None)


@pytest.fixture
def mine(user):
    """Return a request of `user`'s."""
    return Asked(user)


@pytest.fixture
async def connect():
    """Return the function that opens sockets."""
    clients = []

    def open_one(*args, **options):
        clients.append(Client(*args, **options))
        return clients[-1]

    yield open_one
    for client in clients:
        client.reads.set()
        if not client.task.done():
            with contextlib.suppress(TimeoutError):
                await client.leave()


@pytest.fixture
async def client(connect):
    """Return one open socket."""
    return connect()


@pytest.fixture
def other_token(other_user, access_token):
    """Return another user's token."""
    return access_token(other_user)


@pytest.fixture
def user_token(user, access_token):
    """Return the user's token."""
    return access_token(user)


@pytest.fixture
def short_token(user, access_token):
    """Return a token of the user's that is good for two seconds."""
    return access_token(user, lifetime=timedelta(seconds=2))
