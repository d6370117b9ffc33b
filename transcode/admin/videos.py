"""Videos in the admin: found, watched, tried again, cancelled, deleted, through the services."""

from contextlib import suppress
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat

from core.watched_admin import RemovedByService, Watched, WatchedAdmin
from transcode.admin.jobs import VideoJobInline
from transcode.models import Video, VideoFile
from transcode.videos import services
from transcode.videos.errors import NotFound
from transcode.videos.selectors import SETTLED

SHOWN = (
    *("id", "owner", "name", "state", "percentage", "is_playable", "error", "warnings"),
    *("duration_s", "width", "height", "fps", "has_video", "has_audio", "size", "bitrate_bps"),
    *("language", "destination", "is_private", "is_live", "source_name", "master_name"),
    *("round", "revision", "created_at", "updated_at", "published_at"),
)


class VideoFileInline(Watched, admin.TabularInline):  # type: ignore[type-arg] # generic in the stubs alone
    """The renditions of a video."""

    model = VideoFile
    fields = readonly_fields = (
        *("kind", "resolution", "width", "height", "fps", "size", "average_bps", "peak_bps"),
        *("is_remux", "name"),
    )

    @admin.display(description="size")
    def size(self, file: VideoFile) -> str:
        """Show a size that people can read."""
        return filesizeformat(file.size_bytes)


@admin.register(Video)
class VideoAdmin(RemovedByService, WatchedAdmin):
    """Everybody's videos. A page of one that is under way reloads itself."""

    list_display = ("name", "owner", "state", "percentage", "is_playable", "size", "created_at")
    list_filter = ("state", "is_playable", "is_live", "created_at")
    list_select_related = ("owner",)
    search_fields = ("id", "name", "owner__email")
    fields = readonly_fields = SHOWN
    inlines = (VideoFileInline, VideoJobInline)
    actions = ("retry_videos", "cancel_videos")
    change_form_template = "admin/transcode/under_way.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Video]:
        """Select videos without what ffprobe said of them, which is long."""
        return super().get_queryset(request).select_related("owner").defer("probe")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Say whether the page has to follow the video."""
        shown = kwargs.get("obj")
        context["is_under_way"] = shown is not None and shown.state not in SETTLED
        return super().render_change_form(request, context, *args, **kwargs)

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Whether the user may cancel videos and try them again."""
        user = request.user
        return bool(user.is_active and user.is_staff and user.has_perm("transcode.change_video"))

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        """Let those delete videos who were given that right."""
        user = request.user
        return bool(user.is_active and user.is_staff and user.has_perm("transcode.delete_video"))

    @admin.action(description="Try the chosen videos again", permissions=["operate"])
    def retry_videos(self, request: HttpRequest, videos: QuerySet[Video]) -> None:
        """Queue their jobs again that have failed or were cancelled."""
        self.act_on_each(request, videos, services.retry, "tried again")

    @admin.action(description="Cancel the jobs of the chosen videos", permissions=["operate"])
    def cancel_videos(self, request: HttpRequest, videos: QuerySet[Video]) -> None:
        """End their unfinished jobs; what is there already stays."""
        self.act_on_each(request, videos, services.cancel, "cancelled")

    def delete_model(self, request: HttpRequest, obj: Video) -> None:  # noqa: ARG002
        """Erase a video with its jobs and files."""
        with suppress(NotFound):
            services.remove(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Video]) -> None:
        """Erase several videos."""
        for video in queryset:
            self.delete_model(request, video)

    @admin.display(description="progress", ordering="progress")
    def percentage(self, video: Video) -> str:
        """Show the progress without its fractions."""
        return f"{int(video.progress)}%"

    @admin.display(description="size", ordering="size_bytes")
    def size(self, video: Video) -> str:
        """Show a size that people can read."""
        return filesizeformat(video.size_bytes)
