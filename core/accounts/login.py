"""Who may come in: passwords checked, guesses counted, browser sessions begun and ended."""

from collections.abc import Callable
from typing import TypeVar

from django.contrib import auth
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from core.accounts import services
from core.accounts.models import User
from core.api.clients import client_ip, throttle_key
from core.api.parsers import is_storable
from core.api.throttles import SlidingWindow
from core.errors import FieldErrors, InvalidInput, Throttled

T = TypeVar("T")
FAILURES = SlidingWindow("login", limit=10, window_s=15 * 60)


class BadCredentials(InvalidInput):
    """The same for an unknown account, a locked one and a wrong password."""

    code = "bad_credentials"
    sentence = "Invalid email or password."


def check_credentials(email: str, password: str, *, ip: str | None) -> User:
    """Return the active account that the e-mail and the password stand for.

    An unknown account costs the same time: Django hashes the password for it too.
    Raises: `BadCredentials`; `Throttled` after 10 failures in 15 min from one address.
    """
    if not (is_storable(email) and is_storable(password)):
        raise BadCredentials  # PostgreSQL takes no NUL in a query, no hasher half a character.
    user = _guess(email, ip, lambda: auth.authenticate(username=email, password=password))
    if not isinstance(user, User):
        raise BadCredentials
    return user


def change_password(user: User, *, old_password: str, new_password: str, ip: str | None) -> None:
    """Replace the password by whoever knows it; every token and session ends.

    Of several changes at once one wins; for the others the old password is wrong by then.
    A wrong old one counts as a failed login. Raises: `FieldErrors`, `Throttled`.
    """
    wrong = FieldErrors({"old_password": "The password is not right."})
    if not _guess(user.email, ip, lambda: services.knows_password(user, old_password)):
        raise wrong
    try:
        validate_password(new_password, user)
    except ValidationError as error:
        raise FieldErrors({"new_password": error.messages}) from error
    if not services.replace_password(user, new_password):
        raise wrong


def _guess(email: str, ip: str | None, check: Callable[[], T]) -> T:
    """Run a check of a password; only failures count. Raises: `Throttled`.

    The window is read again after a right guess, so that a burst of guesses sent at once
    learns no more than one sent in turn; and many right logins at once all pass.
    """
    key = f"{User.objects.normalize_email(email).lower()} {throttle_key(ip)}"
    before = FAILURES.peek(key)
    if not before.allowed:
        raise Throttled(before.retry_after_s)
    found = check()
    after = FAILURES.peek(key) if found else FAILURES.take(key)
    if not after.allowed:
        raise Throttled(after.retry_after_s)
    return found


def log_in_session(request: HttpRequest, *, email: str, password: str) -> User:
    """Begin a browser session. Raises: `BadCredentials`, `Throttled`."""
    ip = client_ip(request)
    user = check_credentials(email, password, ip=ip)
    auth.login(request, user)
    services.note_address(user, ip)
    return user


def sign_up_session(
    request: HttpRequest, *, email: str, password: str, first_name: str = "", last_name: str = ""
) -> User:
    """Make an account and begin its browser session.

    Raises: `FieldErrors`, `InvalidInput`, `Throttled`.
    """
    user = services.sign_up(
        email=email,
        password=password,
        first_name=first_name,
        last_name=last_name,
        ip=client_ip(request),
    )
    auth.login(request, user)
    return user


def log_out_session(request: HttpRequest, *, everywhere: bool = False) -> None:
    """End this browser session, or every session and token of its account."""
    if everywhere and isinstance(request.user, User):
        services.revoke_sessions(request.user)
    auth.logout(request)
