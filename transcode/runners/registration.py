"""Who the runners are: how they come, and how they are known (contract, 2.3)."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from core.api.clients import throttle_key
from core.errors import FieldErrors, Throttled
from transcode.models import RegistrationToken, Runner
from transcode.runners.problems import UnknownRegistration, UnknownRunner
from transcode.runners.throttling import UNKNOWN_TOKENS
from transcode.runners.tokens import hash_of, new_runner_token

CONTACT_EVERY = timedelta(seconds=30)
# Sockets that are due within this time are written together.
DUE_TOGETHER = timedelta(seconds=10)
VERSION_CHARS = 64
NAME_TAKEN = "This runner name already exists on this platform."


def register(
    *,
    name: str,
    registration_token: str,
    ip: str | None,
    description: str = "",
    version: str = "",
) -> tuple[Runner, str]:
    """Let a runner in; return it with its token, which is shown this once.

    Raises: `UnknownRegistration`, `Throttled`, `FieldErrors` when the name is taken.
    """
    registration = RegistrationToken.objects.filter(token=registration_token).first()
    if registration is None:
        count_unknown(ip)
        raise UnknownRegistration
    token = new_runner_token()
    try:
        with transaction.atomic():
            runner = Runner.objects.create(
                name=name,
                description=description,
                version=version[:VERSION_CHARS],
                ip=ip or "",
                token_hash=hash_of(token),
                registration_token=registration,
            )
    except IntegrityError as error:
        if not RegistrationToken.objects.filter(pk=registration.pk).exists():
            raise UnknownRegistration from error
        raise FieldErrors({"name": NAME_TAKEN}) from error
    return runner, token


def runner_of(token: str, ip: str | None) -> Runner:
    """Return whose token it is, and note the contact. Raises: `UnknownRunner`, `Throttled`."""
    runner = find(token, ip)
    if runner is None:
        raise UnknownRunner
    return runner


def find(token: str, ip: str | None) -> Runner | None:
    """Return whose token it is, and note the contact; None, counted, when it is nobody's.

    Raises: `Throttled` for an address that has tried too many.
    """
    runner = Runner.objects.filter(token_hash=hash_of(token)).first()
    if runner is None:
        count_unknown(ip)
        return None
    _note_contact(runner, ip)
    return runner


def count_unknown(ip: str | None) -> None:
    """Count a token that is nobody's. Raises: `Throttled`."""
    taken = UNKNOWN_TOKENS.take(throttle_key(ip))
    if not taken.allowed:
        raise Throttled(taken.retry_after_s)


def _note_contact(runner: Runner, ip: str | None) -> None:
    """Write when and whence it was heard, every 30 s; who is heard has not vanished."""
    now = timezone.now()
    due = Q(last_contact__lte=now - CONTACT_EVERY) | Q(disconnected_at__isnull=False)
    if runner.disconnected_at or runner.last_contact <= now - CONTACT_EVERY:
        Runner.objects.filter(due, pk=runner.pk).update(
            last_contact=now, disconnected_at=None, ip=ip or ""
        )


def note_open(runner_ids: set[int], at: datetime) -> set[int]:
    """Note that these runners had an open socket then; return those of them that there are.

    A runner with a socket says nothing for hours, and is there all the same. One UPDATE for
    all, every 30 to 40 s. A socket that closed after `at` stays closed.
    """
    rows = Runner.objects.filter(pk__in=runner_ids)
    found = list(rows.values_list("pk", "last_contact", "disconnected_at"))
    overdue = at - CONTACT_EVERY - DUE_TOGETHER
    if any(heard <= overdue or (closed and closed < at) for _, heard, closed in found):
        is_due = Q(last_contact__lte=at - CONTACT_EVERY, disconnected_at=None)
        rows.filter(is_due | Q(disconnected_at__lt=at)).update(
            last_contact=at, disconnected_at=None
        )
    return {pk for pk, _, _ in found}


def note_request(runner: Runner, version: str, job_types: list[str]) -> None:
    """Keep what a runner says of itself when it asks, on the row and on `runner`.

    The version that it named last stays; types that it does not name again limit it no more.
    """
    version = version[:VERSION_CHARS] or runner.version
    types = sorted(set(job_types))
    if (version, types) == (runner.version, runner.job_types):
        return
    runner.version, runner.job_types = version, types
    Runner.objects.filter(pk=runner.pk).update(
        version=version, job_types=types, updated_at=timezone.now()
    )
