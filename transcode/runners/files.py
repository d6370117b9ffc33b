"""What a job's holder reads: the files of the job's own video, while it is at work (2.8)."""

import mimetypes
import re
from pathlib import PurePosixPath
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from core.api.downloads import Download, download
from core.errors import FieldErrors
from core.jobs.models import Status
from transcode.models import Video, VideoJob
from transcode.runners import shapes
from transcode.runners.holding import Held
from transcode.runners.problems import OtherVideo
from transcode.runners.views import RunnerView, hold_of, read
from transcode.videos import selectors, storage
from transcode.videos.selectors import Stored

FETCH = "runner-fetch"
# From the redirect to the first byte. A download that has begun is not cut off.
ADDRESS_LIFE_S = 3600
_SALT = "transcode.runners.files"
_PLAIN_NAME = re.compile(r"[A-Za-z0-9._-]+")


class InputView(RunnerView):
    """A file of a video, for who holds a job on it. The tokens stand in the body."""

    def post(
        self, request: Request, job_uuid: str, video_uuid: str, filename: str = ""
    ) -> HttpResponseBase:
        """Send the file, or where it is to be had.

        Raises: `UnknownJob`, `NotProcessing`, `OtherVideo`, `NotFound`.
        """
        hold = hold_of(request, job_uuid, read(shapes.HolderSerializer, request))
        hold.require_processing()
        _require_video(hold, video_uuid)
        name = self.name_of(hold, filename)
        if settings.TRANSCODE_REDIRECT_DOWNLOADS:
            # 302: a client that follows 307 or 308 would post its tokens there (2.8).
            return HttpResponse(status=302, headers={"Location": _address_of(hold, name)})
        return download("POST", {}, _source(name))

    def name_of(self, hold: Held, filename: str) -> str:
        """Return the key of the file that this address means. Raises: `NotFound`."""
        raise NotImplementedError


@extend_schema(exclude=True)
class MaxQualityView(InputView):
    """The best file with a picture, else the sound."""

    def name_of(self, hold: Held, filename: str) -> str:  # noqa: ARG002
        """Return its key. Raises: `NotFound`."""
        return _existing(selectors.max_quality(hold.video_job.video))


@extend_schema(exclude=True)
class MaxQualityAudioView(InputView):
    """The best separate sound, else the best file."""

    def name_of(self, hold: Held, filename: str) -> str:  # noqa: ARG002
        """Return its key. Raises: `NotFound`."""
        return _existing(selectors.max_quality_audio(hold.video_job.video))


@extend_schema(exclude=True)
class PreviewView(InputView):
    """The preview picture."""

    def name_of(self, hold: Held, filename: str) -> str:  # noqa: ARG002
        """Return its key. Raises: `NotFound`."""
        if not hold.video_job.video.preview_name:
            raise NotFound("The video has no preview.")
        return hold.video_job.video.preview_name


@extend_schema(exclude=True)
class StudioFileView(InputView):
    """A file that one of the job's tasks names."""

    def name_of(self, hold: Held, filename: str) -> str:
        """Return its key. Raises: `FieldErrors` for a file that no task names."""
        if not _PLAIN_NAME.fullmatch(filename) or filename not in _task_files(hold.video_job):
            raise FieldErrors({"filename": "No task of this job names this file."})
        return storage.name_in("studio", hold.video_job.video_id, filename)


@extend_schema(exclude=True)
class FetchView(RunnerView):
    """Where a redirect leads: the address itself is the right to read."""

    def get(self, request: Request, address: str) -> HttpResponseBase:
        """Send the file, as long as its job is with the one who asked. Raises: `NotFound`."""
        return download(request.method or "GET", request.headers, _source(_opened(address)))


def _require_video(hold: Held, text: str) -> None:
    try:
        wanted = UUID(text)
    except ValueError:
        raise NotFound("Unknown video") from None
    if wanted == hold.video_job.video_id:
        return
    if Video.objects.filter(pk=wanted).exists():
        raise OtherVideo
    raise NotFound("Unknown video")


def _existing(stored: Stored | None) -> str:
    if stored is None:
        raise NotFound("The video has no such file.")
    return stored.name


def _task_files(video_job: VideoJob) -> set[str]:
    """Return the names that the payload's addresses end with."""
    tasks = video_job.payload.get("tasks") or []
    addresses = [task.get("options", {}).get("file") for task in tasks]
    return {PurePosixPath(address).name for address in addresses if isinstance(address, str)}


def _source(name: str) -> Download:
    """Open a stored file. Raises: `TemporaryFailure` when the storage is away."""
    prefix = settings.ACCEL_REDIRECT_PREFIX.rstrip("/") if storage.is_local() else ""
    return Download(
        file=storage.open_stored(name),
        content_type=mimetypes.guess_type(name)[0] or "application/octet-stream",
        etag=f'"{name}"',
        filename=storage.file_of(name),
        accel_path=f"{prefix}/videos/{name}" if prefix else "",
    )


def _address_of(hold: Held, name: str) -> str:
    """Return an address that gives the file without tokens, for a while."""
    if not storage.is_local():
        return str(storage.storage().url(name))
    signed = signing.dumps([str(hold.job.pk), hold.job.attempt, name], salt=_SALT)
    base: str = settings.TRANSCODE_PUBLIC_URL
    return f"{base}{reverse(FETCH, args=[signed])}"


def _opened(address: str) -> str:
    """Return the key in a signed address. Raises: `NotFound`."""
    try:
        job_id, attempt, name = signing.loads(address, salt=_SALT, max_age=ADDRESS_LIFE_S)
    except signing.BadSignature:
        raise NotFound from None
    held = VideoJob.objects.filter(pk=job_id, job__status=Status.RUNNING, job__attempt=attempt)
    if not held.filter(runner__isnull=False, job__is_finishing=False).exists():
        raise NotFound
    return str(name)
