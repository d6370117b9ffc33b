"""One upload over HTTP, watched on a socket and played over HTTP, until it is published."""

import re
from urllib.parse import urljoin

import httpx
import pytest

from tests.support.clips import clip
from tests.support.waiting import wait_until
from transcode.models import VideoState
from transcode.videos import storage

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE_S = 180


@pytest.fixture
def http(platform, user, access_token):
    """Return an HTTP client of the running platform."""
    headers = {"Authorization": f"Bearer {access_token(user)}"}
    with httpx.Client(base_url=platform.url, headers=headers, timeout=180) as client:
        yield client


def frames_until_published(client, video_id):
    """Return every frame about a video until it is published."""
    frames = []
    while True:
        frame = client.receive(PATIENCE_S)
        body = frame.get("video", frame)
        assert body["uuid"] == video_id
        frames.append((frame["type"], frame["revision"], body))
        if body["state"]["id"] in (VideoState.PUBLISHED, VideoState.TRANSCODING_FAILED):
            return frames


def test_progress_never_falls_it_plays_before_the_end_and_everything_named_is_there(
    http, open_as, user
):
    socket = open_as(user)
    socket.receive()
    with clip("long_gop").open("rb") as file:
        made = http.post("/api/v1/video/upload", data={"name": "x"}, files={"videoFile": file})
    video_id = made.json()["video"]["uuid"]

    frames = frames_until_published(socket, video_id)

    progress = [body["progress"] for _, _, body in frames]
    revisions = [revision for _, revision, _ in frames]
    assert progress == sorted(progress)
    assert progress[-1] == 100
    assert 100 not in progress[:-1]
    assert revisions == sorted(revisions)
    assert any(body["playable"] for _, _, body in frames[:-1])
    wait_until(lambda: http.get(made.headers["Location"]).json()["video"]["thumbnailUrl"])
    body = http.get(made.headers["Location"]).json()["video"]
    assert body["state"] == {"id": 1, "label": "Published"}
    _assert_all_is_there(http, body)
    storage.remove_video(video_id)


def _assert_all_is_there(http, body):
    """Follow every address that the video names, without a login, and those in its playlists."""
    shown = [body["thumbnailUrl"], body["previewUrl"], body["playback"]["segmentsSha256Url"]]
    for address in [*shown, *(file["url"] for file in body["files"])]:
        answer = httpx.get(urljoin(str(http.base_url), address), timeout=180)
        assert answer.status_code == 200
        assert answer.content
    master_at = urljoin(str(http.base_url), body["playback"]["hlsUrl"])
    master = httpx.get(master_at, timeout=180).text
    names = [*re.findall(r'URI="([^"]+)"', master), *re.findall(r"^[^#\n].*$", master, re.M)]
    assert len(names) == len(body["files"])
    for name in names:
        playlist = httpx.get(urljoin(master_at, name), timeout=180).text
        assert "#EXT-X-ENDLIST" in playlist
        (media,) = set(re.findall(r"^[^#\n].*$", playlist, re.M))
        assert httpx.head(urljoin(master_at, media), timeout=180).status_code == 200
