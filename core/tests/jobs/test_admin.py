"""Jobs in the admin: who may see and do what, and what the pages show."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from core.jobs import lifecycle
from core.jobs.holding import Holding
from core.jobs.models import Job
from core.tests.jobs.conftest import fresh, take
from tests.support.fixtures import make_account

LIST = "/admin/core/job/"


@pytest.fixture
def desk(client, staff):
    """Return a browser that is logged in as an administrator."""
    client.force_login(staff)
    return client


@pytest.fixture
def onlooker(client):
    """Return the browser of somebody of the staff who may only look."""
    account = make_account("look@example.org", role="admin", is_superuser=False)
    account.user_permissions.add(Permission.objects.get(codename="view_job"))
    client.force_login(account)
    return client


def page_of(job):
    return reverse("admin:core_job_change", args=[job.pk])


def act(browser, action, *jobs):
    chosen = {"action": action, "_selected_action": [str(job.pk) for job in jobs]}
    return browser.post(LIST, chosen, follow=True)


def test_a_user_who_is_not_staff_sees_nothing(client, user, job):
    client.force_login(user)
    assert client.get(LIST).status_code == 302
    assert client.post(f"{LIST}test/").status_code == 302
    assert Job.objects.count() == 1


@pytest.mark.parametrize("door", ["add/", "{pk}/delete/"])
def test_jobs_are_neither_added_nor_removed_by_hand(desk, job, door):
    assert desk.get(LIST + door.format(pk=job.pk)).status_code == 403
    assert desk.post(LIST + door.format(pk=job.pk), {"post": "yes"}).status_code == 403
    assert Job.objects.count() == 1


def test_a_job_is_not_edited_by_hand(desk, job):
    assert desk.post(page_of(job), {"status": "succeeded"}).status_code == 403
    assert fresh(job).revision == job.revision


@pytest.mark.parametrize("action", ["retry_jobs", "cancel_jobs", "delete_selected"])
def test_who_may_only_look_changes_nothing(onlooker, job, action):
    act(onlooker, action, job)
    assert (fresh(job).status, Job.objects.count()) == ("queued", 1)
    assert onlooker.post(f"{LIST}test/").status_code == 403
    assert "Send a test job" not in onlooker.get(LIST).content.decode()


def test_a_test_job_is_not_sent_by_a_mere_visit(desk):
    assert desk.get(f"{LIST}test/").status_code == 405
    assert not Job.objects.exists()


def test_the_list_shows_filters_and_finds_jobs(desk, job, make, other_user):
    theirs = make(owner=other_user)
    text = desk.get(LIST).content.decode()
    assert str(job.pk) in text
    assert "Send a test job" in text
    found = desk.get(f"{LIST}?q=grace").content.decode()
    assert str(theirs.pk) in found
    assert str(job.pk) not in found
    assert str(job.pk) in desk.get(f"{LIST}?kind=tests.plain").content.decode()
    assert str(job.pk) not in desk.get(f"{LIST}?kind=core.selftest").content.decode()
    lifecycle.cancel(theirs.pk)
    assert str(theirs.pk) not in desk.get(f"{LIST}?status__exact=queued").content.decode()


@pytest.mark.parametrize(
    "query", ["q=%00", "q='", "kind=%00", "kind=gone", "status__exact=%00", "o=99", "p=x", "e=1"]
)
def test_a_hostile_query_breaks_nothing(desk, job, query):
    assert desk.get(f"{LIST}?{query}").status_code in (200, 302, 400)


def test_chosen_jobs_are_cancelled_and_tried_again(desk, held, make):
    done = take(make())
    lifecycle.succeed(done, {})
    text = act(desk, "cancel_jobs", held, done).content.decode()
    assert "1 of 2 jobs cancelled." in text
    assert "finished already" in text
    assert (fresh(held).status, fresh(done).status) == ("cancelled", "succeeded")
    act(desk, "retry_jobs", held, done)
    assert (fresh(held).status, fresh(done).status) == ("queued", "succeeded")


def test_the_page_of_a_job_shows_its_attempts_and_their_logs(desk, held):
    mine = Holding(held, memory_limit_bytes=1)
    mine.log("<script>alert(1)</script>")
    mine.save_log()
    lifecycle.report(held, "second", 1, 0.5)
    text = desk.get(page_of(held)).content.decode()
    assert "2/2 second 50%" in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<script>alert(1)" not in text


def test_only_the_page_of_an_unfinished_job_reloads_itself(desk, held):
    reload = '<meta http-equiv="refresh" content="2">'
    assert reload in desk.get(page_of(held)).content.decode()
    lifecycle.succeed(held, {})
    assert reload not in desk.get(page_of(held)).content.decode()


def test_a_test_job_is_sent_and_shown(desk, staff, queues):
    response = desk.post(f"{LIST}test/")
    job = Job.objects.get()
    assert (job.kind, job.owner, response.url) == ("core.selftest", staff, page_of(job))
    assert queues.sent("default") == [str(job.pk)]
