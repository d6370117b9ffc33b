"""What happens to accounts: made, changed, locked out, removed."""

from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from core.accounts.models import User
from core.accounts.signals import account_removed
from core.after_commit import after_commit
from core.api.clients import throttle_key
from core.api.throttles import SlidingWindow
from core.errors import FieldErrors, InvalidInput, Throttled
from core.jobs import lifecycle
from core.jobs.selectors import unfinished_jobs_of
from core.realtime.groups import group_for_account
from core.realtime.publish import Event, publish
from core.uploads import storage

EMAIL_TAKEN = "An account with this e-mail already exists."
SIGN_UP_WINDOW_S = 15 * 60


def sign_up(
    *,
    email: str,
    password: str,
    first_name: str = "",
    last_name: str = "",
    ip: str | None = None,
) -> User:
    """Make an account of the role that newcomers get, and note its first login.

    Raises: `InvalidInput` (code `forbidden`) when signing up is closed, `FieldErrors`;
    `Throttled` after `CORE_SIGNUPS_PER_IP_15MIN` attempts from one address.
    """
    if not settings.CORE_SIGNUP:
        raise InvalidInput("Signing up is closed.", code="forbidden")
    _count_attempt(ip)
    draft = User(
        email=User.objects.normalize_email(email),
        first_name=first_name.strip(),
        last_name=last_name.strip(),
        role=settings.CORE_SIGNUP_ROLE,
    )
    _check(draft, password)
    draft.set_password(password)
    try:
        with transaction.atomic():
            draft.save(force_insert=True)
    except IntegrityError as error:
        # Somebody else was a moment faster with the same address.
        raise FieldErrors({"email": EMAIL_TAKEN}) from error
    note_login(draft, ip)
    return draft


def _count_attempt(ip: str | None) -> None:
    """Count an attempt to sign up. Raises: `Throttled`."""
    # Every one counts: a refused one has told whether an address has an account.
    window = SlidingWindow("signup", settings.CORE_SIGNUPS_PER_IP_15MIN, SIGN_UP_WINDOW_S)
    attempt = window.take(throttle_key(ip))
    if not attempt.allowed:
        raise Throttled(attempt.retry_after_s)


def _check(draft: User, password: str) -> None:
    """Find everything that is wrong with a new account. Raises: `FieldErrors`."""
    wrong: dict[str, list[str]] = {}
    try:
        draft.clean_fields(exclude={"password"})
    except ValidationError as error:
        wrong.update(error.message_dict)
    if "email" not in wrong and _is_taken(draft.email):
        wrong["email"] = [EMAIL_TAKEN]
    try:
        validate_password(password, draft)
    except ValidationError as error:
        wrong["password"] = error.messages
    if wrong:
        raise FieldErrors(wrong)


def _is_taken(email: str) -> bool:
    try:
        User.objects.get_by_natural_key(email)
    except User.DoesNotExist:
        return False
    return True


def note_login(user: User, ip: str | None) -> None:
    """Write down when and from where an account logged in."""
    user.last_login, user.last_ip = timezone.now(), ip
    # Not `save`, which fails where the account has gone this very moment.
    User.objects.filter(pk=user.pk).update(last_login=user.last_login, last_ip=ip)


def note_address(user: User, ip: str | None) -> None:
    """Write down where an account was last seen."""
    if user.last_ip != ip:
        user.last_ip = ip
        User.objects.filter(pk=user.pk).update(last_ip=ip)


def edit_profile(
    user: User, *, first_name: str | None = None, last_name: str | None = None
) -> User:
    """Change the names that are given; an empty one is cleared."""
    names = {"first_name": first_name, "last_name": last_name}
    changed = {field: value.strip() for field, value in names.items() if value is not None}
    for field, value in changed.items():
        setattr(user, field, value)
    user.save(update_fields=list(changed))
    return user


def set_password(user: User, password: str | None) -> None:
    """Set a password without asking for the old one; every token and session ends."""
    user.set_password(password)
    with transaction.atomic():
        user.save(update_fields=["password"])
        revoke_sessions(user)


def knows_password(user: User, password: str) -> bool:
    """Return whether it is the password that `user` was read with.

    Unlike `user.check_password` this never writes a stronger hash of it, which would undo a
    change of password made at the same moment.
    """
    return check_password(password, user.password)


def replace_password(user: User, password: str) -> bool:
    """Change the password that `user` was read with; every token and session ends.

    Of callers that read the same one, one wins (a conditional UPDATE). Returns False, and
    changes nothing, where another was faster.
    """
    with transaction.atomic():
        won = User.objects.filter(pk=user.pk, password=user.password).update(
            password=make_password(password), token_version=F("token_version") + 1
        )
        if won:
            user.refresh_from_db(fields=["password", "token_version"])
            after_commit(_announce_revoked, user.pk, user.token_version)
    return bool(won)


def revoke_sessions(user: User) -> None:
    """End every token and browser session of an account, and its sockets."""
    User.objects.filter(pk=user.pk).update(token_version=F("token_version") + 1)
    user.refresh_from_db(fields=["token_version"])
    after_commit(_announce_revoked, user.pk, user.token_version)


def deactivate(user: User) -> None:
    """Lock an account out; what it owns stays."""
    user.is_active = False
    with transaction.atomic():
        user.save(update_fields=["is_active"])
        revoke_sessions(user)


def delete_account(user: User) -> None:
    """Remove an account with all it owns: jobs are cancelled, rows, files and sockets go.

    The rows go in one transaction, so that nobody meets half an account. Files go after
    it; those that a crash leaves behind are found by `storage.remove_orphans`.
    """
    user_id = user.pk
    with transaction.atomic():
        # The lock keeps others from adding rows to the account meanwhile (PostgreSQL).
        if User.objects.select_for_update().filter(pk=user_id).first() is None:
            return
        _cancel_jobs_of(user)
        User.objects.get(pk=user_id).delete()
        after_commit(_announce_revoked, user_id)
        after_commit(storage.remove_all_of, user_id)
        after_commit(_announce_removed, user_id)


def _cancel_jobs_of(user: User) -> None:
    for job in unfinished_jobs_of(user):
        try:
            lifecycle.cancel(job.pk)
        except lifecycle.NotAllowed:
            continue  # Its parent's end was its own, or it has just finished.


def _announce_revoked(user_id: UUID, token_version: int | None = None) -> None:
    """End the sockets of tokens older than `token_version`; without one all of them."""
    data = {} if token_version is None else {"token_version": token_version}
    event = Event(name="core.auth.revoked", is_final=True, data=data)
    publish([group_for_account(user_id)], event)


def _announce_removed(user_id: UUID) -> None:
    account_removed.send_robust(sender=User, user_id=user_id)
