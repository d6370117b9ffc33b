"""Registration tokens in the admin: made, shown once, and revoked."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from core.watched_admin import WatchedAdmin
from transcode.admin.rights import may_manage_runners
from transcode.models import RegistrationToken
from transcode.runners.operating import make_registration_token
from transcode.runners.removal import remove_registration_token
from transcode.runners.tokens import masked


@admin.register(RegistrationToken)
class RegistrationTokenAdmin(WatchedAdmin):
    """Registration tokens, by their first characters; who revokes one removes its runners."""

    list_display = ("id", "beginning", "runners_count", "created_at")
    fields = readonly_fields = ("beginning", "runners_count", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[RegistrationToken]:
        """Select them with the number of their runners."""
        found: QuerySet[RegistrationToken] = super().get_queryset(request)
        return found.annotate(runners_count=Count("runners"))

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Let nobody find out a token by asking which rows begin with it."""
        return not lookup.startswith("token") and super().lookup_allowed(lookup, value, request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whoever manages runners sees them."""
        return may_manage_runners(request) or super().has_view_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, *_: Any) -> bool:
        """Let those who manage runners revoke tokens."""
        return may_manage_runners(request)

    def get_deleted_objects(
        self,
        objs: QuerySet[RegistrationToken] | Sequence[RegistrationToken],
        request: HttpRequest,  # noqa: ARG002 - Django passes it
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """Name the tokens with the runners that go with them."""
        named, runners_count = [], 0
        for token in objs:
            names = [f"Runner: {runner}" for runner in token.runners.all()]
            runners_count += len(names)
            named += [f"Registration token: {token.pk}", *([names] if names else [])]
        return named, {"registration tokens": len(objs), "runners": runners_count}, set(), []

    def delete_model(self, request: HttpRequest, obj: RegistrationToken) -> None:  # noqa: ARG002
        """Revoke a token."""
        remove_registration_token(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[RegistrationToken]) -> None:  # noqa: ARG002
        """Revoke several tokens."""
        for token in queryset:
            remove_registration_token(token)

    @admin.display(description="token")
    def beginning(self, token: RegistrationToken) -> str:
        """Show as much of a token as people may see again."""
        return masked(token.token)

    @admin.display(description="runners")
    def runners_count(self, token: Any) -> int:
        """Count the runners that came by it."""
        count: int = token.runners_count
        return count

    def get_urls(self) -> list[URLPattern]:
        """Add the door where tokens are made."""
        door = self.admin_site.admin_view(require_POST(self.make_token))
        made = path("make/", door, name="transcode_registrationtoken_make")
        return [made, *super().get_urls()]

    def make_token(self, request: HttpRequest) -> HttpResponse:
        """Make a token and show it in this answer alone, which nobody keeps."""
        if not may_manage_runners(request):
            raise PermissionDenied
        token = make_registration_token()
        self.log_addition(request, token, "Made.")
        context = {
            **self.admin_site.each_context(request),
            "title": "The new registration token",
            "opts": self.opts,
            "token": token.token,
            "url": settings.TRANSCODE_PUBLIC_URL or request.build_absolute_uri("/").rstrip("/"),
        }
        answer = TemplateResponse(request, "admin/transcode/registrationtoken/made.html", context)
        answer["Cache-Control"] = "no-store"
        return answer

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list, with the button for whoever may press it."""
        may = {"may_make_token": may_manage_runners(request)}
        return super().changelist_view(request, {**(extra_context or {}), **may})
