"""What has come of a request: the archive, one output, a text (Media API contract, 2.6)."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.downloads import Download, download
from core.speech.subtitles import as_srt, as_vtt, read_kept
from media_api import storage
from media_api.models import MediaRequest
from media_api.schemas.errors import Invalid
from media_api.selectors import request_of
from media_api.services.errors import NotFound, Refused
from media_api.states import State, state_of
from media_api.views.base import MediaView, account_in
from media_api.views.schema import CONTENT, FILE, SEGMENTS

AUDIO_NAMES = ("audio.mp3", "audio.m4a")
RETRY_AFTER_S = "5"


class WasCanceled(Refused):
    """There is nothing to be fetched, and there will not be."""

    status = 410
    sentence = "Request was canceled"


class _ResultView(MediaView):
    """Something that a request has made, or will have made."""

    def answer(self, request: Request, made: MediaRequest) -> HttpResponseBase:
        """Answer with it. Raises: `NotFound` where it was not made."""
        raise NotImplementedError

    def get(self, request: Request, request_id: str) -> HttpResponseBase:
        """Look whose it is and how far, before any file is touched."""
        found = request_of(account_in(request), request_id)
        if found is None:
            raise NotFound
        state = state_of(found.job)
        if state in (State.QUEUED, State.PROCESSING):
            return HttpResponse(status=202, headers={"Retry-After": RETRY_AFTER_S})
        if state == State.CANCELED:
            raise WasCanceled
        return self.answer(request, found)

    def head(self, request: Request, request_id: str) -> HttpResponseBase:
        """Answer as to a GET, without the body."""
        return self.get(request, request_id)


class ArchiveView(_ResultView):
    """`download/<rid>/`."""

    @extend_schema(operation_id="media_download", tags=["media"], responses=FILE)
    def get(self, request: Request, request_id: str) -> HttpResponseBase:
        """Fetch all outputs as a zip archive; ranges are served."""
        return super().get(request, request_id)

    def answer(self, request: Request, made: MediaRequest) -> HttpResponseBase:
        """Send the archive; its hash would be read anew, so its tag says of what it was made."""
        names = "-".join(output["sha256"][:16] for output in made.outputs)
        return _file(request, storage.archive(made.rid), f"{made.rid}.zip", f"zip-{names}")


class OutputView(_ResultView):
    """`download/<rid>/video/` and `…/audio/`."""

    names: tuple[str, ...] = ()

    @extend_schema(tags=["media"], responses=FILE)
    def get(self, request: Request, request_id: str) -> HttpResponseBase:
        """Fetch one output; ranges are served."""
        return super().get(request, request_id)

    def answer(self, request: Request, made: MediaRequest) -> HttpResponseBase:
        """Send the output that there is."""
        for output in made.outputs:
            if output["name"] in self.names:
                path = storage.output(made.rid, output["name"])
                return _file(request, path, output["name"], output["sha256"])
        raise NotFound


class TextView(_ResultView):
    """`download/<rid>/text/` and `…/summary/`: `{"content"}`."""

    output_name: str = ""

    @extend_schema(tags=["media"], responses=CONTENT)
    def get(self, request: Request, request_id: str) -> HttpResponseBase:
        """Fetch a text, in JSON."""
        return super().get(request, request_id)

    def answer(self, request: Request, made: MediaRequest) -> HttpResponseBase:  # noqa: ARG002
        """Answer with the text."""
        if not any(output["name"] == self.output_name for output in made.outputs):
            raise NotFound
        return Response({"content": _text(storage.output(made.rid, self.output_name))})


class SegmentsView(_ResultView):
    """`download/<rid>/segments/`."""

    @extend_schema(operation_id="media_segments", tags=["media"], responses=SEGMENTS)
    def get(self, request: Request, request_id: str) -> HttpResponseBase:
        """Fetch what was said, when: segments and words with their times in seconds."""
        return super().get(request, request_id)

    def answer(self, request: Request, made: MediaRequest) -> HttpResponseBase:  # noqa: ARG002
        """Answer with the segments; how long the sound is belongs to subtitles alone."""
        kept = kept_of(made)
        return Response({"language": kept["language"], "segments": kept["segments"]})


class SubtitlesView(_ResultView):
    """`download/<rid>/subtitles/?format=`."""

    formats: ClassVar[dict[str, tuple[Callable[..., str], str]]] = {
        "srt": (as_srt, "application/x-subrip"),
        "vtt": (as_vtt, "text/vtt"),
    }

    @extend_schema(
        operation_id="media_subtitles",
        tags=["media"],
        parameters=[OpenApiParameter("format", str, enum=["srt", "vtt"])],
        responses={
            (200, "application/x-subrip"): OpenApiTypes.STR,
            (200, "text/vtt"): OpenApiTypes.STR,
        },
    )
    def get(self, request: Request, request_id: str) -> HttpResponseBase:
        """Fetch subtitles of what was said."""
        return super().get(request, request_id)

    def answer(self, request: Request, made: MediaRequest) -> HttpResponseBase:
        """Answer with subtitles in the format that was asked for."""
        name = request.query_params.get("format", "srt")
        if name not in self.formats:
            message = "Input should be 'srt' or 'vtt'"
            raise Invalid([{"loc": ["query", "format"], "msg": message, "type": "enum"}])
        write, content_type = self.formats[name]
        answer = HttpResponse(
            write(read_kept(kept_of(made))), content_type=f"{content_type}; charset=utf-8"
        )
        answer["Content-Disposition"] = f'attachment; filename="{made.rid}.{name}"'
        answer["X-Content-Type-Options"] = "nosniff"
        return answer


def kept_of(made: MediaRequest) -> Any:
    """Return what a transcription has kept beside its outputs. Raises: `NotFound`."""
    return json.loads(_text(storage.output(made.rid, storage.SEGMENTS)))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise NotFound from error


def _file(request: Request, path: Path, filename: str, tag: str) -> HttpResponseBase:
    """Send a file as an attachment. Raises: `NotFound` when the cleaner was faster."""
    try:
        file = path.open("rb")
    except FileNotFoundError as error:
        raise NotFound from error
    prefix = settings.ACCEL_REDIRECT_PREFIX.rstrip("/")
    source = Download(
        file=file,
        content_type="application/octet-stream",
        etag=f'"{tag}"',
        filename=filename,
        accel_path=f"{prefix}/media_api/{path.relative_to(storage.root())}" if prefix else "",
    )
    return download(request.method or "GET", request.headers, source)
