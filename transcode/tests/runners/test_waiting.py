"""`VideoJob.waits_since`: the order of the jobs that wait, copied from the kernel's rows."""

from importlib import import_module

from django.apps import apps

from core.jobs import lifecycle
from core.jobs.models import Status
from transcode.models import VideoJob
from transcode.runners import offers
from transcode.tests.factories import accepted, ends, fresh, make_job


def offered(runner):
    return [each.pk for each in offers.offers(runner)]


def test_a_job_that_is_taken_waits_no_more(other_runner, video):
    job = make_job(video)
    accepted(other_runner, job)
    assert fresh(job).waits_since is None


def test_a_job_that_is_cancelled_waits_no_more(video):
    job = make_job(video)
    lifecycle.cancel(job.pk)
    assert fresh(job).waits_since is None


def test_a_job_that_is_given_back_waits_at_its_old_place(runner, other_runner, video):
    first, second = make_job(video), make_job(video)
    accepted(other_runner, first)
    assert offered(runner) == [second.pk]

    lifecycle.release(fresh(first).job)

    assert fresh(first).waits_since == first.job.created_at
    assert offered(runner) == [first.pk, second.pk]


def test_a_job_that_is_tried_again_waits_again(runner, video):
    job = make_job(video)
    lifecycle.cancel(job.pk)
    assert offered(runner) == []
    lifecycle.retry(job.pk)
    assert offered(runner) == [job.pk]


def test_jobs_from_before_are_brought_up_to_date(runner, video):
    waiting, over = make_job(video), make_job(video)
    ends(over, Status.SUCCEEDED)
    VideoJob.objects.update(waits_since=video.created_at)

    import_module("transcode.migrations.0004_waits_since").note_who_waits(apps, None)

    assert fresh(waiting).waits_since == waiting.job.created_at
    assert fresh(over).waits_since is None
