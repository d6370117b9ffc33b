"""How many new uploads an account, an address and an API token may make (core contract, 3.6)."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import transaction
from django.db.models import F

from core.accounts.models import ApiToken, Role, User
from core.api.clients import throttle_key
from core.api.throttles import SlidingWindow, Taken
from core.errors import Throttled
from core.uploads.errors import AccountGone

HOUR_S = 3600


@contextmanager
def charged(user: User, *, ip: str | None, token: ApiToken | None = None) -> Iterator[None]:
    """Count one new upload while the block makes it; an exception gives everything back.

    The block runs in a transaction together with the account's count. Duplicates are
    looked up before it, since they are free; one that shows only inside leaves the block
    by an exception. A process that dies inside leaves the address counted for its hour.
    Raises: `Throttled`, `AccountGone`, with nothing counted.
    """
    taken: list[tuple[SlidingWindow, Taken]] = []
    try:
        for window, key in _windows(ip, token):
            answer = window.take(key)
            if not answer.allowed:
                raise Throttled(answer.retry_after_s)
            taken.append((window, answer))
        with transaction.atomic():
            _count(user)
            yield
    except BaseException:
        for window, answer in taken:
            window.give_back(answer)
        raise


def _windows(ip: str | None, token: ApiToken | None) -> Iterator[tuple[SlidingWindow, str]]:
    yield (
        SlidingWindow("uploads.ip", settings.CORE_UPLOADS_PER_IP_HOUR, HOUR_S),
        throttle_key(ip),
    )
    if token is not None:
        yield (
            SlidingWindow("uploads.token", settings.CORE_UPLOADS_PER_TOKEN_HOUR, HOUR_S),
            str(token.pk),
        )


def _count(user: User) -> None:
    """Raise the account's count by one, in one UPDATE.

    Raises: `Throttled` at a demo's end, `AccountGone` when there is no account any more.
    """
    account = User.objects.filter(pk=user.pk)
    if user.role == Role.DEMO and settings.CORE_DEMO_UPLOADS:
        account = account.filter(uploads_made__lt=settings.CORE_DEMO_UPLOADS)
    if not account.update(uploads_made=F("uploads_made") + 1):
        raise Throttled if User.objects.filter(pk=user.pk).exists() else AccountGone
