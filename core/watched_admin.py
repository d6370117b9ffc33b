"""The admin of rows that nobody edits by hand: they are looked at, and acted on by services."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import SuspiciousOperation
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from core.errors import JobError


class Watched:
    """Nobody adds, changes or removes these rows by hand."""

    def has_add_permission(self, *_: Any) -> bool:
        """Refuse: rows come from services."""
        return False

    def has_change_permission(self, *_: Any) -> bool:
        """Refuse: states come from services."""
        return False

    def has_delete_permission(self, *_: Any) -> bool:
        """Refuse: old rows are pruned."""
        return False


class RemovedByService:
    """A page before the removal that names the rows alone: a service removes what is theirs.

    Django would look at everything below them, and refuse where that is watched.
    """

    opts: Any

    def get_deleted_objects(
        self,
        objs: QuerySet[Any] | Sequence[Any],
        request: HttpRequest,  # noqa: ARG002 - Django passes it
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """Return what is removed, how many of what, and that nothing stands against it."""
        return [str(row) for row in objs], {self.opts.verbose_name_plural: len(objs)}, set(), []


class WatchedAdmin(Watched, admin.ModelAdmin):  # type: ignore[type-arg] # generic in the stubs alone
    """A list of such rows, with actions that go through services."""

    show_full_result_count = False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list. Raises: `SuspiciousOperation` for what no database takes."""
        if any("\0" in value for value in request.GET.values()):
            raise SuspiciousOperation("PostgreSQL takes no NUL in a query.")
        return super().changelist_view(request, extra_context)

    def act_on_each(
        self, request: HttpRequest, rows: Iterable[Any], act: Callable[[Any], object], done: str
    ) -> None:
        """Do it to each row that allows it, and say how many did."""
        count, chosen = 0, list(rows)
        for row in chosen:
            try:
                act(row)
                count += 1
            except JobError as refusal:
                self.message_user(request, f"{row}: {refusal}", messages.WARNING)
        self.message_user(
            request, f"{count} of {len(chosen)} {self.opts.verbose_name_plural} {done}."
        )
