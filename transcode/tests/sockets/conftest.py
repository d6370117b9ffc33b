"""What the tests of the sockets share: sockets of videos, and videos whose rows a test moves."""

import pytest

from core.tests.realtime.conftest import open_socket
from transcode.models import Video
from transcode.tests.factories import make_video
from transcode.videos import events

__all__ = ["open_socket"]


@pytest.fixture
def open_as(open_socket, access_token):
    """Return a function that opens a socket as somebody."""

    def open_one(account, video=None):
        path = f"/ws/videos/{video.pk}/" if video else "/ws/videos/"
        return open_socket(f"{path}?token={access_token(account)}")

    return open_one


@pytest.fixture
def move():
    """Return a function that changes a video's row, its revision too, and tells nobody."""

    def change(video, **columns):
        video.refresh_from_db()
        Video.objects.filter(pk=video.pk).update(revision=video.revision + 1, **columns)
        video.refresh_from_db()
        return video

    return change


@pytest.fixture
def video(user):
    """Return an unfinished video."""
    return make_video(user)


def tell_changed(video):
    """Send the event of a change, as services do."""
    events.publish_changed(video.pk)


def tell_progress(video):
    """Send the event of progress past its throttle of two a second."""
    events._publish(video, events.PROGRESS, events.progress_frame(video), is_final=False)


def silent(client):
    """Whether nothing came before the answer to a command."""
    return client.ask({"type": "nope"})["type"] == "error"
