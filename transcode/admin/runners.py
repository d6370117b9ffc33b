"""Runners in the admin: who is there, what they do; removed, never edited."""

from typing import Any

import redis
from django.contrib import admin
from django.db.models import BooleanField, Count, ExpressionWrapper, Model, Q, QuerySet, Value
from django.db.models.expressions import Combinable
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from core.jobs.models import Status
from core.watched_admin import RemovedByService, WatchedAdmin
from transcode.admin.rights import may_manage_runners
from transcode.models import Runner
from transcode.runners import presence
from transcode.runners.removal import remove_runner

AT_WORK = Q(jobs__job__status=Status.RUNNING, jobs__job__is_finishing=False)
SHOWN = (
    *("name", "description", "version", "ip", "is_connected", "last_contact", "disconnected_at"),
    *("jobs", "registration_token", "created_at", "updated_at"),
)


@admin.register(Runner)
class RunnerAdmin(RemovedByService, WatchedAdmin):
    """Runners; who is removed loses socket and token, and its jobs go on elsewhere."""

    list_display = ("name", "is_connected", "last_contact", "at_work", "version", "ip")
    list_filter = ("last_contact", "version")
    search_fields = ("name", "description", "ip")
    fields = readonly_fields = SHOWN

    def get_queryset(self, request: HttpRequest) -> QuerySet[Runner]:
        """Select them with whether they are connected, and how many jobs they are at."""
        found: QuerySet[Runner] = super().get_queryset(request).select_related("registration_token")
        return found.annotate(connected=_connected(), at_work=Count("jobs", filter=AT_WORK))

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Let nobody find out a hash by asking which rows begin with it."""
        return not lookup.startswith("token_hash") and super().lookup_allowed(
            lookup, value, request
        )

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whoever manages runners sees them."""
        return may_manage_runners(request) or super().has_view_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, *_: Any) -> bool:
        """Let those who manage runners remove them."""
        return may_manage_runners(request)

    def delete_model(self, request: HttpRequest, obj: Runner) -> None:  # noqa: ARG002
        """Send a runner away."""
        remove_runner(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Runner]) -> None:  # noqa: ARG002
        """Send several runners away."""
        for runner in queryset:
            remove_runner(runner)

    @admin.display(description="connected", boolean=True)
    def is_connected(self, runner: Any) -> bool | None:
        """Whether it has an open socket; None where Redis does not say."""
        connected: bool | None = runner.connected
        return connected

    @admin.display(description="at work on")
    def at_work(self, runner: Any) -> int:
        """Count the jobs it is processing."""
        count: int = runner.at_work
        return count

    @admin.display(description="jobs")
    def jobs(self, runner: Any) -> str:
        """Lead to what it did and does."""
        address = reverse("admin:transcode_videojob_changelist")
        return format_html(
            '{} at work, <a href="{}?runner__id__exact={}">{} in all</a>',
            *(runner.at_work, address, runner.pk, runner.jobs.count()),
        )


def _connected() -> Combinable:
    try:
        ids = presence.connected()
    except redis.RedisError:
        return Value(None, output_field=BooleanField())
    return ExpressionWrapper(Q(pk__in=ids), output_field=BooleanField())
