"""The sockets of jobs (platform contract, section 5).

A frame is a whole job, `{"type": "job", "id", "status", "revision", ...}`, so a gap in
`revision` leaves nothing to be read: the newest frame is the newest state. What is older
than or equal to a frame sent before is dropped. No frame marks the end of the snapshot.
"""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from core.accounts.models import User
from core.jobs.events import job_event
from core.jobs.models import Job
from core.jobs.selectors import jobs_of, unfinished_jobs_of
from core.realtime import close_codes
from core.realtime.asgi import Receive, Scope, Send
from core.realtime.consumer import AuthenticatedConsumer
from core.realtime.errors import Refused
from core.realtime.groups import group_for_job, group_for_jobs_of
from core.realtime.loops import in_thread, per_loop
from core.realtime.publish import Event
from core.realtime.revisions import Revisions
from core.realtime.sweep import Sweep

SNAPSHOT_PAGE = 200
# How long before a sweep a job may have been made whose first event was lost.
NEW_JOBS_SINCE = timedelta(seconds=60)


class _JobFrames(AuthenticatedConsumer):
    """What both sockets do with events: newer frames only, unfinished jobs are watched."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        super().__init__(scope, receive, send)
        self._sent = Revisions()

    def on_event(self, event: Event) -> None:
        """Send a job's state unless it, or a newer one, has been sent."""
        job_id = event.data["job_id"]
        if not self._sent.is_news(job_id, event.data["revision"]):
            return
        if event.is_final:
            job_sweep().unwatch(job_id, self)
        else:
            job_sweep().watch(job_id, self)
        self.send_event(event)

    def on_resync(self) -> None:
        """Have all watched jobs read again."""
        job_sweep().hurry()
        owner_sweep().hurry()

    def on_end(self) -> None:
        """Watch nothing any more."""
        job_sweep().forget(self)
        owner_sweep().forget(self)


class JobsConsumer(_JobFrames):
    """Every job of the user: the unfinished ones first, then each change."""

    async def subscribe(self) -> None:
        """Send the snapshot in pages, no faster than the client reads."""
        await self.join(group_for_jobs_of(self.user.pk))
        owner_sweep().watch(self.user.pk, self)
        page = await in_thread(_unfinished_after, self.user, None)
        await self.accept()
        while page:
            for job in page:
                self.on_event(job_event(job))
            await self.outbox.flush()
            page = await in_thread(_unfinished_after, self.user, page[-1])


class JobConsumer(_JobFrames):
    """Changes to one job, for its owner. 4404: not yours, or no such job."""

    async def subscribe(self) -> None:
        """Send the job as it is."""
        job_id = self.scope["url_route"]["kwargs"]["job_id"]
        await self.join(group_for_job(job_id))
        job = await in_thread(jobs_of(self.user).filter(pk=job_id).first)
        if job is None:
            raise Refused(close_codes.NOT_FOUND)
        await self.accept()
        self.on_event(job_event(job))


def _unfinished_after(user: User, last: Job | None) -> list[Job]:
    jobs = unfinished_jobs_of(user).order_by("created_at", "pk")
    if last is not None:
        same_time = Q(created_at=last.created_at, pk__gt=last.pk)
        jobs = jobs.filter(Q(created_at__gt=last.created_at) | same_time)
    return list(jobs[:SNAPSHOT_PAGE])


def _read_jobs(job_ids: list[str]) -> Iterable[tuple[str, Event]]:
    for job in Job.objects.filter(pk__in=job_ids):
        yield str(job.pk), job_event(job)


def _read_new_jobs(owner_ids: list[UUID]) -> Iterable[tuple[UUID, Event]]:
    since = timezone.now() - NEW_JOBS_SINCE
    for job in Job.objects.filter(owner__in=owner_ids, created_at__gte=since):
        if job.owner_id is not None:
            yield job.owner_id, job_event(job)


# The jobs that sockets believe unfinished, and the users whose new jobs sockets want.
job_sweep = per_loop(lambda: Sweep(_read_jobs))
owner_sweep = per_loop(lambda: Sweep(_read_new_jobs))
