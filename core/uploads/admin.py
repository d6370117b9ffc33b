"""Uploads in the admin: found, recognised again, cancelled, deleted, through the services."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from core.errors import JobError
from core.uploads import services
from core.uploads.models import Upload
from core.uploads.status import STATUSES, UploadStatus, error_of, run_of, status_of, status_q

SHOWN = (
    *("id", "owner", "filename", "status", "error", "run", "job", "mime_type", "size_bytes"),
    *("page_count", "image_hash", "stored_name", "auto_language_detection", "language_hint"),
    *("output_format", "ocr_mode", "detected_language", "confidence", "engine", "raw_text"),
    *("processed_text", "created_at", "updated_at", "processed_at", "is_deleted", "deleted_at"),
)


class StatusFilter(admin.SimpleListFilter):
    """By status, which is a view over the job."""

    title = "status"
    parameter_name = "status"

    def lookups(
        self,
        request: HttpRequest,  # noqa: ARG002 - Django passes them
        model_admin: Any,  # noqa: ARG002
    ) -> list[tuple[str, str]]:
        """Return the statuses there are."""
        return [(status, status) for status in STATUSES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Upload]) -> QuerySet[Upload]:  # noqa: ARG002
        """Narrow the list to the chosen status."""
        chosen: list[UploadStatus] = [status for status in STATUSES if status == self.value()]
        return queryset.filter(status_q(chosen)) if chosen else queryset


@admin.register(Upload)
class UploadAdmin(admin.ModelAdmin):  # type: ignore[type-arg] # generic in the stubs alone
    """Uploads: what they are at, and the doors that users have too. Nothing is edited here."""

    list_display = ("id", "owner", "filename", "status", "mime_type", "size_bytes", "created_at")
    list_filter = (StatusFilter, "is_deleted", "mime_type", "ocr_mode", "created_at")
    list_select_related = ("owner", "job")
    search_fields = ("id", "owner__email", "filename", "image_hash")
    readonly_fields = fields = SHOWN
    actions = ("reprocess", "cancel")
    date_hierarchy = "created_at"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Upload]:
        """Select uploads without their longest column."""
        return super().get_queryset(request).select_related("owner", "job").defer("pages")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show an upload without buttons to save: there is nothing to be saved."""
        context |= {"title": "Upload", "show_save": False, "show_save_and_continue": False}
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="status")
    def status(self, upload: Upload) -> str:
        """Show what the upload is at."""
        return status_of(upload)

    @admin.display(description="error")
    def error(self, upload: Upload) -> str:
        """Show why it is in error."""
        error = error_of(upload)
        return f"{error.code}: {error.message}" if error else ""

    @admin.display(description="run")
    def run(self, upload: Upload) -> int:
        """Show the number of the run."""
        return run_of(upload)

    @admin.action(description="Recognise again", permissions=["change"])
    def reprocess(self, request: HttpRequest, queryset: QuerySet[Upload]) -> None:
        """Queue a new run of the chosen uploads."""
        self._each(request, queryset, services.reprocess_upload, "queued")

    @admin.action(description="Cancel the recognition", permissions=["change"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Upload]) -> None:
        """End the runs of the chosen uploads."""
        self._each(request, queryset, services.cancel_upload, "cancelled")

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Refuse: an upload begins with a file."""
        return False

    def delete_model(self, request: HttpRequest, obj: Upload) -> None:  # noqa: ARG002
        """Hide the upload, as its owner would; the purge removes it."""
        if not obj.is_deleted:
            services.delete_upload(owner=obj.owner, upload_id=obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Upload]) -> None:
        """Hide the chosen uploads."""
        self._each(request, queryset, services.delete_upload, "deleted")

    def _each(
        self,
        request: HttpRequest,
        queryset: QuerySet[Upload],
        service: Callable[..., object],
        done: str,
    ) -> None:
        """Do it for every upload it can be done for, and say how many those were."""
        count = 0
        for upload in queryset.filter(is_deleted=False).select_related("owner"):
            try:
                service(owner=upload.owner, upload_id=upload.pk)
                count += 1
            except JobError as error:
                messages.warning(request, f"{upload}: {error}")
        messages.success(request, f"{count} {done}.")
