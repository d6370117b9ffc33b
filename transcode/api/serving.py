"""`/play/<token>/<video>/<name>`: playlists, media, captions and pictures for players.

A name is matched against the patterns of names that are made here, which say where such a
file lies; it is never joined to a path as it comes. What is still written is looked up by
the lease of its writer (`transcode.local.growing`).
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from os import fstat
from typing import BinaryIO
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature
from django.db import OperationalError
from django.http import HttpRequest, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from core.api.downloads import Download, download
from core.api.errors import PROBLEM_TYPE, failure_of, problem_body
from core.errors import JobError
from core.realtime.loops import in_thread
from transcode.api.playing import is_over, made_at_s
from transcode.local import growing
from transcode.models import Video
from transcode.videos import storage
from transcode.videos.errors import NotFound

PLAYLIST, MP4 = "application/vnd.apple.mpegurl", "video/mp4"
CHANGING = "no-store"
SHORT = "private, max-age=5"
FINAL = "private, max-age=86400, immutable"

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_VIDEO_ID = re.compile(_UUID)
_TOKEN = re.compile(r"[A-Za-z0-9_.-]{1,100}")


@dataclass(frozen=True)
class Shelf:
    """Where files of certain names lie, what they are, and for how long that stays true.

    Those of a live stream lie on a local disk, whatever the storage is.
    """

    names: "re.Pattern[str]"
    room: str
    content_type: str
    cache: str = FINAL
    may_grow: bool = False
    is_live: bool = False


def _shelf(
    names: str, room: str, content_type: str, cache: str = FINAL, *, may_grow: bool = False
) -> Shelf:
    return Shelf(re.compile(names, re.ASCII), room, content_type, cache, may_grow=may_grow)


def _live(names: str, content_type: str, cache: str = CHANGING) -> Shelf:
    return Shelf(re.compile(names, re.ASCII), "hls", content_type, cache, is_live=True)


# The first that fits counts: a master would pass for captions.
SHELVES = (
    _shelf(rf"{_UUID}-\d{{1,4}}\.m3u8", "hls", PLAYLIST, may_grow=True),
    _shelf(rf"{_UUID}-\d{{1,4}}-fragmented\.mp4", "hls", MP4, may_grow=True),
    _shelf(rf"{_UUID}-master\.m3u8", "hls", PLAYLIST, SHORT, may_grow=True),
    _shelf(rf"{_UUID}-segments-sha256\.json", "hls", "application/json", SHORT),
    _live(r"(?:master|\d{1,2})\.m3u8", PLAYLIST),
    _live(r"segments-sha256\.json", "application/json"),
    _live(r"\d{1,2}-\d{1,9}\.ts", "video/mp2t", FINAL),
    _shelf(rf"{_UUID}-\d{{1,4}}\.mp4", "web-videos", MP4),
    _shelf(rf"{_UUID}-(?:thumbnail|preview|storyboard)\.jpg", "images", "image/jpeg"),
    _shelf(rf"{_UUID}-[A-Za-z0-9-]{{2,16}}\.vtt", "captions", "text/vtt; charset=utf-8"),
    _shelf(rf"{_UUID}-[A-Za-z0-9-]{{2,16}}\.m3u8", "captions", PLAYLIST),
)


class TokenOver(JobError):  # noqa: N818 - it says what happened
    """The address was good once: who may see the video gets a new one."""

    code = "forbidden"


@dataclass(frozen=True)
class Found:
    """A file that a token opens: an open one here, or the address of one in a bucket."""

    shelf: Shelf
    file: BinaryIO | None
    is_growing: bool = False
    accel_path: str = ""
    address: str = ""


@csrf_exempt  # There is nothing to forge: it reads, and the address is the credential.
@require_safe
async def play(request: HttpRequest, token: str, video_id: str, name: str) -> HttpResponseBase:
    """Serve one file of a video to whoever has its address: 200, 206, 302, 304, 403, 404, 416."""
    try:
        found = await in_thread(find, token, video_id, name)
    except (JobError, OperationalError) as error:
        return _refusal(error)
    if found.file is None:
        answer: HttpResponseBase = HttpResponseRedirect(found.address)
        answer["Cache-Control"] = CHANGING
        return answer
    return _answer(request.method or "GET", request.headers, found, found.file, name)


def find(token: str, video_id: str, name: str) -> Found:
    """Open what an address names; blocks.

    Raises: `NotFound`, `TokenOver`, `TemporaryFailure` when the storage is away.
    """
    video = _video(token, video_id)
    shelf = next((shelf for shelf in SHELVES if shelf.names.fullmatch(name)), None)
    if shelf is None:
        raise NotFound("There is no such file.")
    found = _stored(video, shelf, name) or _growing(video, shelf, name)
    if found is None:
        raise NotFound("There is no such file.")
    return found


def _video(token: str, video_id: str) -> Video:
    """Return the video that a token opens; no row is read for one that was not made here."""
    if not (_TOKEN.fullmatch(token) and _VIDEO_ID.fullmatch(video_id)):
        raise NotFound
    try:
        made_at = made_at_s(token, UUID(video_id))
    except BadSignature as error:
        raise NotFound from error
    video = Video.objects.only("pk", "duration_s", "is_live").filter(pk=video_id).first()
    if video is None:
        raise NotFound
    if is_over(video, made_at):
        raise TokenOver("This address has run out; ask for the video again.")
    return video


def _stored(video: Video, shelf: Shelf, name: str) -> Found | None:
    key = storage.name_in(shelf.room, video.pk, name)
    if shelf.is_live or storage.is_local():
        prefix = settings.ACCEL_REDIRECT_PREFIX.rstrip("/")
        with suppress(FileNotFoundError):
            file = (storage.root() / key).open("rb")
            return Found(shelf, file, accel_path=f"{prefix}/videos/{key}" if prefix else "")
        return None
    if not storage.exists(key):
        return None
    if shelf.content_type == MP4:
        # A player asks for thousands of ranges of these; addresses inside have no part in it.
        return Found(shelf, None, address=storage.storage().url(key))
    return Found(shelf, storage.open_stored(key))


def _growing(video: Video, shelf: Shelf, name: str) -> Found | None:
    file = growing.open_file(video, name) if shelf.may_grow else None
    return None if file is None else Found(shelf, file, is_growing=True)


def _answer(
    method: str, headers: Mapping[str, str], found: Found, file: BinaryIO, name: str
) -> HttpResponseBase:
    stat = fstat(file.fileno())
    source = Download(
        file=file,
        content_type=found.shelf.content_type,
        etag=f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"',
        filename=name,
        is_inline=True,
        accel_path=found.accel_path,
    )
    if found.is_growing and found.shelf.content_type == PLAYLIST:
        # It is given whole: its length is of this moment, and ffmpeg, which asks for
        # `bytes=0-`, takes the length `*` for 0 and often reads nothing.
        headers = {name: value for name, value in headers.items() if name.lower() != "range"}
    answer = download(method, headers, source)
    answer["Cache-Control"] = CHANGING if found.is_growing else found.shelf.cache
    if found.is_growing and answer.status_code == 206:
        # Nobody knows yet how long the whole will be (RFC 9110, 14.4).
        answer["Content-Range"] = answer["Content-Range"].rpartition("/")[0] + "/*"
    return answer


def _refusal(error: Exception) -> HttpResponseBase:
    failure = failure_of(error)
    if failure is None:
        raise error
    answer = JsonResponse(
        problem_body(failure),
        status=failure.status,
        headers=failure.headers,
        content_type=PROBLEM_TYPE,
    )
    answer["Cache-Control"] = CHANGING
    return answer
