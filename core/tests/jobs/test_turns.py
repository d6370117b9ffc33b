"""How many jobs of a kind run at once on one machine, and whose turn it is."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from core.jobs import execution, turns
from core.jobs.kinds import JobKind
from core.jobs.models import Status
from core.tests.jobs.conftest import fresh, take

HOLD = """
import fcntl, sys
file = open(sys.argv[1], "r+")
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


class OneByOne(JobKind):
    name = "tests.one_by_one"
    queue = "nobody"
    limit = 1
    ran = []
    meanwhile = staticmethod(lambda: None)

    @classmethod
    def host_limit(cls):
        return cls.limit

    def run(self):
        type(self).ran.append(self.job.pk)
        type(self).meanwhile()
        return {}


@pytest.fixture(autouse=True)
def _as_it_was():
    yield
    OneByOne.limit, OneByOne.ran, OneByOne.meanwhile = 1, [], staticmethod(lambda: None)


def test_a_message_that_finds_no_slot_is_let_go_and_its_job_waits_on(make):
    first, second = make(OneByOne), make(OneByOne)
    OneByOne.meanwhile = staticmethod(lambda: waiting.append(turned_away(second)))
    waiting = []

    execution.execute(first.pk)

    assert waiting == [None]
    assert (fresh(first).status, fresh(second).status) == (Status.SUCCEEDED, Status.QUEUED)


def turned_away(job):
    with turns.turn(job.pk) as next_id:
        return next_id


def test_who_frees_a_slot_sends_the_oldest_waiting_job(make, queues):
    first, second, _ = make(OneByOne), make(OneByOne), make(OneByOne)
    queues.clear()

    execution.execute(first.pk)

    assert queues.sent() == [str(second.pk)]


def test_the_oldest_of_the_queue_begins_whichever_the_message_names(make):
    first, second = make(OneByOne), make(OneByOne)

    execution.execute(second.pk)
    assert OneByOne.ran == [first.pk]
    execution.execute(first.pk)

    assert OneByOne.ran == [first.pk, second.pk]


def test_jobs_of_another_queue_are_left_to_its_workers(make):
    elsewhere, here = make(OneByOne), make(OneByOne)
    elsewhere.queue = "elsewhere"
    elsewhere.save()

    execution.execute(here.pk)

    assert OneByOne.ran == [here.pk]


def test_as_many_run_at_once_as_there_are_slots(make):
    OneByOne.limit = 2
    jobs = [make(OneByOne) for _ in range(3)]

    with turns.turn(jobs[0].pk) as one, turns.turn(jobs[1].pk) as two:
        assert one is not None
        assert two is not None
        assert turned_away(jobs[2]) is None


def test_the_slot_of_a_killed_holder_is_free(make):
    job = make(OneByOne)
    with turns.turn(job.pk):
        pass
    (path,) = Path(settings.DATA_DIR).glob(f"slots/*/{OneByOne.name}.0")
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"held\n"
        assert turned_away(job) is None
        holder.send_signal(signal.SIGKILL)
        holder.wait()

    assert turned_away(job) == job.pk


def test_a_message_of_a_job_that_runs_does_no_harm(make):
    job = take(make(OneByOne))

    execution.execute(job.pk)

    assert OneByOne.ran == []
    assert fresh(job).status == Status.RUNNING


def test_kinds_without_a_limit_take_no_slots(make):
    first, second = make(), make()

    with turns.turn(first.pk) as one, turns.turn(second.pk) as two:
        assert (one, two) == (first.pk, second.pk)
