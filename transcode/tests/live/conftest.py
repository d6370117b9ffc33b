"""What the tests of live streams share: a running ingest, announced streams, runners."""

import pytest

from tests.support.stand_in_runner import StandInRunner
from tests.support.waiting import wait_until
from transcode.live import services
from transcode.models import JobType, Video, VideoJob
from transcode.tests.factories import make_runner


@pytest.fixture
def ingest(platform):
    """Return the process that takes streams in."""
    child = platform.start_ingest()
    yield child
    child.kill()


@pytest.fixture
def announce(user):
    """Return the function that announces a stream."""

    def announce(name="A stream", **more):
        return services.create_live(owner=user, name=name, base_url="http://127.0.0.1", **more)

    return announce


@pytest.fixture
def runner(platform):
    """Return a stand-in runner on the platform, registered."""
    _, token = make_runner("live")
    http = StandInRunner(platform.url)
    http.token = token
    yield http
    http.close()


def take(http):
    """Wait for a live job and take it."""
    return wait_until(lambda: http.take([JobType.LIVE]))


def fresh(video):
    """Read a video again."""
    return Video.objects.get(pk=video.pk)


def in_state(video, state):
    """Wait until a video is in a state; return it then."""
    wait_until(lambda: fresh(video).state == state)
    return fresh(video)


def live_job(video):
    return VideoJob.objects.select_related("job__parent").get(
        video=video, type="live-rtmp-hls-transcoding"
    )
