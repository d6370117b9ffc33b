"""What has come of a request (Media API contract, 2.6, 8.5)."""

import asyncio
import io
import json
import zipfile

import pytest

from media_api import storage

API = "/api/v1"
WHATS = ("", "video/", "audio/", "text/", "summary/", "subtitles/", "segments/")
SPOKEN = {
    "language": "en",
    "segments": [
        {
            "start": 0.0, "end": 1.5, "text": "Good morning everyone",
            "words": [
                {"start": 0.0, "end": 0.5, "word": "good", "confidence": 0.9},
                {"start": 0.5, "end": 1.0, "word": "morning", "confidence": 0.8},
                {"start": 1.0, "end": 1.5, "word": "everyone", "confidence": 0.7},
            ],
        }
    ],
}  # fmt: skip


@pytest.fixture
def fetch(api):
    """Return a function that fetches an output, checked to be the same without the last slash."""

    def get(request, what="", client=api, **headers):
        path = f"{API}/download/{getattr(request, 'rid', request)}/{what}"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = client.get(path, headers=named)
        again = client.get(path.replace("/?", "?") if "?" in path else path[:-1], headers=named)
        assert (again.status_code, body(again)) == (answer.status_code, body(answer))
        return answer

    return get


async def whole(answer):
    """Return all that a file's answer streams."""
    return b"".join([piece async for piece in answer])


def body(answer):
    """Return the bytes of an answer, streamed or not; they are read once."""
    if not answer.streaming:
        return answer.content
    if not hasattr(answer, "whole"):
        answer.whole = asyncio.run(whole(answer))
    return answer.whole


@pytest.mark.parametrize("what", WHATS)
def test_what_is_unknown_or_anothers_is_not_found(fetch, others_requests, what):
    for rid in ("0" * 32, "x", "A" * 32, others_requests.finished().rid):
        answer = fetch(rid, what)

        assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})


@pytest.mark.parametrize("what", WHATS)
def test_what_is_not_ready_is_202_without_a_body(fetch, requests, what):
    for request in (requests.queued(), requests.running("compress", 0.5)):
        answer = fetch(request, what)

        assert (answer.status_code, body(answer)) == (202, b"")
        assert answer["Retry-After"] == "5"


@pytest.mark.parametrize("what", WHATS)
def test_what_was_canceled_is_gone(fetch, requests, what):
    answer = fetch(requests.failed(), what)

    assert (answer.status_code, answer.json()) == (410, {"detail": "Request was canceled"})


@pytest.mark.parametrize("what", WHATS[2:])
def test_an_output_that_was_not_made_is_not_found(fetch, requests, what):
    answer = fetch(requests.finished({"out.mp4": b"video"}), what)

    assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})


def test_a_file_that_the_cleaner_took_first_is_not_found(fetch, requests):
    request = requests.finished()
    storage.remove_all(request.rid)

    for what in ("", "video/", "audio/"):
        assert fetch(request, what).status_code == 404


def test_the_archive_holds_the_outputs_alone(fetch, requests):
    request = requests.finished({"audio.m4a": b"sound", storage.SEGMENTS: b"{}", "out.mp4": b"v"})

    answer = fetch(request)

    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == f'attachment; filename="{request.rid}.zip"'
    assert int(answer["Content-Length"]) == len(body(answer))
    with zipfile.ZipFile(io.BytesIO(body(answer))) as archive:
        assert sorted(archive.namelist()) == ["audio.m4a", "out.mp4"]


@pytest.mark.parametrize(
    ("what", "name"),
    [("video/", "out.mp4"), ("audio/", "audio.mp3"), ("audio/", "audio.m4a")],
)
def test_one_output_is_an_attachment_under_its_own_name(fetch, requests, what, name):
    answer = fetch(requests.finished({name: b"0123456789"}), what)

    assert (answer.status_code, body(answer)) == (200, b"0123456789")
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    assert (answer["Content-Length"], answer["Accept-Ranges"]) == ("10", "bytes")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["ETag"].startswith('"')


@pytest.mark.parametrize("what", ["", "video/"])
def test_head_tells_what_get_does_without_the_bytes(api, fetch, requests, what):
    request = requests.finished()
    got = fetch(request, what)

    told = api.head(f"{API}/download/{request.rid}/{what}")

    assert (told.status_code, body(told)) == (200, b"")
    for name in ("Content-Type", "Content-Length", "Content-Disposition", "ETag", "Accept-Ranges"):
        assert told[name] == got[name]


@pytest.mark.parametrize(
    ("asked", "sent", "content_range"),
    [
        ("bytes=2-4", b"234", "bytes 2-4/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=-2", b"89", "bytes 8-9/10"),
        ("bytes=0-99", b"0123456789", "bytes 0-9/10"),
    ],
)
def test_one_range_is_served(fetch, requests, asked, sent, content_range):
    answer = fetch(requests.finished(), "video/", Range=asked)

    assert (answer.status_code, body(answer)) == (206, sent)
    assert answer["Content-Range"] == content_range
    assert answer["Content-Length"] == str(len(sent))


def test_a_range_beyond_the_end_is_416(fetch, requests):
    answer = fetch(requests.finished(), "video/", Range="bytes=10-")

    assert (answer.status_code, answer["Content-Range"]) == (416, "bytes */10")


def test_who_has_the_file_is_told_so(fetch, requests):
    request = requests.finished()
    tag = fetch(request)["ETag"]

    assert fetch(request, If_None_Match=tag).status_code == 304
    assert fetch(request, Range="bytes=0-1", If_Range='"other"').status_code == 200


@pytest.mark.parametrize("prefix", ["/protected", "/protected/"])
def test_nginx_sends_the_bytes_where_it_is_there(fetch, requests, settings, prefix):
    settings.ACCEL_REDIRECT_PREFIX = prefix
    request = requests.finished()

    answer = fetch(request, "video/")

    assert body(answer) == b""
    assert answer["X-Accel-Redirect"] == f"/protected/media_api/out/{request.rid}/out.mp4"
    archive = fetch(request)["X-Accel-Redirect"]
    assert archive == f"/protected/media_api/out/{request.rid}.zip"


def test_texts_come_as_json_as_they_are(fetch, requests):
    text = "Счёт № 4711 <script>alert(1)</script>\n"
    request = requests.finished({"transcription.txt": text.encode(), "summary.md": b"# Summary\n"})

    assert fetch(request, "text/").json() == {"content": text}
    assert fetch(request, "summary/").json() == {"content": "# Summary\n"}
    assert fetch(request, "text/")["Content-Type"].startswith("application/json")


def test_segments_and_subtitles_are_there_whatever_formats_were_asked_for(fetch, requests):
    request = requests.finished(
        {"transcription.txt": b"Good.", storage.SEGMENTS: json.dumps(SPOKEN).encode()}
    )

    assert fetch(request, "segments/").json() == SPOKEN
    srt, vtt = fetch(request, "subtitles/?format=srt"), fetch(request, "subtitles/?format=vtt")
    assert srt["Content-Type"] == "application/x-subrip; charset=utf-8"
    assert body(srt).decode().startswith("1\n00:00:00,000 --> 00:00:01,500\nGood morning everyone")
    assert vtt["Content-Type"] == "text/vtt; charset=utf-8"
    assert body(vtt).decode().startswith("WEBVTT")
    assert body(fetch(request, "subtitles/")) == body(srt)


def test_subtitles_end_with_the_sound_and_segments_do_not_tell_its_length(fetch, requests):
    kept = json.dumps({**SPOKEN, "duration": 1.2}).encode()
    request = requests.finished({"transcription.txt": b"Good.", storage.SEGMENTS: kept})

    assert b"00:00:00,000 --> 00:00:01,200\n" in body(fetch(request, "subtitles/"))
    assert fetch(request, "segments/").json() == SPOKEN


def test_a_format_of_subtitles_that_there_is_not_is_refused(fetch, requests):
    request = requests.finished({storage.SEGMENTS: json.dumps(SPOKEN).encode(), "out.mp4": b"v"})

    answer = fetch(request, "subtitles/?format=ass")

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["query", "format"]


def test_a_name_that_is_no_output_is_no_address(api, requests):
    rid = requests.finished().rid

    for what in ("raw/", "out.mp4", "../config.yaml", "segments.json"):
        assert api.get(f"{API}/download/{rid}/{what}").status_code == 404
