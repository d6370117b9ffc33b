"""Accounts and API tokens in the admin. What is done here goes through the same services."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from core.accounts import api_tokens, services
from core.accounts.admin_forms import NewPasswordForm, NewUserForm, UserForm
from core.accounts.models import ApiToken, User
from core.watched_admin import RemovedByService

RIGHTS = ("role", "is_superuser", "groups", "user_permissions")


@admin.register(User)
class AccountAdmin(RemovedByService, UserAdmin):  # type: ignore[type-arg] # generic in the stubs alone
    """Accounts: found by name, locked out, logged out, removed with all they own."""

    form, add_form, change_password_form = UserForm, NewUserForm, NewPasswordForm
    list_display = ("email", "role", "is_active", "last_login", "last_ip", "uploads_made")
    list_filter = ("role", "is_active", "is_superuser", "date_joined")
    search_fields = ("email", "first_name", "last_name")
    ordering = ("email",)
    readonly_fields = ("last_login", "date_joined", "last_ip", "uploads_made")
    filter_horizontal = ("groups", "user_permissions")
    actions = ("deactivate", "log_out_everywhere")
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        ("Person", {"fields": ("first_name", "last_name")}),
        ("Rights", {"fields": ("is_active", *RIGHTS)}),
        ("Life", {"fields": ("date_joined", "last_login", "last_ip", "uploads_made")}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", "role", "usable_password", "password1", "password2")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Let only superusers give rights, or a clerk could make an administrator of himself."""
        fixed = super().get_readonly_fields(request, obj)
        return fixed if getattr(request.user, "is_superuser", False) else (*fixed, *RIGHTS)

    def save_model(
        self, request: HttpRequest, obj: User, form: "ModelForm[User]", change: bool
    ) -> None:
        """Save; a lock-out and a change of rights end tokens, sessions and sockets."""
        super().save_model(request, obj, form, change)
        if change and {"is_active", "role"} & set(form.changed_data):
            services.revoke_sessions(obj)

    def delete_model(self, request: HttpRequest, obj: User) -> None:  # noqa: ARG002
        """Remove the account with its jobs, files and sockets."""
        services.delete_account(obj)

    def delete_queryset(
        self,
        request: HttpRequest,  # noqa: ARG002
        queryset: QuerySet[User],
    ) -> None:
        """Remove several accounts, each with its jobs, files and sockets."""
        for user in queryset:
            services.delete_account(user)

    @admin.action(description="Deactivate the selected accounts", permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Lock the accounts out; whoever acts is left in."""
        for user in queryset:
            if user.pk != request.user.pk:
                services.deactivate(user)
        self.message_user(request, "The accounts are locked out.")

    @admin.action(description="Log the selected accounts out everywhere", permissions=["change"])
    def log_out_everywhere(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """End every token, session and socket of the accounts."""
        for user in queryset:
            services.revoke_sessions(user)
        self.message_user(request, "The accounts are logged out.")


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):  # type: ignore[type-arg] # generic in the stubs alone
    """API tokens; a key is shown once, when it is made."""

    list_display = ("prefix", "name", "user", "is_active", "created_at", "last_used_at")
    list_filter = ("is_active", "created_at")
    search_fields = ("prefix", "name", "user__email")
    autocomplete_fields = ("user",)
    fields = ("user", "name", "is_active", "prefix", "created_at", "last_used_at", "ip_address")
    readonly_fields = ("prefix", "created_at", "last_used_at", "ip_address")

    def save_model(
        self, request: HttpRequest, obj: ApiToken, form: "ModelForm[ApiToken]", change: bool
    ) -> None:
        """Save; a new token gets its key, which is shown now and never again."""
        key = None if change else api_tokens.give_key(obj)
        super().save_model(request, obj, form, change)
        if key is not None:
            self.message_user(request, f"The key, shown this once: {key}", messages.WARNING)
