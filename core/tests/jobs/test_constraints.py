"""The database itself refuses nonsense."""

import uuid

import pytest
from django.db import IntegrityError, transaction

from core.jobs.models import Job, JobAttempt


@pytest.mark.parametrize(
    "nonsense",
    [
        {"progress": 1.5},
        {"progress": -0.1},
        {"lease_token": uuid.uuid4()},
        {"status": "succeeded", "lease_token": uuid.uuid4()},
        {"attempt": -1},
        {"attempts_left": -1},
        {"kind": None},
        {"params": None},
    ],
)
def test_the_database_refuses(job, nonsense):
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.filter(pk=job.pk).update(**nonsense)


def test_two_jobs_cannot_share_an_owners_key(make, user):
    make(idempotency_key="k")
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.create(kind="x", queue="x", owner=user, idempotency_key="k")


@pytest.mark.parametrize("status", ["queued", "running"])
def test_two_unfinished_jobs_cannot_share_their_work(make, status):
    make(work_key="w")
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.create(kind="x", queue="x", work_key="w", status=status)


def test_finished_jobs_may_share_their_work(make):
    make(work_key="w")
    for status in ("succeeded", "failed", "cancelled"):
        Job.objects.create(kind="x", queue="x", work_key="w", status=status)
    assert Job.objects.filter(work_key="w").count() == 4


def test_an_attempt_is_numbered_once(held):
    with pytest.raises(IntegrityError), transaction.atomic():
        JobAttempt.objects.create(job=held, number=1)
