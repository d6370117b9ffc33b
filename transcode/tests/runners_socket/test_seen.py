"""A runner with an open socket is there, though it says nothing; one whose socket died is not."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.jobs.models import Job
from tests.support.stand_in_runner import StandInRunner
from tests.support.waiting import wait_until
from transcode.kind import kind_for
from transcode.models import JobType, Runner
from transcode.runners import registration
from transcode.tests.factories import make_runner

pytestmark = pytest.mark.django_db(transaction=True)
LONG_AGO = timedelta(seconds=61)


@pytest.fixture
def hire(platform):
    """Return the function that makes a runner of the platform and its row."""
    hired = []

    def make():
        row, token = make_runner()
        hired.append(StandInRunner(platform.url, row.name))
        hired[-1].token = token
        return hired[-1], row

    yield make
    for runner in hired:
        runner.close()


@pytest.fixture
def rows(db):
    """Return three runners, last heard of a minute ago."""
    made = [make_runner()[0] for _ in range(3)]
    heard_long_ago(*made)
    return made


def heard_long_ago(*rows, **columns):
    past = timezone.now() - LONG_AGO
    Runner.objects.filter(pk__in=[row.pk for row in rows]).update(last_contact=past, **columns)
    return past


def fresh(row):
    return Runner.objects.get(pk=row.pk)


def is_left_to_runners():
    """Return whether our workers would wait with an encode that is queued now."""
    return kind_for(JobType.HLS).wait_s(Job()) > 0


def test_a_silent_runner_is_left_the_jobs_for_as_long_as_its_socket_is_open(hire, settings):
    settings.TRANSCODE_LOCAL_WORKERS = "fallback"
    (here, here_row), (gone, gone_row) = hire(), hire()
    with here.listen():
        with gone.listen():
            pass
        wait_until(lambda: fresh(gone_row).disconnected_at)
        past = heard_long_ago(here_row, gone_row)
        assert not is_left_to_runners()

        wait_until(lambda: fresh(here_row).last_contact > past)
        assert fresh(gone_row).last_contact == past
        assert is_left_to_runners()
    wait_until(lambda: fresh(here_row).disconnected_at)
    heard_long_ago(here_row)
    assert not is_left_to_runners()


def test_an_open_socket_that_was_taken_for_closed_is_found_to_be_open(hire):
    runner, row = hire()
    with runner.listen():
        Runner.objects.filter(pk=row.pk).update(disconnected_at=timezone.now() - LONG_AGO)
        wait_until(lambda: fresh(row).disconnected_at is None)


def test_what_is_seen_of_all_sockets_is_written_at_once_and_not_before_it_is_due(rows):
    every = {row.pk for row in rows}
    with CaptureQueriesContext(connection) as first:
        assert registration.note_open(every, timezone.now()) == every
    assert len(first) == 2
    assert len({fresh(row).last_contact for row in rows}) == 1

    heard_of = fresh(rows[0]).last_contact
    with CaptureQueriesContext(connection) as second:
        registration.note_open(every, heard_of + timedelta(seconds=29))
    assert len(second) == 1
    assert {fresh(row).last_contact for row in rows} == {heard_of}


def test_who_was_heard_of_meanwhile_is_not_written_with_the_others(rows):
    now = timezone.now()
    Runner.objects.filter(pk=rows[0].pk).update(last_contact=now - timedelta(seconds=29))
    registration.note_open({row.pk for row in rows}, now)
    assert [fresh(row).last_contact == now for row in rows] == [False, True, True]


def test_a_socket_that_closed_after_the_look_stays_closed(rows):
    looked_at = timezone.now()
    closed_at = looked_at + timedelta(milliseconds=1)
    past = heard_long_ago(rows[0], disconnected_at=closed_at)
    registration.note_open({rows[0].pk}, looked_at)
    assert (fresh(rows[0]).last_contact, fresh(rows[0]).disconnected_at) == (past, closed_at)


def test_a_runner_that_was_removed_is_not_there(rows):
    every = {row.pk for row in rows}
    rows[0].delete()
    assert registration.note_open(every, timezone.now()) == {row.pk for row in rows[1:]}
