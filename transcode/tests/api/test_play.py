"""`/play/<token>/<video>/<name>`: who has an address gets that file, and nobody any other."""

import http.client
import os
import time
import uuid
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx
import pytest
from django.core import signing
from django.utils.http import int_to_base36

from core.api.downloads import HOP_BYTES
from tests.support.fixtures import make_account
from tests.support.running import free_port
from tests.support.waiting import wait_until
from transcode.api.playing import SALT, play_token, play_url
from transcode.models import Video
from transcode.tests.factories import make_video
from transcode.videos import storage

pytestmark = pytest.mark.django_db(transaction=True)
STEM = "0f3a7c1e-5b1d-4e55-9a51-2f4f6f0f1a2b"


@pytest.fixture
def viewer(platform):
    """Return an HTTP client without any credentials."""
    with httpx.Client(base_url=platform.url, timeout=180) as client:
        yield client


@pytest.fixture
def video(user):
    """Return a video whose files are removed with the test."""
    video = make_video(user)
    yield video
    storage.remove_video(video.pk)


def put(video, room, name, content=b"content"):
    """Put a file of a video into its place; return its address."""
    storage.write(storage.name_in(room, video.pk, name), content)
    return play_url(video, name)


def raw_get(platform, target):
    """Ask for an address exactly as it is written."""
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(platform.url).port, timeout=180)
    try:
        connection.putrequest("GET", target, skip_accept_encoding=True)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def signed(video_id, made_at_s, salt=SALT, key=None):
    """Sign a token by hand."""
    said = f"{video_id}.{int_to_base36(int(made_at_s))}"
    return signing.Signer(key=key, salt=salt, sep=".").sign(said).removeprefix(f"{video_id}.")


def at(token, video, name):
    return f"/play/{token}/{getattr(video, 'pk', video)}/{name}"


def test_tokens_that_were_not_made_here_open_nothing(viewer, video):
    name = f"{STEM}-360.m3u8"
    good = play_token(video.pk)
    put(video, "hls", name)
    stamp, _, signature = good.partition(".")
    forged = [
        signature,
        stamp,
        f"{stamp}.",
        f".{signature}",
        f"{stamp}.{signature[:-1]}",
        f"{stamp}.{'A' * len(signature)}",
        f"zzzzzz.{signature}",
        good.upper(),
        f"{good}.x",
        signed(video.pk, time.time(), salt="another"),
        signed(video.pk, time.time(), key="another key"),
        signing.dumps(str(video.pk), salt=SALT),
        "x" * 5000,
        "é",
        "%00",
        "%F0%9F%92%A9",
        "..",
    ]

    for token in forged:
        assert viewer.get(at(token, video, name)).status_code == 404, token
    assert viewer.get(at(good, video, name)).status_code == 200


def test_a_token_opens_its_own_video_alone(viewer, video, other_user):
    theirs = make_video(other_user)
    name = f"{STEM}-360.m3u8"
    put(theirs, "hls", name)
    put(video, "hls", name)

    assert viewer.get(at(play_token(video.pk), theirs, name)).status_code == 404
    assert viewer.get(at(play_token(theirs.pk), theirs, name)).status_code == 200
    storage.remove_video(theirs.pk)


def test_a_token_of_a_video_that_is_gone_opens_nothing(viewer, video):
    address = put(video, "hls", f"{STEM}-360.m3u8")
    Video.objects.filter(pk=video.pk).delete()

    answer = viewer.get(address)

    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_token_outlives_the_video_and_not_much_more(viewer, video, settings):
    name = f"{STEM}-360.m3u8"
    put(video, "hls", name)
    Video.objects.filter(pk=video.pk).update(duration_s=5000)
    life_s = settings.TRANSCODE_PLAY_TOKEN_SECONDS + 5000
    old, dead = (signed(video.pk, time.time() - life_s + spare_s) for spare_s in (60, -1))

    assert viewer.get(at(old, video, name)).status_code == 200
    answer = viewer.get(at(dead, video, name))
    assert answer.status_code == 403
    assert answer.json()["code"] == "forbidden"


def test_a_new_token_lasts_as_long_as_the_setting_says_at_least(settings, video):
    settings.TRANSCODE_PLAY_TOKEN_SECONDS = 60.0
    stamp, _, _ = play_token(video.pk).partition(".")

    assert 0 < int(stamp, 36) - time.time() <= 6


@pytest.mark.parametrize(
    "name",
    [
        "",
        "x",
        "..",
        ".",
        "../secret.m3u8",
        "%2e%2e%2fsecret.m3u8",
        "%252e%252e%252fsecret.m3u8",
        "..%5csecret.m3u8",
        "%00",
        f"{STEM}-360.m3u8%00",
        f"{STEM}-360.m3u8%0a",
        f"{STEM}-360.m3u8/",
        f"x/{STEM}-360.m3u8",
        f"hls/{STEM}-360.m3u8",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "source.mp4",
        f"{STEM}-360.mkv",
        f"{STEM.upper()}-360.m3u8",
        f"{STEM}-%D9%A3.m3u8",
        f"{STEM}-thumbnail.jpg.html",
        "%C3%A9.m3u8",
        "%ff.m3u8",
        "%ed%a0%80.m3u8",
        "x" * 3000,
    ],
)
def test_other_names_are_404_and_lead_nowhere(platform, video, name):
    put(video, "hls", f"{STEM}-360.m3u8")
    put(video, "originals", "source.mp4", b"the original")
    (storage.root() / "hls" / "secret.m3u8").write_bytes(b"secret")

    status, body = raw_get(platform, at(play_token(video.pk), video, name))

    (storage.root() / "hls" / "secret.m3u8").unlink()
    assert status == 404
    assert b"secret" not in body
    assert str(storage.root()).encode() not in body


@pytest.mark.parametrize(
    "video_id",
    [
        "x",
        "%00",
        "..",
        str(uuid.UUID(int=1, version=4)),
        "%C3%A9",
        "0" * 32,
        f"%20{uuid.UUID(int=1, version=4)}",
    ],
)
def test_another_id_is_404(platform, video, video_id):
    status, _ = raw_get(platform, at(play_token(video.pk), video_id, f"{STEM}-360.m3u8"))

    assert status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_other_methods_are_405(viewer, video, method):
    assert viewer.request(method, put(video, "hls", f"{STEM}-360.m3u8")).status_code == 405


KINDS = [
    ("hls", f"{STEM}-1080.m3u8", "application/vnd.apple.mpegurl", "immutable"),
    ("hls", f"{STEM}-0-fragmented.mp4", "video/mp4", "immutable"),
    ("hls", f"{STEM}-master.m3u8", "application/vnd.apple.mpegurl", "max-age=5"),
    ("hls", f"{STEM}-segments-sha256.json", "application/json", "max-age=5"),
    ("hls", "master.m3u8", "application/vnd.apple.mpegurl", "no-store"),
    ("hls", "0.m3u8", "application/vnd.apple.mpegurl", "no-store"),
    ("hls", "segments-sha256.json", "application/json", "no-store"),
    ("hls", "0-000012.ts", "video/mp2t", "immutable"),
    ("web-videos", f"{STEM}-480.mp4", "video/mp4", "immutable"),
    ("captions", f"{STEM}-en.vtt", "text/vtt; charset=utf-8", "immutable"),
    ("captions", f"{STEM}-pt-BR.m3u8", "application/vnd.apple.mpegurl", "immutable"),
    ("images", f"{STEM}-thumbnail.jpg", "image/jpeg", "immutable"),
    ("images", f"{STEM}-preview.jpg", "image/jpeg", "immutable"),
    ("images", f"{STEM}-storyboard.jpg", "image/jpeg", "immutable"),
]


@pytest.mark.parametrize(("room", "name", "content_type", "cache"), KINDS)
def test_every_kind_of_file_has_its_type_and_its_time(
    viewer, video, room, name, content_type, cache
):
    answer = viewer.get(put(video, room, name))

    assert (answer.status_code, answer.content) == (200, b"content")
    assert answer.headers["Content-Type"] == content_type
    assert cache in answer.headers["Cache-Control"]
    assert "public" not in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"].startswith("inline")
    assert answer.headers["Referrer-Policy"] == "same-origin"


def test_a_file_of_another_room_is_not_found_under_its_name(viewer, video):
    assert viewer.get(put(video, "captions", f"{STEM}-360.m3u8")).status_code == 404


def test_ranges_heads_and_conditions_are_known(viewer, video):
    content = os.urandom(2 * HOP_BYTES + 7)
    address = put(video, "hls", f"{STEM}-360-fragmented.mp4", content)

    whole = viewer.get(address)
    part = viewer.get(address, headers={"Range": f"bytes=5-{HOP_BYTES + 9}"})
    rest = viewer.get(address, headers={"Range": "bytes=-3"})
    head = viewer.head(address)
    known = viewer.get(address, headers={"If-None-Match": whole.headers["ETag"]})
    beyond = viewer.get(address, headers={"Range": f"bytes={len(content)}-"})

    assert whole.content == content
    assert (part.status_code, part.content) == (206, content[5 : HOP_BYTES + 10])
    assert part.headers["Content-Range"] == f"bytes 5-{HOP_BYTES + 9}/{len(content)}"
    assert rest.content == content[-3:]
    assert head.headers["Content-Length"] == str(len(content))
    assert head.content == b""
    assert known.status_code == 304
    assert beyond.status_code == 416
    assert beyond.headers["Content-Range"] == f"bytes */{len(content)}"


@pytest.fixture
def with_web(platform):
    """Return a function that starts one more web process with other settings."""
    with contextmanager(_one_more_web)(platform) as start:
        yield start


def _one_more_web(platform):
    started = []

    def start(**env):
        port = free_port()
        started.append(platform.start_web(port, **env))
        platform.wait_for_web(port)
        return f"http://127.0.0.1:{port}", started[-1]

    yield start
    for child in started:
        child.stop()


def test_players_of_allowed_origins_may_read_and_others_may_not(with_web, video):
    address = put(video, "hls", f"{STEM}-360-fragmented.mp4")
    base, _ = with_web(CORS_ALLOWED_ORIGINS="https://player.example")
    asks = {
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "range",
    }
    allowed, foreign = {"Origin": "https://player.example"}, {"Origin": "https://evil.example"}

    with httpx.Client(base_url=base, timeout=180) as client:
        ranged = client.get(address, headers={**allowed, "Range": "bytes=0-1"})
        preflight = client.options(address, headers={**allowed, **asks})
        refused = client.get(address, headers=foreign)

    assert ranged.status_code == 206
    assert ranged.headers["Access-Control-Allow-Origin"] == "https://player.example"
    assert "Content-Range" in ranged.headers["Access-Control-Expose-Headers"]
    assert preflight.status_code == 200
    assert "range" in preflight.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Origin" not in refused.headers


def test_a_front_server_may_send_the_file(with_web, video):
    address = put(video, "hls", f"{STEM}-360-fragmented.mp4")
    base, _ = with_web(ACCEL_REDIRECT_PREFIX="/files")

    answer = httpx.get(f"{base}{address}", timeout=180)

    name = storage.name_in("hls", video.pk, f"{STEM}-360-fragmented.mp4")
    assert answer.headers["X-Accel-Redirect"] == f"/files/videos/{name}"
    assert answer.headers["Content-Type"] == "video/mp4"
    assert answer.content == b""


def test_no_token_reaches_a_log(with_web, video):
    path = put(video, "hls", f"{STEM}-360.m3u8")
    token = path.split("/")[2]
    base, web = with_web(LOG_LEVEL="DEBUG")

    assert httpx.get(f"{base}{path}", timeout=180).status_code == 200
    assert httpx.get(f"{base}{path}".replace(".m3u8", ".x"), timeout=180).status_code == 404
    assert httpx.get(f"{base}/{path}", timeout=180).status_code == 404
    assert httpx.post(f"{base}{path}", timeout=180).status_code == 405

    wait_until(lambda: "POST /play/***/" in web.text())
    assert f"GET /play/***/{video.pk}/{STEM}-360.m3u8" in web.text()
    assert token.partition(".")[2] not in web.text()


def test_videos_of_accounts_that_are_gone_are_gone(viewer):
    account = make_account("short@example.org")
    video = make_video(account)
    address = put(video, "hls", f"{STEM}-360.m3u8")
    account.delete()

    assert viewer.get(address).status_code == 404
    storage.remove_video(video.pk)
