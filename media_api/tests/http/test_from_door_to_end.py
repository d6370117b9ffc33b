"""Requests from the form that brings them to what their client hears at the end.

The work is done in this very process, the socket is the consumer itself.
"""

import pytest
from asgiref.sync import async_to_sync, sync_to_async

from core.jobs import execution
from media_api import storage
from media_api.models import MediaRequest
from media_api.tests.sockets.client import Client
from tests.support.clips import clip

API = "/api/v1"


@pytest.fixture(autouse=True)
def _alone(alone):
    """No worker takes what the test means to work on."""


def work(rid):
    """Do what a worker does with a request."""
    execution.execute(MediaRequest.objects.get(pk=rid).job_id)


def heard_while_worked(rid, query=""):
    """Return what a subscriber hears while a request is worked on, to its final status."""

    async def listen():
        client = Client(query=query)
        try:
            client.say("sub", rid)
            await client.sync(rid)
            await sync_to_async(work, thread_sensitive=True)(rid)
            return await client.until_final()
        finally:
            await client.leave()

    return async_to_sync(listen)()


@pytest.mark.case("media_api", 7)
def test_a_preset_may_be_written_in_capitals(post):
    data = {"config": {"preset": "FAST"}}

    answer = post("compress/", data, clip("landscape").read_bytes(), "film.mp4")

    assert answer.status_code == 200
    row = MediaRequest.objects.get(pk=answer.json()["rid"])
    assert row.config["ffmpeg"]["preset"] == "fast"


@pytest.mark.case("media_api", 19)
def test_a_text_is_taken_for_compression_and_its_end_is_told(anybody, post, configured):
    configured(auth={"required": False})
    answer = post("compress/", {}, b"Just a few words.\n", "a.txt", client=anybody)
    assert answer.status_code == 200
    rid = answer.json()["rid"]

    frames = heard_while_worked(rid)

    assert frames[-1] == {"type": "status", "rid": rid, "status": 4}
    status = anybody.get(f"{API}/status/{rid}/").json()
    assert (status["status"], status["error"]["code"]) == (4, "unsupported_file_type")


@pytest.mark.case("media_api", 33)
def test_the_same_work_is_taken_again_once_it_is_done(post, api):
    data, sound = {"config": {"audio": {"bitrate": 64}}}, clip("wav").read_bytes()
    first = post("extract-audio/", data, sound, "a.wav")
    assert first.status_code == 200
    rid = first.json()["rid"]

    twin = post("extract-audio/", data, sound, "a.wav")
    assert (twin.status_code, twin.json()) == (409, {"detail": "Already queued", "rid": rid})

    work(rid)
    assert api.get(f"{API}/status/{rid}/").json()["status"] == 2
    again = post("extract-audio/", data, sound, "a.wav")
    assert again.status_code == 200
    assert again.json()["rid"] != rid


PLAYLISTS = {
    "m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile '/etc/passwd'\nduration 10\n",
}


def said_and_made(api, rid):
    """Return all that a client is told of a request, and the files that it has made."""
    whats = ("", "video/", "audio/", "text/", "summary/", "segments/", "subtitles/")
    paths = [f"{API}/status/{rid}/", f"{API}/requests/{rid}/"]
    answers = [api.get(path) for path in (*paths, *(f"{API}/download/{rid}/{w}" for w in whats))]
    said = b"".join(answer.content for answer in answers if not answer.streaming)
    return said, list(storage.root().rglob(f"out/{rid}*"))


@pytest.mark.case("media_api", 39)
@pytest.mark.parametrize("kind", PLAYLISTS)
@pytest.mark.parametrize("route", ["compress/", "extract-audio/", "transcribe/", "file-to-text/"])
def test_a_playlist_that_calls_itself_a_film_is_none(post, api, kind, route):
    rid = post(route, {}, PLAYLISTS[kind].encode(), "film.mp4").json()["rid"]

    work(rid)

    said, made = said_and_made(api, rid)
    assert api.get(f"{API}/status/{rid}/").json()["error"]["code"] == "unsupported_file_type"
    assert b"root:" not in said
    assert made == []


@pytest.mark.parametrize("kind", PLAYLISTS)
def test_a_summary_of_a_playlist_knows_its_own_words_alone(post, api, kind):
    rid = post("summarize/", {}, PLAYLISTS[kind].encode(), "film.mp4").json()["rid"]

    work(rid)

    said, made = said_and_made(api, rid)
    files = [path for folder in made if folder.is_dir() for path in folder.iterdir()]
    assert not any(b"root:" in each for each in (said, *(path.read_bytes() for path in files)))


@pytest.mark.case("media_api", 42)
def test_anothers_request_is_unknown_in_every_way(
    requests, api, other_api, other_user, access_token
):
    rid = requests.running("compress", 0.5).rid

    assert other_api.get(f"{API}/status/{rid}/").json() == {"rid": rid, "status": 5}
    download = other_api.get(f"{API}/download/{rid}/")
    cancel = other_api.post(f"{API}/requests/{rid}/cancel/")

    async def sub():
        client = Client(query=f"token={access_token(other_user)}")
        try:
            return await client.ask({"type": "sub", "rid": rid})
        finally:
            await client.leave()

    assert (download.status_code, download.json()) == (404, {"detail": "Not Found"})
    assert (cancel.status_code, cancel.json()) == (404, {"detail": "Not Found"})
    assert async_to_sync(sub)() == {"type": "error", "rid": rid, "code": 1, "isMissing": True}
    assert api.get(f"{API}/status/{rid}/").json()["status"] == 1
