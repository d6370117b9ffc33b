"""Sending runners away: their tokens are dead at once, their jobs go on elsewhere.

Their sockets are closed by the web processes that have them (`transcode.runners.socket`).
"""

from django.db import transaction

from core.jobs import lifecycle
from core.jobs.models import Job
from core.jobs.selectors import running
from transcode.kind import video_kind
from transcode.models import RegistrationToken, Runner

GONE_CODE, GONE = "runner_gone", "The runner is gone."


@transaction.atomic
def remove_runner(runner: Runner) -> None:
    """Forget a runner; what it was working on is pending again, a live stream has failed."""
    # What it accepts at this moment waits for this lock, and then finds no runner.
    locked = Runner.objects.select_for_update().filter(pk=runner.pk).first()
    if locked is None:
        return
    for job in Job.objects.filter(running(), holder=locked.holder, is_finishing=False):
        _take_back(job)
    locked.delete()


@transaction.atomic
def remove_registration_token(token: RegistrationToken) -> None:
    """Forget a registration token and every runner that came in with it."""
    RegistrationToken.objects.select_for_update().filter(pk=token.pk).first()
    for runner in Runner.objects.filter(registration_token=token):
        remove_runner(runner)
    token.delete()


def _take_back(job: Job) -> None:
    try:
        if video_kind(job).is_abortable:
            lifecycle.release(job)
        else:
            lifecycle.fail(job, GONE_CODE, GONE)
    except lifecycle.LeaseLost:
        return  # It ended meanwhile.
