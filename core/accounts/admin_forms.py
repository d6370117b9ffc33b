"""The admin's forms about accounts."""

from typing import ClassVar

from django.contrib.auth import forms

from core.accounts import services
from core.accounts.models import User


class NewUserForm(forms.AdminUserCreationForm):  # type: ignore[type-arg] # generic in the stubs alone
    """A new account with its password."""

    class Meta:
        model = User
        fields = ("email", "role")
        field_classes: ClassVar[dict[str, type]] = {}

    def clean_email(self) -> str:
        """Bring the address to the form it is kept in."""
        return User.objects.normalize_email(self.cleaned_data["email"])


class UserForm(forms.UserChangeForm):  # type: ignore[type-arg] # generic in the stubs alone
    """An account as it is."""

    class Meta:
        model = User
        fields = "__all__"
        field_classes: ClassVar[dict[str, type]] = {}

    def clean_email(self) -> str:
        """Bring the address to the form it is kept in."""
        return User.objects.normalize_email(self.cleaned_data["email"])


class NewPasswordForm(forms.AdminPasswordChangeForm):  # type: ignore[type-arg] # generic in the stubs alone
    """A new password for somebody else; every token and session of theirs ends."""

    def save(self, commit: bool = True) -> User:
        """Set the password, or take it away."""
        user: User = self.user
        chosen = (
            self.cleaned_data["password1"] if self.cleaned_data["set_usable_password"] else None
        )
        if commit:
            services.set_password(user, chosen)
        return user
