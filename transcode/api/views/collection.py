"""`video`: one's videos, and the doors for new ones."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, QueryDict
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.clients import authenticated
from core.api.errors import failure_of
from core.errors import FieldErrors
from core.multipart import Begin, FormFile, FormReader, Limits, form_of
from core.tus.threads import on_disk
from transcode.api import listing, schema
from transcode.api.parsers import ARRIVING_PARSERS, PATH_PARSERS
from transcode.api.playing import play_url
from transcode.api.serializers import COUNT_MAX, FromStorageForm, ListQuery, UploadForm
from transcode.api.views.base import VideosView, answer, base_url, read
from transcode.videos import services, storage
from transcode.videos.errors import Wrong
from transcode.videos.intake import inspect
from transcode.videos.types import video_body

FILE_NAMES = ("videoFile", "file")


class VideoListView(VideosView):
    """A user's videos."""

    @extend_schema(
        operation_id="videos_list",
        tags=schema.TAGS,
        parameters=schema.LIST_QUERY,
        responses=schema.VideoListSerializer,
    )
    def get(self, request: Request) -> Response:
        """List the caller's videos, newest first."""
        query = read(ListQuery, request.query_params)
        part = listing.part_of(
            self.user,
            start=query["start"],
            count=min(query["count"], COUNT_MAX),
            states=query["state"],
            search=query["search"],
        )
        bodies = [video_body(video, play_url=play_url) for video in part.videos]
        return Response({"total": part.total, "data": bodies})


class UploadView(VideosView):
    """The door for files."""

    parser_classes = ARRIVING_PARSERS

    @extend_schema(
        operation_id="videos_upload",
        tags=schema.TAGS,
        request={"multipart/form-data": UploadForm},
        responses={201: schema.OneVideoSerializer},
    )
    def post(self, request: Request) -> Response:
        """Send a video or a sound; it is transcoded at once."""
        said = _read_whole(_with_file(request))
        file = said["videoFile"]
        video = services.create_video(
            owner=self.user,
            path=file.path,
            filename=file.filename,
            name=said["name"],
            language=said["language"],
            is_private=said["private"],
            base_url=base_url(request),
        )
        return answer(video, status=201)


def _read_whole(data: Any) -> dict[str, Any]:
    """Read the form. Where a field is wrong the file is looked at too: all is said at once.

    Raises: `ValidationError`, `FieldErrors`.
    """
    try:
        return read(UploadForm, data)
    except ValidationError as refusal:
        file = data.get("videoFile") if isinstance(data, dict) else None
        if isinstance(file, FormFile) and (failure := failure_of(refusal)):
            wrong = Wrong(FieldErrors(failure.fields))
            with wrong.noted():
                inspect(file.path, file.filename)
            wrong.settle()
        raise


def upload_reader(request: HttpRequest) -> FormReader:
    """Return the reader of a new video's form: its file goes to where it is inspected.

    Raises: what a stranger is refused with, before the body.
    """
    authenticated(request)

    async def place(part: Begin, _texts: Mapping[str, str]) -> Path | None:
        is_wanted = part.name in FILE_NAMES and part.filename
        return await on_disk(storage.incoming_path) if is_wanted else None

    limits = Limits(whole_bytes=settings.MAX_UPLOAD_SIZE_BYTES)
    return FormReader(request.headers["Content-Type"], place, limits=limits)


def _with_file(request: Request) -> Any:
    """Return what came, its file under the first of its two names."""
    form = form_of(request)
    said: Any = {**form.texts, **form.files} if form else request.data
    data = said.dict() if isinstance(said, QueryDict) else said
    if isinstance(data, dict) and "videoFile" not in data and "file" in data:
        return {**data, "videoFile": data["file"]}
    return data


class FromStorageView(VideosView):
    """The door for files that lie in the storage already."""

    parser_classes = PATH_PARSERS

    @extend_schema(
        operation_id="videos_transcode_from_storage",
        tags=schema.TAGS,
        request=FromStorageForm,
        responses={201: schema.OneVideoSerializer},
    )
    def post(self, request: Request) -> Response:
        """Make a video of a stored file, which stays as it is."""
        said = read(FromStorageForm, request.data)
        video = services.create_from_storage(
            owner=self.user,
            path_name=said["path"],
            name=said["name"],
            destination=said["destination"],
            base_url=base_url(request),
        )
        return answer(video, status=201)
