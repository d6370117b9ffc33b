"""Jobs in the admin: found, watched, cancelled and tried again through the kernel's own doors.

Rows are never edited here: only `core.jobs.lifecycle` changes a job.
"""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from core.accounts.models import User
from core.jobs import lifecycle, services
from core.jobs.kinds import known_kinds
from core.jobs.models import Job, JobAttempt
from core.watched_admin import Watched, WatchedAdmin

TEST_JOB = "core.selftest"
TEST_PARAMS = {"duration_s": 20, "stages": 4, "behaviour": "ok", "subprocess": True}
SHOWN = (
    *("id", "kind", "status", "owner", "stage", "place", "error_code", "error_message"),
    *("attempt", "attempts_left", "holder", "lease_expires_at", "not_before", "sent_at"),
    *("params", "result", "parent", "queue", "idempotency_key", "work_key", "revision"),
    *("created_at", "started_at", "finished_at", "updated_at"),
)


class KindFilter(admin.SimpleListFilter):
    """By kind; the kinds there are come from the code, not from a look at every row."""

    title = parameter_name = "kind"

    def lookups(
        self,
        request: HttpRequest,  # noqa: ARG002 - Django passes them
        model_admin: Any,  # noqa: ARG002
    ) -> list[tuple[str, str]]:
        """Return the kinds there are."""
        return [(name, name) for name in sorted(known_kinds())]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:  # noqa: ARG002
        """Narrow the list to the chosen kind."""
        chosen = self.value()
        return queryset.filter(kind=chosen) if chosen in known_kinds() else queryset


class AttemptInline(Watched, admin.TabularInline):  # type: ignore[type-arg] # generic in the stubs alone
    """The attempts of a job, each with the last lines of its programs."""

    model = JobAttempt
    fields = readonly_fields = ("number", "outcome", "started_at", "ended_at", "holder", "lines")
    ordering = ("-number",)

    @admin.display(description="log")
    def lines(self, attempt: JobAttempt) -> str:
        """Show the log as it was printed."""
        return format_html("<pre>{}</pre>", attempt.log)


@admin.register(Job)
class JobAdmin(WatchedAdmin):
    """Jobs of everybody. A page of an unfinished job reloads itself."""

    list_display = ("id", "kind", "status", "place", "owner", "attempt", "error_code", "created_at")
    list_filter = ("status", KindFilter, "created_at")
    list_select_related = ("owner",)
    search_fields = ("id", "owner__email", "error_code", "work_key")
    readonly_fields = fields = SHOWN
    inlines = (AttemptInline,)
    actions = ("retry_jobs", "cancel_jobs")

    @admin.display(description="progress")
    def place(self, job: Job) -> str:
        """Say how far a job is, in words."""
        return f"{job.stage_index + 1}/{job.stage_count} {job.stage} {job.progress:.0%}"

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Whether the user may cancel, retry and send test jobs."""
        user = request.user
        return bool(user.is_active and user.is_staff and user.has_perm("core.change_job"))

    @admin.action(description="Try the chosen jobs again", permissions=["operate"])
    def retry_jobs(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        """Queue failed and cancelled jobs again."""
        self.act_on_each(request, jobs, lambda job: lifecycle.retry(job.pk), "tried again")

    @admin.action(description="Cancel the chosen jobs", permissions=["operate"])
    def cancel_jobs(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        """End unfinished jobs."""
        self.act_on_each(request, jobs, lambda job: lifecycle.cancel(job.pk), "cancelled")

    def get_urls(self) -> list[URLPattern]:
        """Add the door for test jobs."""
        door = self.admin_site.admin_view(require_POST(self.send_test_job))
        return [path("test/", door, name="core_job_test"), *super().get_urls()]

    def send_test_job(self, request: HttpRequest) -> HttpResponse:
        """Begin a self-test and show its page."""
        if not self.has_operate_permission(request) or not isinstance(request.user, User):
            raise PermissionDenied
        job = services.start_job(user=request.user, kind_name=TEST_JOB, params=TEST_PARAMS)
        return HttpResponseRedirect(reverse("admin:core_job_change", args=[job.pk]))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list, with the button for whoever may press it."""
        may = {"may_send_test_job": self.has_operate_permission(request)}
        return super().changelist_view(request, {**(extra_context or {}), **may})
