"""Requests in the admin: found, watched, cancelled, tried again, removed with their files."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from core.jobs import lifecycle
from core.watched_admin import RemovedByService, WatchedAdmin
from media_api.listing import JOBS_IN
from media_api.models import MediaRequest, Unmade
from media_api.progress import Progress, error_of, progress_of
from media_api.selectors import is_rid
from media_api.services import changing
from media_api.states import FINAL, State, state_of

SHOWN = (
    *("rid", "owner", "request_type", "actions", "state", "error", "stages_shown", "job_shown"),
    *("attempts", "outputs_shown", "original_name", "input_type", "input_shown", "config"),
    *("webhook_url", "created_at", "finished_at"),
)
# A secret cannot be found out by asking which rows it begins with.
SECRETS = ("webhook_secret", "idempotency", "fingerprint")
NOTHING = "-"


class StateFilter(admin.SimpleListFilter):
    """By the state that clients are told; rows know it from their jobs alone."""

    title, parameter_name = "state", "state"

    def lookups(
        self,
        request: HttpRequest,  # noqa: ARG002 - Django passes them
        model_admin: Any,  # noqa: ARG002
    ) -> list[tuple[str, str]]:
        """Return the states there are."""
        return [(str(int(state)), _words(state)) for state in JOBS_IN]

    def queryset(
        self,
        request: HttpRequest,  # noqa: ARG002 - Django passes it
        queryset: QuerySet[MediaRequest],
    ) -> QuerySet[MediaRequest]:
        """Narrow the list to the chosen state."""
        chosen = {str(int(state)): jobs for state, jobs in JOBS_IN.items()}.get(self.value() or "")
        return queryset if chosen is None else queryset.filter(chosen)


@admin.register(MediaRequest)
class MediaRequestAdmin(RemovedByService, WatchedAdmin):
    """Everybody's requests. A page of one that is under way reloads itself."""

    list_display = ("rid", "request_type", "original_name", "owner", "state", "place", "created_at")
    list_filter = ("request_type", StateFilter, "created_at")
    list_select_related = ("owner", "job")
    search_fields = ("original_name", "owner__email")
    search_help_text = "A whole rid, or a part of a file's name or of its owner's e-mail address."
    fields = readonly_fields = SHOWN
    actions = ("retry_requests", "cancel_requests")
    change_form_template = "admin/media_api/under_way.html"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[MediaRequest], search_term: str
    ) -> tuple[QuerySet[MediaRequest], bool]:
        """Look for a rid by itself: PostgreSQL writes ids with dashes, rids have none."""
        term = search_term.strip().lower()
        if is_rid(term):
            return queryset.filter(pk=term), False
        return super().get_search_results(request, queryset, search_term)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Answer no question about what is nobody's business."""
        return not lookup.startswith(SECRETS) and super().lookup_allowed(lookup, value, request)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Say whether the page has to follow the request."""
        shown = kwargs.get("obj")
        context["is_under_way"] = shown is not None and state_of(shown.job) not in FINAL
        return super().render_change_form(request, context, *args, **kwargs)

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Whether the user may cancel requests and try them again."""
        return _may(request, "change")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        """Let those remove requests who were given that right."""
        return _may(request, "delete")

    @admin.action(description="Try the chosen requests again", permissions=["operate"])
    def retry_requests(self, request: HttpRequest, rows: QuerySet[MediaRequest]) -> None:
        """Queue failed and cancelled requests again, under the rid they have."""
        self.act_on_each(request, rows, lambda row: lifecycle.retry(row.job_id), "tried again")

    @admin.action(description="Cancel the chosen requests", permissions=["operate"])
    def cancel_requests(self, request: HttpRequest, rows: QuerySet[MediaRequest]) -> None:
        """End unfinished requests."""
        self.act_on_each(request, rows, lambda row: lifecycle.cancel(row.job_id), "cancelled")

    def delete_model(self, request: HttpRequest, obj: MediaRequest) -> None:  # noqa: ARG002
        """Remove a request with its job and its files."""
        changing.remove(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[MediaRequest]) -> None:
        """Remove several requests."""
        for row in queryset:
            self.delete_model(request, row)

    @admin.display(description="state")
    def state(self, row: MediaRequest) -> str:
        """Name the state that clients are told."""
        return _words(state_of(row.job))

    @admin.display(description="progress")
    def place(self, row: MediaRequest) -> str:
        """Say how far it is, in words."""
        progress = progress_of(row)
        if progress.cur_stage < 1:
            return NOTHING
        return f"{progress.cur_stage}/{progress.total_stages} {row.job.stage} {progress.pct}%"

    @admin.display(description="error")
    def error(self, row: MediaRequest) -> str:
        """Say what went wrong, and in which stage."""
        error = error_of(row.job)
        if error is None:
            return NOTHING
        return f"{error['message']} ({error['code']}, stage {error['stage']})"

    @admin.display(description="stages")
    def stages_shown(self, row: MediaRequest) -> str:
        """Show the stages that were planned, and what became of each."""
        progress = progress_of(row)
        lines = [
            (name, _came_to(number, row.unmade.get(name), progress))
            for number, name in enumerate(row.stages, 1)
        ]
        return _lines("{}: {}", lines)

    @admin.display(description="job")
    def job_shown(self, row: MediaRequest) -> str:
        """Lead to the job, with its attempts and what its programs have said."""
        address = reverse("admin:core_job_change", args=[row.job_id])
        return format_html('<a href="{}">{}</a>', address, row.job_id)

    @admin.display(description="attempts")
    def attempts(self, row: MediaRequest) -> str:
        """Show how each attempt went."""
        attempts = row.job.attempts.order_by("number")
        values = [
            (
                attempt.number,
                attempt.outcome or "under way",
                f"{attempt.started_at:%Y-%m-%d %H:%M:%S}",
                attempt.holder,
            )
            for attempt in attempts
        ]
        return _lines("{}. {}, begun {} UTC by {}", values)

    @admin.display(description="outputs")
    def outputs_shown(self, row: MediaRequest) -> str:
        """Show what was made."""
        made = [(output["name"], filesizeformat(output["size_bytes"])) for output in row.outputs]
        return _lines("{}, {}", made)

    @admin.display(description="input")
    def input_shown(self, row: MediaRequest) -> str:
        """Show a link or a path whole; of bytes that were sent, their hash."""
        return row.input_value or NOTHING

    @admin.display(description="finished at")
    def finished_at(self, row: MediaRequest) -> Any:
        """Return when it ended."""
        return row.job.finished_at


def _may(request: HttpRequest, what: str) -> bool:
    user = request.user
    allowed = user.has_perm(f"media_api.{what}_mediarequest")
    return bool(user.is_active and user.is_staff and allowed)


def _words(state: State) -> str:
    return state.name.replace("_", " ").capitalize()


def _came_to(number: int, unmade: str | None, progress: Progress) -> str:
    """Say how far a stage is, or why it has not come to its end."""
    if progress.error and progress.error["stage"] == number:
        return "ended here"
    if unmade and (number < progress.cur_stage or progress.state in FINAL):
        return "failed" if unmade == Unmade.FAILED else "not done"
    if number == progress.cur_stage:
        return f"{progress.pct}%"
    if number > progress.cur_stage and progress.state == State.CANCELED:
        return "not done"
    return "100%" if number < progress.cur_stage else "0%"


def _lines(pattern: str, rows: list[tuple[Any, ...]]) -> SafeString | str:
    """Write one line a row; what is in the rows is escaped."""
    return format_html_join(SafeString("<br>"), pattern, rows) if rows else NOTHING
