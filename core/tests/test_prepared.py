"""A query that is made once gives what Django's own gives, for any number of keys."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from core.jobs.models import Job
from core.prepared import MOST, Prepared

pytestmark = pytest.mark.django_db
COLUMNS = ("id", "owner_id", "owner__email", "owner__is_active", "progress", "params", "created_at")


def columns():
    return Job.objects.order_by().values_list(*COLUMNS)


@pytest.fixture
def jobs(user):
    moment = datetime(2026, 2, 3, 4, 5, 6, 789_012, tzinfo=UTC)
    return Job.objects.bulk_create([
        Job(owner=user, kind="a", params={"wörter": [1, None]}, progress=0.25, created_at=moment),
        Job(owner=None, kind="b", params={}),
        *(Job(owner=user, kind="c", params={"n": n}, progress=n / MOST) for n in range(MOST)),
    ])  # fmt: skip


@pytest.mark.parametrize("count", [1, 2, 3, 64, 65, MOST, MOST + 2])
def test_values_and_types_are_those_of_the_ordinary_query(jobs, count):
    keys = [job.pk for job in jobs[:count]]
    rows = Prepared(columns).rows(keys)

    assert sorted(rows) == sorted(columns().filter(pk__in=keys), key=lambda row: row[0])
    assert len(rows) == count


def test_no_key_asks_nothing(jobs, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert Prepared(columns).rows([]) == []


def test_a_key_that_is_not_there_and_one_that_comes_twice(jobs):
    rows = Prepared(columns).rows([jobs[0].pk, uuid4(), jobs[0].pk])

    assert [row[0] for row in rows] == [jobs[0].pk]


def test_a_statement_that_was_made_sees_what_has_changed_since(jobs):
    prepared = Prepared(columns)
    prepared.rows([jobs[0].pk])
    Job.objects.filter(pk=jobs[0].pk).update(progress=0.75)
    Job.objects.filter(pk=jobs[1].pk).delete()

    assert [row[4] for row in prepared.rows([jobs[0].pk])] == [0.75]
    assert prepared.rows([jobs[1].pk]) == []


def test_a_query_with_parameters_of_its_own_is_a_mistake(jobs):
    with pytest.raises(ValueError, match="parameters of its own"):
        Prepared(lambda: columns().filter(kind="a")).rows([jobs[0].pk])
