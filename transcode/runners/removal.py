"""Sending runners away: their tokens are dead at once, their jobs go on elsewhere.

A runner's jobs are given back before its row goes. Dying in between leaves a runner that
holds nothing; whoever removes it again ends the work.
"""

from core.jobs import lifecycle
from core.jobs.models import Job
from core.jobs.selectors import running
from transcode.kind import video_kind
from transcode.models import RegistrationToken, Runner

GONE_CODE, GONE = "runner_gone", "The runner is gone."


def remove_runner(runner: Runner) -> None:
    """Forget a runner; what it was working on is pending again, a live stream has failed."""
    held = Job.objects.filter(running(), holder=runner.holder, is_finishing=False)
    for job in held:
        _take_back(job)
    runner.delete()
    # One that it accepted while we looked has no holder any more: its lease runs out.


def remove_registration_token(token: RegistrationToken) -> None:
    """Forget a registration token and every runner that came in with it."""
    for runner in token.runners.all():
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
