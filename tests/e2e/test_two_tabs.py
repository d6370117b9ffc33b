"""Two tabs of one browser: they agree on who is signed in, and on whose files are unfinished."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Visitor
from tests.support.fixtures import PASSWORD
from tests.support.waiting import wait_until

pytestmark = pytest.mark.xdist_group("browser")
KEYS = "() => Object.keys(localStorage).filter((key) => key.startsWith('tus::'))"


@pytest.fixture
def tabs(visitor: Visitor, user) -> tuple[Page, Page]:
    """Return a tab on the page of one's account, and a live one on the page of uploads."""
    visitor.may_lose_the_network = True
    visitor.sign_in(user.email)
    other = visitor.another_tab()
    other.goto(visitor.url + "/uploads/")
    expect(other.locator("html")).to_have_attribute("data-connection", "open")
    return visitor.goto("/account/"), other


def leave_unfinished(page: Page) -> None:
    """Begin an upload whose bytes never arrive."""
    page.route("**/api/v1/tus/*-*/", lambda route: route.abort())
    page.locator("#files").set_input_files(
        {"name": "secret plans.png", "mimeType": "image/png", "buffer": b"x" * 1000}
    )
    wait_until(lambda: page.evaluate(KEYS))


def come_in(page: Page, email: str) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_signing_out_in_one_tab_is_said_in_the_other(tabs, visitor: Visitor) -> None:
    page, other = tabs

    page.get_by_role("button", name="Sign out", exact=True).click()

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(other.locator("#connection")).to_contain_text("Your session has ended.")
    other.get_by_role("link", name="Sign in again").click()
    expect(other).to_have_url(visitor.url + "/login/?next=%2Fuploads%2F")


def test_a_tab_that_is_left_behind_sends_nothing_more(tabs, visitor, other_user) -> None:
    page, other = tabs
    leave_unfinished(other)
    visitor.context.clear_cookies()
    page.goto(visitor.url + "/login/")

    come_in(page, other_user.email)

    expect(other.locator("#connection")).to_contain_text("Your session has ended.")
    expect(other.locator("#sending")).to_contain_text("Broken off.")
    expect(other.get_by_role("button", name="Go on")).to_have_count(0)
    expect(other.get_by_role("button", name="Pause")).to_have_count(0)


def test_unfinished_uploads_are_told_to_nobody_else_and_forgotten_at_the_end(
    tabs, visitor, user, other_user
) -> None:
    page, other = tabs
    leave_unfinished(other)
    visitor.context.clear_cookies()
    page.goto(visitor.url + "/login/?next=/uploads/")
    come_in(page, other_user.email)
    expect(page.locator("#list-empty")).to_be_visible()

    expect(page.locator("#unfinished")).to_be_hidden()
    visitor.context.clear_cookies()
    page.goto(visitor.url + "/login/?next=/uploads/")
    come_in(page, user.email)
    expect(page.locator("#unfinished")).to_contain_text("secret plans.png")
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.evaluate(KEYS) == []
