"""A database that is locked for seconds, as SQLite's is by one long writer, loses nothing."""

import time

from core.jobs.models import Status
from tests.faults.conftest import at_work, ended
from tests.support.locking import locked


def test_a_job_at_work_goes_on_while_the_database_is_locked(platform, start):
    job = start(duration_s=9)
    at_work(job)
    with locked():
        time.sleep(8)  # longer than the lease
    done = ended(job)
    assert (done.status, done.error_code) == (Status.SUCCEEDED, "")


def test_a_success_is_not_lost_when_the_database_is_locked_just_then(platform, start):
    job = start(duration_s=1)
    at_work(job)
    with locked():
        time.sleep(4)
    done = ended(job)
    assert (done.status, done.attempt) == (Status.SUCCEEDED, 1)


def test_a_queued_job_waits_for_a_locked_database(platform, start):
    job = start()
    with locked():
        time.sleep(3)
    assert ended(job).status == Status.SUCCEEDED
