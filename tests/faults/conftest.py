"""Real workers to be killed, and ways to look for what they leave behind."""

import contextlib
import os
import signal
from pathlib import Path

import psutil
import pytest
from django.conf import settings
from django.db import connection

from core.jobs import lifecycle
from core.jobs.kinds import kind_named
from core.jobs.models import Job
from tests.support.waiting import wait_until

TRACED = {"DJANGO_SETTINGS_MODULE": "tests.faults.settings"}


@pytest.fixture
def start(staff):
    """Return the function that enqueues a self-test."""

    def begin(behaviour="ok", *, duration_s=0.0, stages=1, subprocess=False) -> Job:
        params = {
            "duration_s": duration_s, "stages": stages,
            "behaviour": behaviour, "subprocess": subprocess,
        }  # fmt: skip
        return lifecycle.enqueue(kind_named("core.selftest"), owner=staff, params=params)

    return begin


@pytest.fixture
def ledger(transactional_db):
    """Return the function that reads the ledger: one `(job, attempt)` for each success."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE faults_ledger (job varchar(36), attempt integer)")
    folder = Path(settings.DATA_DIR) / "published"
    folder.mkdir(exist_ok=True)

    def read():
        with connection.cursor() as cursor:
            cursor.execute("SELECT job, attempt FROM faults_ledger")
            return cursor.fetchall()

    yield read
    for published in folder.iterdir():
        published.unlink()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE faults_ledger")


def fresh(job) -> Job:
    """Read a job again."""
    return Job.objects.get(pk=job.pk)


def ended(job, timeout_s=180.0) -> Job:
    """Wait until a job is finished."""
    wait_until(lambda: fresh(job).is_finished, timeout_s)
    return fresh(job)


def at_work(job, timeout_s=180.0) -> Job:
    """Wait until a worker has begun to report on a job."""
    wait_until(lambda: fresh(job).stage and fresh(job).status == "running", timeout_s)
    return fresh(job)


def holder_pid(job) -> int:
    """Return the id of the process that holds a job."""
    return int(fresh(job).holder.split(":")[-2])


def programs_of(job) -> list[psutil.Process]:
    """Return the programs that a job's holder has under way, and what they started."""
    return [child for child in psutil.Process(holder_pid(job)).children(recursive=True)
            if child.status() != psutil.STATUS_ZOMBIE]  # fmt: skip


def all_gone(processes) -> bool:
    """Return whether none of these processes lives."""
    return not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in processes)


def scratch_folders(job) -> list[Path]:
    """Return what is left of a job's attempts."""
    return list(Path(settings.SCRATCH_ROOT).glob(f"{job.pk}.*"))


def kill(pid: int) -> None:
    """SIGKILL one process, if it still lives."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
