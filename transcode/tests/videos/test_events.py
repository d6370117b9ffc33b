"""What sockets hear of a video, and what it looks like."""

import json

import pytest
import redis
from channels.layers import get_channel_layer
from django.conf import settings

from core.jobs import lifecycle
from core.realtime.groups import group_for_video, group_for_videos_of
from core.realtime.publish import channel_of, connection
from tests.support.environment import start_redis
from transcode.models import Caption, Video, VideoFile, VideoState
from transcode.tests.videos.making import accept, finish, give_up, make_video
from transcode.videos import events, services
from transcode.videos.types import video_body

pytestmark = pytest.mark.usefixtures("alone", "transactional_db", "videos")


@pytest.fixture(autouse=True)
def _runners_only(settings):
    settings.TRANSCODE_LOCAL_WORKERS = "off"
    connection().flushdb()


class Heard:
    """What was published to a group, read from Redis as the hub does."""

    def __init__(self, group):
        self.pubsub = redis.Redis.from_url(settings.REDIS_URL).pubsub()
        self.pubsub.subscribe(channel_of(group))
        assert self.pubsub.get_message(timeout=60)["type"] == "subscribe"

    def frames(self):
        found = []
        while message := self.pubsub.get_message(timeout=0.3):
            event = get_channel_layer().deserialize(message["data"])
            found.append(json.loads(event["text"]))
        return found


@pytest.fixture
def heard(user):
    listeners = []

    def listen(video):
        groups = (group_for_video(video.pk), group_for_videos_of(user.pk))
        listeners.extend(Heard(group) for group in groups)
        return listeners

    yield listen
    for listener in listeners:
        listener.pubsub.close()


def test_both_groups_hear_of_progress_and_not_more_than_twice_a_second(user, heard):
    video, (top, *_) = make_video(user)
    one, all_ = heard(video)
    job = accept(top)

    for step in range(1, 30):
        lifecycle.report(job, "encode", 0, step / 40)

    mine, ours = one.frames(), all_.frames()
    assert mine == ours
    frames = [frame for frame in mine if frame["type"] == "video.progress"]
    assert frames[0] == {
        "type": "video.progress",
        "uuid": str(video.pk),
        "state": {"id": 2, "label": "To transcode"},
        "progress": frames[0]["progress"],
        "playable": False,
        "revision": frames[0]["revision"],
    }
    assert len(frames) < 29


def test_a_place_among_the_told_is_given_once(user):
    video, _ = make_video(user)

    assert [events._may_tell(video.pk) for _ in range(3)].count(True) == 1


def test_each_rendition_and_each_state_is_a_change_with_a_higher_revision(user, heard):
    video, (top, audio, low) = make_video(user)
    one, _ = heard(video)

    for job, name in ((top, "360"), (audio, "0"), (low, "180")):
        finish(job, name)

    frames = one.frames()
    revisions = [frame["revision"] for frame in frames]
    assert revisions == sorted(revisions)
    last = frames[-1]
    assert last["type"] == "video.changed"
    assert last["video"]["state"] == {"id": 1, "label": "Published"}
    assert last["video"]["progress"] == 100
    whole = [frame["video"]["progress"] for frame in frames if frame["type"] == "video.changed"]
    assert [progress for progress in whole[:-1] if progress == 100] == []
    assert any(frame["video"]["playable"] for frame in frames if "video" in frame)


def test_a_failure_is_told_with_its_reason(user, heard):
    video, (top, *_) = make_video(user)
    one, _ = heard(video)

    give_up(top, "The encoder broke.")

    last = one.frames()[-1]
    assert (last["video"]["state"]["id"], last["video"]["error"]) == (7, "The encoder broke.")


def test_the_end_of_a_video_is_told(user, heard):
    video, _ = make_video(user)
    one, _ = heard(video)

    services.remove(video)

    assert one.frames()[-1] == {"type": "video.deleted", "uuid": str(video.pk)}


def test_redis_that_is_away_harms_no_job(user, machine):
    video, (top, *_) = make_video(user)
    job = accept(top)
    machine.stop_redis()
    try:
        lifecycle.report(job, "encode", 0, 0.5)
    finally:
        machine.redis = start_redis()

    assert Video.objects.get(pk=video.pk).progress > 0


def body(video):
    return video_body(video, play_url=lambda video, name: f"/play/{name}")


def test_a_bare_video_shows_nothing_that_it_has_not(user):
    video = Video(owner=user, name="A clip", state=VideoState.TO_IMPORT)
    video.save()

    shown = body(video)

    assert (shown["duration"], shown["width"], shown["fps"], shown["aspectRatio"]) == (
        0, None, None, None,
    )  # fmt: skip
    assert shown["playback"] == {"hlsUrl": None, "webVideoUrls": [], "segmentsSha256Url": None}
    assert (shown["thumbnailUrl"], shown["storyboard"], shown["error"]) == (None, None, None)
    assert (shown["files"], shown["captions"], shown["warnings"]) == ([], [], [])


def test_the_body_of_a_video_is_the_contracts(user):
    video, jobs = make_video(user)
    for job, name in zip(jobs, ("360", "0", "180"), strict=True):
        finish(job, name)
    video = Video.objects.get(pk=video.pk)
    Caption.objects.create(video=video, language="en", name=f"captions/{video.pk}/a-en.vtt")
    video.storyboard = {
        "name": f"images/{video.pk}/b.jpg",
        **dict.fromkeys(("totalWidth", "totalHeight", "spriteWidth", "spriteHeight"), 192),
        "spriteDuration": 1,
    }

    shown = body(video)

    assert set(shown) == {
        *("uuid", "name", "state", "progress", "playable", "isLive", "duration", "width"),
        *("height", "aspectRatio", "fps", "hasAudio", "size", "language", "thumbnailUrl"),
        *("previewUrl", "storyboard", "captions", "files", "playback", "warnings", "error"),
        *("createdAt", "updatedAt", "publishedAt"),
    }
    assert (shown["duration"], shown["fps"], shown["aspectRatio"]) == (6, 30, 1.7778)
    assert [file["resolution"] for file in shown["files"]] == [
        {"id": 360, "label": "360p"},
        {"id": 180, "label": "180p"},
        {"id": 0, "label": "Audio only"},
    ]
    assert shown["files"][0]["url"] == f"/play/{VideoFile.objects.get(resolution=360).name[41:]}"
    assert shown["captions"][0] == {
        "language": "en", "automaticallyGenerated": False, "url": "/play/a-en.vtt",
    }  # fmt: skip
    assert shown["storyboard"]["url"] == "/play/b.jpg"
    assert "name" not in shown["storyboard"]
    assert shown["playback"]["hlsUrl"].endswith("-master.m3u8")
    assert shown["playback"]["segmentsSha256Url"].endswith("-segments-sha256.json")
    assert shown["publishedAt"]


def test_progress_is_rounded_down_and_none_while_live(user):
    video = Video(owner=user, name="A clip", progress=98.99)
    assert body_progress(video) == 98
    video.is_live = True
    assert body_progress(video) is None


def body_progress(video):
    from transcode.videos.types import shown_progress

    return shown_progress(video)
