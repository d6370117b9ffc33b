"""`video/<uuid>/studio` and `…/captions/generate`: what makes something new of a video."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from transcode.api import schema
from transcode.api.parsers import UPLOAD_PARSERS
from transcode.api.serializers import CaptionsForm, EditForm
from transcode.api.tasks_form import edit_of
from transcode.api.views.base import VideosView, answer, base_url, read
from transcode.videos import captions, editing


class StudioView(VideosView):
    """The door for edits."""

    parser_classes = UPLOAD_PARSERS

    @extend_schema(
        operation_id="videos_studio",
        tags=schema.TAGS,
        description=(
            "Cut, add an intro or outro, lay a watermark over a video. A form names its fields "
            "`tasks[0][name]`, `tasks[0][options][start]`, `tasks[1][options][file]`; JSON does "
            "for cuts alone."
        ),
        request={"multipart/form-data": EditForm, "application/json": EditForm},
        responses={202: schema.OneVideoSerializer},
    )
    def post(self, request: Request, video_id: str) -> Response:
        """Edit a video; what is there is served until the result plays."""
        video = self.video(video_id)
        with edit_of(request.data) as edit:
            editing.edit(
                video=video, tasks=edit.tasks, files=edit.files, base_url=base_url(request)
            )
        return answer(self.video(video_id), status=202)


class CaptionsView(VideosView):
    """The door for captions."""

    @extend_schema(
        operation_id="videos_captions",
        tags=schema.TAGS,
        request=CaptionsForm,
        responses={202: schema.OneVideoSerializer},
    )
    def post(self, request: Request, video_id: str) -> Response:
        """Have a machine listen to a video and write its captions."""
        video = self.video(video_id)
        said = read(CaptionsForm, request.data)
        captions.request(video, force=said["force"], base_url=base_url(request))
        return answer(self.video(video_id), status=202)
