"""`video/<uuid>`: one video, its jobs, and what can be done about them."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from transcode.api import listing, schema
from transcode.api.serializers import LadderForm, NameForm
from transcode.api.views.base import VideosView, answer, base_url, read
from transcode.videos import services


class VideoView(VideosView):
    """One video."""

    @extend_schema(operation_id="videos_get", tags=schema.TAGS, responses=schema.OneVideoSerializer)
    def get(self, request: Request, video_id: str) -> Response:  # noqa: ARG002
        """Show a video."""
        return answer(self.video(video_id))

    @extend_schema(
        operation_id="videos_rename",
        tags=schema.TAGS,
        request=NameForm,
        responses=schema.OneVideoSerializer,
    )
    def patch(self, request: Request, video_id: str) -> Response:
        """Give a video another name."""
        video = self.video(video_id)
        return answer(services.rename(video, read(NameForm, request.data)["name"]))

    @extend_schema(operation_id="videos_delete", tags=schema.TAGS, responses={204: None})
    def delete(self, request: Request, video_id: str) -> Response:  # noqa: ARG002
        """Erase a video: its jobs end, its rows and files go."""
        services.remove(self.video(video_id))
        return Response(status=204)


class JobsView(VideosView):
    """The jobs of a video."""

    @extend_schema(
        operation_id="videos_jobs", tags=schema.TAGS, responses=schema.VideoJobListSerializer
    )
    def get(self, request: Request, video_id: str) -> Response:  # noqa: ARG002
        """List a video's jobs, oldest first."""
        return Response({"data": listing.jobs_of(self.video(video_id))})


class LadderView(VideosView):
    """The door for new renditions."""

    @extend_schema(
        operation_id="videos_transcode",
        tags=schema.TAGS,
        request=LadderForm,
        responses={202: schema.OneVideoSerializer},
    )
    def post(self, request: Request, video_id: str) -> Response:
        """Make renditions anew; what is there is served meanwhile."""
        video = self.video(video_id)
        said = read(LadderForm, request.data)
        services.retranscode(
            video=video,
            resolutions=said.get("resolutions"),
            type=said.get("type"),
            base_url=base_url(request),
        )
        return answer(self.video(video_id), status=202)


class RetryView(VideosView):
    """The door to try again."""

    @extend_schema(
        operation_id="videos_retry",
        tags=schema.TAGS,
        request=None,
        responses={202: schema.OneVideoSerializer},
    )
    def post(self, request: Request, video_id: str) -> Response:  # noqa: ARG002
        """Queue the failed and cancelled jobs of a video again."""
        return answer(services.retry(self.video(video_id)), status=202)


class CancelView(VideosView):
    """The door to give up."""

    @extend_schema(
        operation_id="videos_cancel",
        tags=schema.TAGS,
        request=None,
        responses={202: schema.OneVideoSerializer},
    )
    def post(self, request: Request, video_id: str) -> Response:  # noqa: ARG002
        """End the unfinished jobs of a video; what is there stays."""
        return answer(services.cancel(self.video(video_id)), status=202)
