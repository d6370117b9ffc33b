"""Taking a request: its row and its job, or the reason why not.

The input lies in the request's folder before. Whoever calls removes the folder when
nothing comes of it; one whose process was killed in between goes with the cleaner.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from core.accounts.models import User
from core.jobs import lifecycle
from core.jobs.lifecycle import NotAllowed
from core.jobs.models import UNFINISHED, Job, Status
from media_api.config.schema import Config
from media_api.kinds.request import MediaJob
from media_api.models import InputType, MediaRequest, RequestType
from media_api.services.errors import AlreadyQueued, QueueFull, TooManyActive
from media_api.services.fingerprints import fingerprint
from media_api.services.idempotency import Key, earlier

# Any number that nobody else locks: the ASCII of "media".
_QUEUE_LOCK = 0x6D65646961
_WAITING = Job.objects.filter(kind=MediaJob.name, status=Status.QUEUED)


@dataclass(frozen=True)
class Draft:
    """A request that was checked and is about to be made. `source` names its input."""

    rid: str
    owner: User | None
    request_type: RequestType
    actions: tuple[str, ...]
    config: dict[str, Any]
    input_type: InputType
    input_value: str
    source: str
    original_name: str = ""
    # The address of somebody without an account.
    client: str = ""
    webhook_url: str = ""
    webhook_secret: str = field(default="", repr=False)
    key: Key | None = None

    @property
    def fingerprint(self) -> str:
        """What makes it the same work as another."""
        return fingerprint(
            owner_id=self.owner.pk if self.owner else None,
            route=self.request_type,
            actions=self.actions,
            config=self.config,
            source=self.source,
        )


def submit(
    draft: Draft,
    *,
    queue_size: int,
    deduplicate: bool,
    active_limit: int = 0,
    take_input: Callable[[], object] | None = None,
) -> MediaRequest:
    """Make the request, or return the one that its idempotency key has made.

    `active_limit` is how many of one client's may wait or run; 0 is no limit. `take_input` is
    called in the transaction, where nothing was made before.
    Raises: `KeyUsedOtherwise`, `AlreadyQueued`, `TooManyActive`, `QueueFull`, and what
    `take_input` does.
    """
    with transaction.atomic():
        _lock_queue()
        if made := earlier(draft.key):
            return made
        if take_input:
            take_input()
        job = _enqueued(draft, deduplicate=deduplicate)
        if (rid := job.params["rid"]) != draft.rid:
            raise AlreadyQueued(rid=rid)
        # Ours has a job by now, and no row yet.
        if active_limit and has_active(draft.owner, draft.client, active_limit, but=job):
            raise TooManyActive
        if waiting_count() > queue_size:  # Ours is one of them.
            raise QueueFull
        return _insert(draft, job)


def is_full(queue_size: int) -> bool:
    """Return whether as many requests wait as may wait. Those that run do not count."""
    return waiting_count() >= queue_size


def has_active(owner: User | None, client: str, limit: int, *, but: Job | None = None) -> bool:
    """Return whether so many requests of a user's, or of an address's, wait or run already."""
    mine = Job.objects.filter(kind=MediaJob.name, status__in=UNFINISHED, owner=owner)
    if owner is None:
        mine = mine.filter(media_request__client=client)
    if but is not None:
        mine = mine.exclude(pk=but.pk)
    return mine.count() >= limit


def require_place_again(job: Job, config: Config) -> None:
    """Look whether a request's job that was queued again has a place. Raises: `NotAllowed`."""
    _lock_queue()
    request = MediaRequest.objects.filter(job=job).first()
    limit = config.limits.active_per_user
    client = request.client if request else ""
    if limit and has_active(job.owner, client, limit, but=job):
        raise NotAllowed("As many of your requests wait or run as may do so; try again later.")
    if waiting_count() > config.requests_queue_size:  # This is one of them.
        raise NotAllowed("As many requests wait as may wait; try again later.")


def waiting_count() -> int:
    """Return how many requests wait for a worker."""
    return _WAITING.count()


def _lock_queue() -> None:
    """Have everybody who counts and inserts take turns; SQLite's transactions do anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_QUEUE_LOCK])


def _enqueued(draft: Draft, *, deduplicate: bool) -> Job:
    """Return the request's job, or the unfinished one of another that is the same work."""
    return lifecycle.enqueue(
        MediaJob,
        owner=draft.owner,
        params={"rid": draft.rid, "actions": list(draft.actions)},
        work_key=f"{MediaJob.name}:{draft.fingerprint}" if deduplicate else None,
    )


def _insert(draft: Draft, job: Job) -> MediaRequest:
    return MediaRequest.objects.create(
        id=UUID(draft.rid),
        owner=draft.owner,
        job=job,
        request_type=draft.request_type,
        actions=list(draft.actions),
        config=draft.config,
        input_type=draft.input_type,
        input_value=draft.input_value,
        original_name=draft.original_name,
        fingerprint=draft.fingerprint,
        idempotency_scope=draft.key.scope if draft.key else "",
        idempotency_key=draft.key.name if draft.key else None,
        idempotency_digest=draft.key.digest if draft.key else "",
        client=draft.client,
        webhook_url=draft.webhook_url,
        webhook_secret=draft.webhook_secret,
    )
