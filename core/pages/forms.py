"""The forms of the signed-out pages: which fields they show; the services judge them."""

from django import forms


def _input(widget: type[forms.Widget], autocomplete: str, **attrs: str) -> forms.Widget:
    return widget(attrs={"autocomplete": autocomplete, **attrs})


class LoginForm(forms.Form):
    """Who comes in."""

    # No EmailField: an address that is none gets the same answer as one without an account.
    email = forms.CharField(
        label="E-mail",
        max_length=254,
        widget=_input(forms.EmailInput, "username", autofocus="autofocus"),
    )
    password = forms.CharField(
        strip=False, max_length=4096, widget=_input(forms.PasswordInput, "current-password")
    )


class SignUpForm(forms.Form):
    """A new account."""

    email = forms.CharField(
        label="E-mail",
        max_length=254,
        widget=_input(forms.EmailInput, "username", autofocus="autofocus"),
    )
    password = forms.CharField(
        strip=False,
        max_length=4096,
        help_text="At least 8 characters, and not one that everybody uses.",
        widget=_input(forms.PasswordInput, "new-password"),
    )
    first_name = forms.CharField(
        required=False, max_length=150, widget=_input(forms.TextInput, "given-name")
    )
    last_name = forms.CharField(
        required=False, max_length=150, widget=_input(forms.TextInput, "family-name")
    )
