"""The open upload: its page and its text beside it, corrected, read again, deleted."""

import pytest
from playwright.sync_api import expect

from core.uploads.models import Upload
from tests.e2e import scans
from tests.e2e.conftest import Visitor
from tests.e2e.desk import at_uploads, drop, growing, read, row, send, status
from tests.support.waiting import wait_until

pytestmark = pytest.mark.xdist_group("browser")


def test_the_page_that_is_read_is_shown_beside_its_text(visitor: Visitor, user, tmp_path) -> None:
    page = at_uploads(visitor, user)
    send(page, scans.saved(tmp_path, "two.pdf", scans.pdf(2, lines=3)))
    row(page, "two.pdf").click()
    status(page, "Ready")
    picture = page.locator("#page-image")

    page.reload()
    expect(page.locator("#page-number")).to_have_text("1 / 2")
    page.get_by_role("button", name="Next page").click()

    expect(picture).to_have_attribute("alt", "Page 2 of two.pdf")
    wait_until(lambda: picture.evaluate("image => image.complete && image.naturalWidth") == 1000)


def test_a_reading_is_cancelled_and_begun_again_with_other_options(visitor: Visitor, user) -> None:
    page = at_uploads(visitor, user)
    drop(page, "book.pdf", scans.pdf(6), "application/pdf")
    row(page, "book.pdf").click()
    growing(page)

    page.get_by_role("button", name="Cancel").click()
    status(page, "Cancelled")
    expect(page.locator("#sheet-note")).to_have_text("The reading was cancelled.")
    expect(page.locator("#sheet-error")).to_be_hidden()
    expect(page.locator("#sheet-facts")).to_contain_text("6 pages")
    page.get_by_role("button", name="Read it…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Language").select_option("fra")
    dialog.get_by_label("Plain text as").select_option("paragraph")
    dialog.get_by_role("button", name="Read again").click()

    expect(page.locator("#sheet-status")).not_to_have_text("Cancelled")
    growing(page)
    status(page, "Ready")
    upload = Upload.objects.get()
    assert (upload.language_hint, upload.output_format) == ("fra", "paragraph")
    assert not upload.auto_language_detection


def test_what_a_cancelled_reading_had_read_stays_in_sight(visitor: Visitor, user) -> None:
    page = at_uploads(visitor, user)
    drop(page, "book.pdf", scans.pdf(6), "application/pdf")
    row(page, "book.pdf").click()
    growing(page)
    before = page.locator("#text").input_value()
    assert before

    page.get_by_role("button", name="Cancel").click()
    status(page, "Cancelled")

    expect(page.locator("#text-note")).to_have_text(
        "Read until it was cancelled. This is not saved."
    )
    assert page.locator("#text").input_value().startswith(before)
    expect(row(page, "book.pdf")).to_contain_text("The reading was cancelled.")
    assert page.locator(".wrong:visible, [data-tone=bad]:visible").count() == 0


def test_turning_a_page_brings_its_text_to_the_top(visitor: Visitor, user) -> None:
    page = at_uploads(visitor, user)
    drop(page, "book.pdf", scans.pdf(4), "application/pdf")
    row(page, "book.pdf").click()
    status(page, "Ready")
    page.reload()
    status(page, "Ready")
    text = page.locator("#text")
    expect(text).to_have_value(Upload.objects.get().raw_text)
    tops = []
    for _ in range(3):
        page.get_by_role("button", name="Next page").click()
        tops.append(text.evaluate("area => area.scrollTop"))
    # The pages have as many lines each, so that each turn moves the text by as much.
    assert 0 < tops[0] < tops[1] < tops[2] <= text.evaluate("area => area.scrollHeight")
    assert abs((tops[1] - tops[0]) - tops[0]) < 0.2 * tops[0]

    page.get_by_role("button", name="Previous page").click()
    assert text.evaluate("area => area.scrollTop") == tops[1]
    assert page.locator("textarea").count() == 1


def test_the_picture_of_a_page_is_enlarged_and_made_to_fit(
    visitor: Visitor, user, tmp_path
) -> None:
    page = at_uploads(visitor, user)
    read(page, tmp_path)
    picture = page.locator("#page-image")
    wait_until(lambda: picture.evaluate("image => image.complete && image.naturalWidth") == 1000)
    width = "image => image.clientWidth"
    fitting = picture.evaluate(width)
    assert fitting < 600

    picture.click(position={"x": fitting - 20, "y": 300})
    assert picture.evaluate(width) == 1000
    assert page.locator("#page-frame").evaluate("frame => frame.scrollLeft") > 0
    page.locator("#zoom").press("Enter")
    assert picture.evaluate(width) == fitting


def test_a_correction_is_saved_and_one_more_is_thrown_away(
    visitor: Visitor, user, tmp_path
) -> None:
    page = at_uploads(visitor, user)
    read(page, tmp_path)
    text = page.get_by_label("Recognised text")

    text.fill("Corrected by hand.")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#text-note")).to_have_text("You can correct the text here.")
    text.fill("A slip")
    page.get_by_role("button", name="Discard").click()

    expect(text).to_have_value("Corrected by hand.")
    page.reload()
    expect(text).to_have_value("Corrected by hand.")
    assert Upload.objects.get().raw_text == "Corrected by hand."


def test_a_correction_under_way_survives_a_change_of_the_same_text_elsewhere(
    visitor: Visitor, user, tmp_path
) -> None:
    page = at_uploads(visitor, user)
    read(page, tmp_path)
    page.get_by_label("Recognised text").fill("My own words")
    other = visitor.another_tab()
    other.goto(page.url)
    other.get_by_label("Recognised text").fill("Theirs")
    other.get_by_role("button", name="Save").click()
    expect(other.locator("#save")).to_be_hidden()

    page.get_by_label("Plain", exact=True).check()
    page.get_by_label("Markdown", exact=True).check()

    expect(page.get_by_label("Recognised text")).to_have_value("My own words")
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_label("Recognised text")).to_have_value("Theirs")


def test_a_file_is_deleted_only_after_a_question(visitor: Visitor, user, tmp_path) -> None:
    page = at_uploads(visitor, user)
    other = visitor.another_tab()
    read(page, tmp_path)
    other.goto(page.url)
    expect(other.locator("#sheet")).to_be_visible()

    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("button", name="Keep it").click()
    expect(row(page, "scan.png")).to_be_visible()
    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("button", name="Delete", exact=True).click()

    for tab in (page, other):
        expect(tab.locator("#list .row")).to_have_count(0)
        expect(tab.locator("#sheet")).to_be_hidden()
    assert Upload.objects.get().is_deleted


def test_the_text_is_downloaded(visitor: Visitor, user, tmp_path) -> None:
    page = at_uploads(visitor, user)
    read(page, tmp_path)

    with page.expect_download() as started:
        page.get_by_role("link", name="Markdown").click()

    assert started.value.suggested_filename == "scan.md"
    assert started.value.path().read_text() == Upload.objects.get().raw_text
