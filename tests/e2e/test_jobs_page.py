"""The page of jobs, watched while jobs move."""

import re

import pytest
from playwright.sync_api import Page, expect

from core.jobs.events import announce
from core.jobs.lifecycle import enqueue
from core.kinds.selftest import Selftest
from tests.e2e.conftest import Visitor
from tests.support.waiting import wait_until

pytestmark = pytest.mark.xdist_group("browser")


def begin(owner, **params):
    asked = {"duration_s": 0, "stages": 1, "behaviour": "ok", "subprocess": False, **params}
    return enqueue(Selftest, owner=owner, params=asked)


def card(page: Page, job):
    return page.locator(f"#job-{job.pk}")


def test_a_newcomer_is_told_what_to_do_first(visitor: Visitor, user) -> None:
    page = visitor.sign_in(user.email)

    expect(page.get_by_text("Nothing has been done yet")).to_be_visible()
    page.get_by_role("link", name="Upload a file").click()
    expect(page).to_have_url(visitor.url + "/uploads/")


def test_a_job_that_starts_elsewhere_appears_moves_and_ends_by_itself(
    visitor: Visitor, user
) -> None:
    page = visitor.sign_in(user.email)
    expect(page.locator("html")).to_have_attribute("data-connection", "open")

    job = begin(user, duration_s=3, stages=2)

    expect(page.locator("#live")).to_contain_text("Test job")
    seen = set()
    wait_until(lambda: seen.add(card(page, job).locator("progress").get_attribute("value"))
               or len(seen) > 3)  # fmt: skip
    expect(page.locator("#done").locator(f"#job-{job.pk}")).to_contain_text("Done")
    expect(page.get_by_text("Nothing is under way.")).to_be_visible()
    expect(page.locator("#said")).to_have_text("Test job, that succeeds, Done")


def test_jobs_that_appear_are_told_apart(visitor: Visitor, user) -> None:
    page = visitor.sign_in(user.email)
    expect(page.locator("html")).to_have_attribute("data-connection", "open")

    slow, bad = begin(user, duration_s=600), begin(user, behaviour="fail", stages=2)

    expect(card(page, slow)).to_contain_text("that succeeds")
    expect(card(page, bad)).to_contain_text("that fails")
    expect(card(page, bad)).to_contain_text("Stage 2 of 2: stage 2")
    card(page, slow).get_by_role("button", name="Cancel").click()
    expect(page.locator("#done")).to_contain_text("Cancelled")


def test_a_job_is_cancelled_and_tried_again_by_its_buttons(visitor: Visitor, user) -> None:
    job = begin(user, duration_s=600)
    page = visitor.sign_in(user.email)

    expect(card(page, job)).to_contain_text("Running")
    card(page, job).get_by_role("button", name="Cancel").click()
    expect(page.locator("#done")).to_contain_text("Cancelled")
    card(page, job).get_by_role("button", name="Try again").click()
    expect(page.locator("#live").locator(f"#job-{job.pk}")).to_contain_text("Running")
    card(page, job).get_by_role("button", name="Cancel").click()
    expect(page.locator("#done")).to_contain_text("Cancelled")


def test_a_failed_job_says_why(visitor: Visitor, user) -> None:
    job = begin(user, behaviour="fail")

    page = visitor.sign_in(user.email)

    expect(card(page, job)).to_contain_text("The self-test failed, as it was asked to.")


def test_staff_send_a_test_job(visitor: Visitor, staff) -> None:
    page = visitor.sign_in(staff.email)

    page.get_by_label("How the test job ends").select_option("fail")
    page.get_by_role("button", name="Send a test job").click()

    expect(page.locator("#live")).to_contain_text("Test job")
    expect(page.get_by_role("link", name="Admin")).to_be_visible()
    page.locator("#live").get_by_role("button", name="Cancel").click()
    expect(page.locator("#done")).to_contain_text("Cancelled")


def test_older_jobs_come_page_by_page(visitor: Visitor, user) -> None:
    jobs = [begin(user) for _ in range(14)]
    wait_until(lambda: all(not unfinished(job) for job in jobs))
    page = visitor.sign_in(user.email)
    expect(page.locator("#done .job")).to_have_count(12)

    page.get_by_role("button", name="Load more").click()

    expect(page.locator("#done .job")).to_have_count(14)
    expect(page.get_by_role("button", name="Load more")).to_have_count(0)


def test_an_older_job_that_is_told_of_again_waits_for_its_page(visitor: Visitor, user) -> None:
    jobs = [begin(user) for _ in range(13)]
    wait_until(lambda: all(not unfinished(job) for job in jobs))
    page = visitor.sign_in(user.email)
    expect(page.locator("html")).to_have_attribute("data-connection", "open")
    expect(page.locator("#done .job")).to_have_count(12)

    announce(jobs[0])  # The server does so by itself, every so often (core/jobs/consumers.py).
    last = begin(user)

    expect(page.locator("#done").locator(f"#job-{last.pk}")).to_be_visible()
    expect(card(page, jobs[0])).to_have_count(0)
    page.get_by_role("button", name="Load more").click()
    expect(page.locator("#done .job").last).to_have_id(f"job-{jobs[0].pk}")
    expect(page.locator("#done .job")).to_have_count(14)


def unfinished(job) -> bool:
    job.refresh_from_db()
    return not job.is_finished


def test_a_server_that_goes_away_is_said_so_and_the_page_recovers(
    visitor: Visitor, user, platform
) -> None:
    visitor.may_lose_the_network = True
    job = begin(user, duration_s=4)
    page = visitor.sign_in(user.email)
    expect(card(page, job)).to_contain_text("Running")

    platform.web.kill()
    expect(page.locator("#connection")).to_contain_text("The server cannot be reached.")
    wait_until(lambda: not unfinished(job))
    assert platform.url  # starts the server again, on the same port

    expect(page.locator("#done").locator(f"#job-{job.pk}")).to_contain_text("Done")
    expect(page.locator("html")).to_have_attribute("data-connection", "open")
    expect(page.locator("#connection")).to_be_empty()


def test_without_sockets_the_page_goes_on_by_asking(visitor: Visitor, user) -> None:
    visitor.may_lose_the_network = True
    visitor.page.route_web_socket(re.compile("/ws/"), lambda socket: socket.close())
    page = visitor.sign_in(user.email)

    job = begin(user)

    expect(page.locator("#connection")).to_contain_text("Live updates are interrupted.")
    expect(page.locator("#done").locator(f"#job-{job.pk}")).to_contain_text("Done")
