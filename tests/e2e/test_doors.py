"""Coming in and going out, in a real browser."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Visitor
from tests.support.fixtures import PASSWORD

pytestmark = pytest.mark.xdist_group("browser")


def test_a_wrong_password_is_refused_in_words(visitor: Visitor, user) -> None:
    visitor.may_lose_the_network = True  # the browser notes the refusal
    page = visitor.goto("/login/")

    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("alert")).to_have_text("Invalid email or password.")
    expect(page.get_by_label("E-mail")).to_have_value(user.email)


def test_a_newcomer_signs_up_works_and_signs_out(visitor: Visitor) -> None:
    page = visitor.goto("/login/")
    page.get_by_role("link", name="Create one").click()
    page.get_by_label("E-mail").fill("new@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create the account").click()

    expect(page.get_by_text("Nothing has been done yet")).to_be_visible()
    page.get_by_role("link", name="Uploads").click()
    expect(page.locator("html")).to_have_attribute("data-connection", "open")
    page.get_by_role("button", name="Sign out").click()

    expect(page.get_by_text("You are signed out.")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_the_way_through_the_login_leads_to_the_page_that_was_asked_for(
    visitor: Visitor, user
) -> None:
    page = visitor.goto("/uploads/")
    expect(page.get_by_label("E-mail")).to_be_focused()

    page.keyboard.type(user.email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")

    expect(page).to_have_url(visitor.url + "/uploads/")
    expect(page.locator("#list-empty")).to_be_visible()
