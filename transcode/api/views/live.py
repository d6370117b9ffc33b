"""`video/live` and `video/<uuid>/live/end`: streams as they come."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from transcode.api import schema
from transcode.api.serializers import LiveForm
from transcode.api.views.base import VideosView, answer, base_url, read
from transcode.live import services


class LiveView(VideosView):
    """The door for live streams."""

    @extend_schema(
        operation_id="videos_live",
        tags=schema.TAGS,
        request=LiveForm,
        responses={201: schema.NewLiveSerializer},
    )
    def post(self, request: Request) -> Response:
        """Announce a stream; the key is shown this once."""
        said = read(LiveForm, request.data)
        live = services.create_live(
            owner=self.user,
            name=said["name"],
            replay=said["replay"],
            low_latency=said["lowLatency"],
            base_url=base_url(request),
        )
        shown = answer(live.video, status=201)
        shown.data["live"] = {"rtmpUrl": live.rtmp_url, "streamKey": live.stream_key}
        shown["Cache-Control"] = "no-store"
        return shown


class LiveEndView(VideosView):
    """The door to end a live stream."""

    @extend_schema(
        operation_id="videos_live_end",
        tags=schema.TAGS,
        request=None,
        responses={202: schema.OneVideoSerializer},
    )
    def post(self, request: Request, video_id: str) -> Response:  # noqa: ARG002
        """End a live stream; its replay is made where one was asked for."""
        services.end_live(self.video(video_id))
        return answer(self.video(video_id), status=202)
