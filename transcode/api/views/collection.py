"""`video`: one's videos, and the doors for new ones."""

from typing import Any

from django.http import QueryDict
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from transcode.api import listing, schema
from transcode.api.files import on_disk
from transcode.api.parsers import PATH_PARSERS, UPLOAD_PARSERS
from transcode.api.playing import play_url
from transcode.api.serializers import COUNT_MAX, FromStorageForm, ListQuery, UploadForm
from transcode.api.views.base import VideosView, answer, base_url, read
from transcode.videos import services
from transcode.videos.types import video_body


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

    parser_classes = UPLOAD_PARSERS

    @extend_schema(
        operation_id="videos_upload",
        tags=schema.TAGS,
        request={"multipart/form-data": UploadForm},
        responses={201: schema.OneVideoSerializer},
    )
    def post(self, request: Request) -> Response:
        """Send a video or a sound; it is transcoded at once."""
        said = read(UploadForm, _with_file(request))
        file = said["videoFile"]
        with on_disk(file) as path:
            video = services.create_video(
                owner=self.user,
                path=path,
                filename=file.name,
                name=said["name"],
                language=said["language"],
                is_private=said["private"],
                base_url=base_url(request),
            )
        return answer(video, status=201)


def _with_file(request: Request) -> Any:
    """Return the form, its file under the first of its two names."""
    data = request.data.dict() if isinstance(request.data, QueryDict) else request.data
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
