"""The pages on a phone, and without a mouse."""

import pytest
from playwright.sync_api import Page, expect

from core.jobs.lifecycle import enqueue
from core.kinds.selftest import Selftest
from tests.e2e import scans
from tests.e2e.conftest import Visitor

pytestmark = pytest.mark.xdist_group("browser")
LONG = "a-file-with-a-name-that-is-much-longer-than-any-phone-is-wide-" * 3 + ".png"
TOO_WIDE = """() => [...document.querySelectorAll("body *")]
  .filter((element) => element.checkVisibility() && !element.closest(".out-of-sight, .skip"))
  .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
  .map((element) => element.outerHTML.slice(0, 80))"""


def check_width(page: Page) -> None:
    """Assert that nothing lies beyond the right edge and nothing scrolls sideways."""
    width = page.evaluate("() => document.documentElement.scrollWidth")
    assert (width, page.evaluate(TOO_WIDE)) == (page.viewport_size["width"], [])


@pytest.mark.parametrize("path", ["/login/", "/signup/", "/nowhere/"])
def test_signed_out_pages_fit_a_phone(phone: Visitor, path: str) -> None:
    phone.may_lose_the_network = True  # the browser notes the 404

    check_width(phone.goto(path))


def test_the_page_of_jobs_fits_a_phone(phone: Visitor, staff) -> None:
    asked = {"duration_s": 600, "stages": 3, "behaviour": "ok", "subprocess": False}
    job = enqueue(Selftest, owner=staff, params=asked)
    page = phone.sign_in(staff.email)

    expect(page.locator(f"#job-{job.pk}")).to_contain_text("Running")
    check_width(page)
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#done")).to_contain_text("Cancelled")
    check_width(page)


def test_the_page_of_the_account_fits_a_phone_and_is_reached_there(phone: Visitor, user) -> None:
    user.email = f"{'a-name-that-is-much-longer-than-any-phone-' * 3}@example.org"
    user.save()
    page = phone.sign_in(user.email)
    page.get_by_role("link", name="Account").click()
    expect(page.get_by_text("There are no tokens yet.")).to_be_visible()
    check_width(page)

    page.get_by_label("Name of the new token").fill("W" * 100)
    page.get_by_role("button", name="Make a token").click()
    expect(page.locator("#tokens .token")).to_have_count(1)

    check_width(page)


def test_a_file_is_sent_opened_and_closed_on_a_phone(phone: Visitor, user, tmp_path) -> None:
    phone.sign_in(user.email)
    page = phone.goto("/uploads/")
    page.locator("#files").set_input_files(scans.saved(tmp_path, LONG, scans.png()))

    expect(page.locator("#sheet-status")).to_have_text("Ready")
    expect(page.locator("#send")).to_be_hidden()
    check_width(page)
    page.get_by_role("link", name="All uploads").click()

    expect(page.locator("#send")).to_be_visible()
    expect(page.locator("#sheet")).to_be_hidden()
    expect(page.locator("#list .pill")).to_have_text("Ready")
    check_width(page)


def test_everything_is_reached_by_keyboard_and_shows_where_it_is(
    visitor: Visitor, user, tmp_path
) -> None:
    visitor.sign_in(user.email)
    page = visitor.goto("/uploads/")
    page.locator("#files").set_input_files(scans.saved(tmp_path, "scan.png", scans.png()))
    page.locator("#list .row").click()
    expect(page.locator("#sheet-status")).to_have_text("Ready")
    page.goto(page.url)
    expect(page.locator("#sheet-status")).to_have_text("Ready")

    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        name, is_outlined = page.evaluate(
            """() => {
              const element = document.activeElement;
              const marked = [element, element.closest(".drop, .switch, .skip")];
              const outlined = (one) => one && getComputedStyle(one).outlineStyle !== "none";
              return [element.id || element.className || element.textContent,
                      element === document.body || marked.some(outlined)];
            }"""
        )
        assert is_outlined, f"{name} does not show that it has the focus"
        reached.add(name.strip())

    assert {"files", "send-language", "search", "status", "row", "again", "delete", "text"} <= (
        reached
    )


def test_nobody_who_asked_for_calm_gets_motion(visitor: Visitor, user) -> None:
    visitor.page.emulate_media(reduced_motion="reduce")
    page = visitor.sign_in(user.email)

    moving = page.evaluate(
        """() => [...document.querySelectorAll("*")].filter((element) =>
             parseFloat(getComputedStyle(element).transitionDuration) > 0).length"""
    )

    assert moving == 0
