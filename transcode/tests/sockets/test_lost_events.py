"""Events that are lost, late or out of order: the row is read, and no revision falls."""

import pytest

from core.realtime.sweep import SWEEP_EVERY_S
from transcode.models import Video, VideoState
from transcode.tests.factories import make_video
from transcode.tests.sockets.conftest import silent, tell_changed, tell_progress

pytestmark = pytest.mark.django_db(transaction=True)
# A sweep comes every five seconds; a busy machine may take its time.
PATIENCE_S = 12 * SWEEP_EVERY_S


def next_of(client, kind):
    while True:
        frame = client.receive(PATIENCE_S)
        if frame["type"] == kind:
            return frame


def test_progress_that_is_older_than_what_was_sent_is_dropped(open_as, user, video, move):
    client = open_as(user)
    client.receive()
    old = Video.objects.get(pk=move(video, progress=5.0).pk)
    tell_progress(move(video, progress=9.0))
    assert client.receive()["progress"] == 9

    tell_progress(old)
    tell_progress(video)

    assert silent(client)


def test_the_same_change_is_told_once(open_as, user, video, move):
    client = open_as(user)
    client.receive()
    move(video, is_playable=True)

    tell_changed(video)
    tell_changed(video)

    assert client.receive()["video"]["playable"] is True
    assert silent(client)


def test_a_change_that_is_lost_is_told_by_the_row(open_as, user, video, move):
    client = open_as(user)
    client.receive()

    move(video, is_playable=True)

    frame = client.receive(PATIENCE_S)
    assert (frame["type"], frame["revision"]) == ("video.changed", 1)
    assert frame["video"]["playable"] is True


def test_progress_whose_event_was_lost_is_told_as_progress(open_as, user, video, move):
    client = open_as(user)
    client.receive()

    move(video, progress=33.0)

    frame = client.receive(PATIENCE_S)
    assert (frame["type"], frame["progress"]) == ("video.progress", 33)


def test_a_change_that_progress_has_overtaken_is_read_from_the_row(open_as, user, video, move):
    client = open_as(user)
    client.receive()
    move(video, is_playable=True)
    late = Video.objects.get(pk=video.pk)
    tell_progress(move(video, progress=40.0))
    _tell_as_it_was(late)

    # A sweep between the two moves tells the first of them alone, before its progress.
    told = [client.receive(PATIENCE_S)]
    while not (told[-1]["revision"] == 2 and any(f["type"] == "video.changed" for f in told)):
        told.append(client.receive(PATIENCE_S))
    revisions = [frame["revision"] for frame in told]
    assert revisions == sorted(revisions)
    change = next(frame["video"] for frame in told if frame["type"] == "video.changed")
    assert change["playable"] is True
    assert _progress_of(told[-1]) == 40


def _progress_of(frame):
    return frame["video"]["progress"] if frame["type"] == "video.changed" else frame["progress"]


def _tell_as_it_was(video):
    from transcode.videos import events

    events._publish(video, events.CHANGED, events.changed_frame(video), is_final=True)


def test_a_deletion_that_is_lost_is_told(open_as, user, video):
    client = open_as(user)
    client.receive()

    Video.objects.filter(pk=video.pk).delete()

    assert client.receive(PATIENCE_S) == {"type": "video.deleted", "uuid": str(video.pk)}


def test_a_new_video_whose_event_is_lost_is_told(open_as, user):
    client = open_as(user)
    client.receive()

    video = make_video(user, state=VideoState.TO_IMPORT)

    frame = next_of(client, "video.changed")
    assert frame["video"]["uuid"] == str(video.pk)


def test_after_redis_was_away_what_is_watched_is_read(open_as, user, video, move, machine):
    client = open_as(user, video)
    client.receive()

    machine.restart_redis()
    move(video, state=VideoState.PUBLISHED, progress=100.0)

    assert next_of(client, "video.changed")["video"]["state"]["id"] == VideoState.PUBLISHED
