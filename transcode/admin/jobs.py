"""Jobs on videos in the admin: found, watched, cancelled and tried again."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html

from core.jobs import lifecycle
from core.jobs.models import Job
from core.watched_admin import Watched, WatchedAdmin
from transcode.admin.rights import may_manage_runners
from transcode.models import RUNNER_HOLDER, VideoJob
from transcode.runners import operating
from transcode.states import JobState, state_column, state_of
from transcode.videos.executors import REMOVED_RUNNER, executor_of, with_executors

PROGRESS = ("state", "executor", "percentage", "failures", "error")
SHOWN = (
    *("job_id", "kernel_job", "type", "video", "resolution", "fps", "round", "priority"),
    *PROGRESS,
    *("is_counted", "is_optional", "parent", "created", "started", "finished", "progressed_at"),
)


class StateFilter(admin.SimpleListFilter):
    """By one of the nine states, which are a view over the kernel's five."""

    title = parameter_name = "state"

    def lookups(
        self,
        request: HttpRequest,  # noqa: ARG002 - Django passes them
        model_admin: Any,  # noqa: ARG002
    ) -> list[tuple[str, str]]:
        """Return the states there are."""
        return [(str(int(state)), state.label) for state in JobState]

    def queryset(self, request: HttpRequest, queryset: QuerySet[VideoJob]) -> QuerySet[VideoJob]:  # noqa: ARG002
        """Narrow the list to the chosen state."""
        chosen = self.value()
        if chosen not in {str(int(state)) for state in JobState}:
            return queryset
        jobs = Job.objects.annotate(peertube_state=state_column())
        return queryset.filter(job__in=jobs.filter(peertube_state=int(chosen)).values("pk"))


class JobColumns:
    """What of a job the list, the page and a video's page show."""

    @admin.display(description="state")
    def state(self, video_job: VideoJob) -> str:
        """Say where it stands, in PeerTube's words."""
        return state_of(video_job.job).label

    @admin.display(description="executor")
    def executor(self, video_job: VideoJob) -> str:
        """Say who has it, or had it last."""
        if video_job.runner:
            return video_job.runner.name
        said = executor_of(video_job) or "-"
        return "a removed runner" if said == REMOVED_RUNNER else said.removeprefix(RUNNER_HOLDER)

    @admin.display(description="progress")
    def percentage(self, video_job: VideoJob) -> str:
        """Say how far the present attempt is."""
        return f"{video_job.seen_progress:.0%}"

    @admin.display(description="error")
    def error(self, video_job: VideoJob) -> str:
        """Say what went wrong last."""
        return video_job.job.error_message or "-"


class VideoJobInline(JobColumns, Watched, admin.TabularInline):  # type: ignore[type-arg] # generic in the stubs alone
    """The jobs of a video."""

    model = VideoJob
    fields = readonly_fields = ("type", "resolution", "round", *PROGRESS)
    ordering = ("job__created_at", "job")
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[VideoJob]:
        """Select them with what their columns read."""
        jobs = super().get_queryset(request).select_related("job__parent", "runner")
        return with_executors(jobs)


@admin.register(VideoJob)
class VideoJobAdmin(JobColumns, WatchedAdmin):
    """Jobs on everybody's videos. A page of an unfinished job reloads itself."""

    list_display = ("job_id", "type", "resolution", "video", *PROGRESS, "created")
    list_filter = (StateFilter, "type")
    list_select_related = ("job__parent", "video", "runner")
    search_fields = ("job__id", "video__name", "video__owner__email", "runner__name")
    ordering = ("-job__created_at", "-job")
    fields = readonly_fields = SHOWN
    actions = ("retry_jobs", "cancel_jobs")
    change_form_template = "admin/transcode/under_way.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[VideoJob]:
        """Select jobs without what runners are told, and without what is said of the video."""
        jobs = super().get_queryset(request)
        return with_executors(jobs).defer("payload", "private_payload", "video__probe")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Let nobody find out a hash by asking which rows begin with it."""
        return not lookup.startswith("token_hash") and super().lookup_allowed(
            lookup, value, request
        )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Say whether the page has to follow the job."""
        shown = kwargs.get("obj")
        context["is_under_way"] = shown is not None and not shown.job.is_finished
        return super().render_change_form(request, context, *args, **kwargs)

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Whether the user may cancel jobs and try them again."""
        return may_manage_runners(request)

    @admin.action(description="Try the chosen jobs again", permissions=["operate"])
    def retry_jobs(self, request: HttpRequest, jobs: QuerySet[VideoJob]) -> None:
        """Queue failed and cancelled jobs again, with all their tries."""
        self.act_on_each(request, jobs, lambda row: lifecycle.retry(row.pk), "tried again")

    @admin.action(description="Cancel the chosen jobs", permissions=["operate"])
    def cancel_jobs(self, request: HttpRequest, jobs: QuerySet[VideoJob]) -> None:
        """End pending, waiting and processing jobs; children end with them."""
        self.act_on_each(request, jobs, lambda row: operating.cancel(row.pk), "cancelled")

    @admin.display(description="kernel job")
    def kernel_job(self, video_job: VideoJob) -> str:
        """Lead to the attempts and their logs."""
        address = reverse("admin:core_job_change", args=[video_job.pk])
        return format_html('<a href="{}">Attempts and logs</a>', address)

    @admin.display(description="needs")
    def parent(self, video_job: VideoJob) -> str:
        """Lead to the job that has to be done first."""
        parent_id = video_job.job.parent_id
        if parent_id is None:
            return "-"
        address = reverse("admin:transcode_videojob_change", args=[parent_id])
        return format_html('<a href="{}">{}</a>', address, parent_id)

    @admin.display(description="created", ordering="job__created_at")
    def created(self, video_job: VideoJob) -> Any:
        """Say when it was laid out."""
        return video_job.job.created_at

    @admin.display(description="started")
    def started(self, video_job: VideoJob) -> Any:
        """Say when the present or last attempt began."""
        return video_job.job.started_at

    @admin.display(description="finished")
    def finished(self, video_job: VideoJob) -> Any:
        """Say when it ended."""
        return video_job.job.finished_at
