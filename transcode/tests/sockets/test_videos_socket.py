"""`/ws/videos/` and `/ws/videos/<uuid>/`: the snapshot, then what happens, to its owner only."""

import json
import uuid

import pytest

from core.realtime import close_codes
from transcode.api.schema import VideoSerializer
from transcode.models import Video, VideoState
from transcode.tests.factories import make_video
from transcode.tests.sockets.conftest import silent, tell_changed, tell_progress
from transcode.videos import events, services

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("path", ["/ws/videos/", f"/ws/videos/{uuid.UUID(int=1, version=4)}/"])
def test_without_a_token_or_with_a_bad_one_it_closes_4401(open_socket, path):
    for query in ("", "?token=x", "?token=", "?ticket=nope"):
        assert open_socket(f"{path}{query}").close_code() == close_codes.UNAUTHENTICATED


@pytest.mark.parametrize("path", ["/ws/videos/", f"/ws/videos/{uuid.UUID(int=1, version=4)}/"])
def test_from_another_origin_it_closes_4403(open_socket, access_token, user, path):
    client = open_socket(f"{path}?token={access_token(user)}", origin="https://evil.example")

    assert client.close_code() == close_codes.FORBIDDEN


def test_what_is_not_there_and_what_is_anothers_close_4404_alike(open_as, user, other_user):
    theirs = make_video(other_user)
    answers = []
    for video in (theirs, Video(pk=uuid.uuid4())):
        client = open_as(user, video)
        answers.append(client.rest())
        assert client.connection.close_code == close_codes.NOT_FOUND

    assert answers[0] == answers[1]
    assert "video.snapshot" not in str(answers)


@pytest.mark.parametrize("name", ["x", "1", "..", "%00"])
def test_what_is_no_id_closes_4404(open_socket, access_token, user, name):
    client = open_socket(f"/ws/videos/{name}/?token={access_token(user)}")

    assert client.close_code() == close_codes.NOT_FOUND


def test_nobody_hears_of_anothers_videos(open_as, user, other_user, move):
    theirs = make_video(other_user)
    mine = open_as(user)
    assert mine.receive() == {"type": "video.snapshot", "videos": []}

    tell_changed(move(theirs, state=VideoState.PUBLISHED))
    tell_progress(theirs)
    events.publish_deleted(theirs.pk, theirs.owner_id, 9)

    assert silent(mine)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"type": 3}', '{"type": "delete"}', "null"])
def test_what_is_no_command_is_answered_and_the_socket_stays(open_as, user, text):
    client = open_as(user)
    client.receive()

    assert client.ask(text)["type"] == "error"
    assert client.ask({"type": "nope"})["code"] == "unsupported_command"


def test_the_snapshot_shows_the_unfinished_oldest_first(open_as, user):
    for state in (VideoState.PUBLISHED, VideoState.TRANSCODING_FAILED, VideoState.LIVE_ENDED):
        make_video(user, state=state)
    unfinished = [
        make_video(user, name=state.label, state=state)
        for state in (VideoState.TO_IMPORT, VideoState.TO_TRANSCODE, VideoState.TO_EDIT)
    ]

    frame = open_as(user).receive()

    assert set(frame) == {"type", "videos"}
    assert [video["name"] for video in frame["videos"]] == [each.name for each in unfinished]
    assert all(set(video) == set(VideoSerializer().fields) for video in frame["videos"])


@pytest.mark.parametrize("account", ["user", "staff"])
def test_the_snapshot_of_one_video_shows_it_to_its_owner_and_to_staff(
    open_as, request, user, account
):
    video = make_video(user, state=VideoState.PUBLISHED, progress=100.0)

    (shown,) = open_as(request.getfixturevalue(account), video).receive()["videos"]

    assert (shown["uuid"], shown["progress"]) == (str(video.pk), 100)


@pytest.mark.parametrize("is_single", [False, True])
def test_progress_changes_and_the_end_arrive_in_the_contracts_form(
    open_as, user, video, move, is_single
):
    client = open_as(user, video if is_single else None)
    client.receive()

    tell_progress(move(video, progress=12.9))
    progress = client.receive()
    tell_changed(move(video, state=VideoState.PUBLISHED, progress=100.0, is_playable=True))
    changed = client.receive()
    services.remove(video)
    deleted = client.receive()

    assert progress == {
        "type": "video.progress",
        "uuid": str(video.pk),
        "state": {"id": 2, "label": "To transcode"},
        "progress": 12,
        "playable": False,
        "revision": 1,
    }
    assert (set(changed), changed["type"]) == ({"type", "video", "revision"}, "video.changed")
    assert changed["revision"] == 2
    assert set(changed["video"]) == set(VideoSerializer().fields)
    assert changed["video"]["state"]["id"] == VideoState.PUBLISHED
    assert deleted == {"type": "video.deleted", "uuid": str(video.pk)}
    assert silent(client)


def test_a_new_video_is_told(open_as, user):
    client = open_as(user)
    client.receive()

    video = services.announce_upload(owner=user, name="<b>new</b>", size_bytes=5)
    frame = client.receive()

    assert frame["type"] == "video.changed"
    assert frame["video"]["uuid"] == str(video.pk)
    assert frame["video"]["name"] == "<b>new</b>"


def test_progress_comes_at_most_twice_a_second(open_as, user, video, move):
    client = open_as(user, video)
    client.receive()

    for percentage in range(20):
        events.publish_progress(move(video, progress=float(percentage)))
    tell_changed(move(video, state=VideoState.PUBLISHED))
    frames = []
    client.until(lambda frame: frames.append(frame["type"]) or frame["type"] == "video.changed")

    # Twenty in a row take far less than ten times half a second.
    assert frames.count("video.progress") < 10


def test_two_sockets_hear_the_same(open_as, user, video, move):
    clients = [open_as(user), open_as(user, video)]
    for client in clients:
        client.receive()

    tell_changed(move(video, is_playable=True))

    first, second = (client.receive() for client in clients)
    assert json.dumps(first) == json.dumps(second)
