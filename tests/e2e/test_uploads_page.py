"""The page of uploads: a scan is dropped, its text grows, is corrected, and goes."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from core.uploads.models import Upload
from tests.e2e import scans
from tests.e2e.conftest import Visitor
from tests.support.waiting import wait_until

pytestmark = pytest.mark.xdist_group("browser")

DROP = """(target, [name, type, base64]) => {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], name, { type }));
  for (const kind of ["dragover", "drop"]) {
    target.dispatchEvent(new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }));
  }
}"""


def drop(page: Page, name: str, content: bytes, media_type: str) -> None:
    """Drop a file anywhere on the page, as a hand with a mouse would."""
    from base64 import b64encode

    data = [name, media_type, b64encode(content).decode()]
    page.locator(".drop").evaluate(DROP, data)


def row(page: Page, name: str) -> Locator:
    return page.locator("#list .row").filter(has_text=name)


def status(page: Page, word: str) -> None:
    expect(page.locator("#sheet-status")).to_have_text(word)


def at_uploads(visitor: Visitor, user) -> Page:
    visitor.sign_in(user.email)
    page = visitor.goto("/uploads/")
    expect(page.locator("html")).to_have_attribute("data-connection", "open")
    return page


def send(page: Page, *paths: Path) -> None:
    page.locator("#files").set_input_files([str(path) for path in paths])


def growing(page: Page) -> set[int]:
    """Watch the open upload until two lengths of its text were seen while it was read."""
    lengths: set[int] = set()

    def look() -> bool:
        word, text = page.evaluate(
            "[document.getElementById('sheet-status').textContent,"
            " document.getElementById('text').value]"
        )
        assert word in ("", "Waiting", "Reading"), f"{word} before two lengths were seen: {lengths}"
        lengths.add(len(text))
        return len(lengths - {0}) >= 2

    wait_until(look, timeout_s=60, every_s=0.02)
    return lengths


def read(page: Page, tmp_path: Path, name: str = "scan.png", **scan) -> None:
    """Send one short scan, open it, and wait for its text."""
    send(page, scans.saved(tmp_path, name, scans.png(**scan)))
    row(page, name).click()
    status(page, "Ready")


def test_with_no_file_yet_the_page_says_what_to_do(visitor: Visitor, user) -> None:
    page = at_uploads(visitor, user)

    expect(page.locator("#list-empty")).to_contain_text("Drop a scan above to begin.")
    expect(page.locator("#send-language")).to_contain_text("English")


def test_the_text_of_a_dropped_scan_grows_while_it_is_read(visitor: Visitor, user) -> None:
    page = at_uploads(visitor, user)

    drop(page, "book.pdf", scans.pdf(4), "application/pdf")
    row(page, "book.pdf").click()
    growing(page)

    status(page, "Ready")
    expect(page.locator("#text")).to_have_value(Upload.objects.get().raw_text)
    expect(page.locator("#sheet-facts")).to_contain_text("4 pages")
    expect(page.locator("#said")).to_contain_text("book.pdf: the text is complete.")


def test_a_reload_in_the_middle_goes_on_to_the_end(visitor: Visitor, user) -> None:
    page = at_uploads(visitor, user)
    drop(page, "book.pdf", scans.pdf(6), "application/pdf")
    row(page, "book.pdf").click()
    growing(page)

    page.reload()

    growing(page)
    status(page, "Ready")
    text = Upload.objects.get().raw_text
    assert text.count("\n---\n") == 5
    expect(page.locator("#text")).to_have_value(text)


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


def test_several_files_are_sent_at_once(visitor: Visitor, user, tmp_path) -> None:
    page = at_uploads(visitor, user)
    paths = [scans.saved(tmp_path, f"scan {n}.png", scans.png(lines=1, seed=n)) for n in range(4)]

    send(page, *paths)

    expect(page.locator("#list .row")).to_have_count(4)
    expect(page.locator("#list .pill[data-tone=good]")).to_have_count(4)
    expect(page.locator("#sending li")).to_have_count(0)


def test_the_same_file_again_is_shown_as_such(visitor: Visitor, user, tmp_path) -> None:
    page = at_uploads(visitor, user)
    read(page, tmp_path)
    page.goto(visitor.url + "/uploads/")

    send(page, tmp_path / "scan.png")

    expect(page.locator("#sending")).to_contain_text("You have this file already")
    expect(page.locator("#list .row")).to_have_count(1)
    page.get_by_role("link", name="Show it").click()
    expect(page.locator("#sheet-name")).to_have_text("scan.png")
    expect(page.locator("#sending li")).to_have_count(0)


@pytest.mark.parametrize(
    ("name", "content"), [("notes.png", b"only words"), ("empty.png", b""), ("x.svg", b"<svg/>")]
)
def test_what_cannot_be_read_is_refused_in_plain_words(
    visitor: Visitor, user, tmp_path, name: str, content: bytes
) -> None:
    visitor.may_lose_the_network = True  # the browser notes every refusal
    page = at_uploads(visitor, user)

    send(page, scans.saved(tmp_path, name, content))

    refusal = page.locator("#sending [data-tone=bad]")
    expect(refusal).not_to_be_empty()
    assert "{" not in refusal.inner_text()
    assert "image_file" not in refusal.inner_text()
    page.get_by_role("button", name="Dismiss").click()
    expect(page.locator("#sending li")).to_have_count(0)
    assert not Upload.objects.exists()


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


def test_however_many_files_are_refused_the_list_stays_in_sight(
    visitor: Visitor, user, tmp_path
) -> None:
    visitor.may_lose_the_network = True  # the browser notes every refusal
    page = at_uploads(visitor, user)
    read(page, tmp_path)
    page.goto(visitor.url + "/uploads/")

    send(page, *[scans.saved(tmp_path, f"{n}.png", b"only words") for n in range(12)])

    expect(page.locator("#sending [data-tone=bad]")).to_have_count(12)
    expect(row(page, "scan.png")).to_be_in_viewport()


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


def test_texts_and_names_are_searched_and_listed_by_status(
    visitor: Visitor, user, tmp_path
) -> None:
    page = at_uploads(visitor, user)
    for name, title in (("one.png", "Giraffe"), ("two.png", "Walrus")):
        send(page, scans.saved(tmp_path, name, scans.png(title, lines=1)))
    expect(page.locator("#list .pill[data-tone=good]")).to_have_count(2)

    page.get_by_label("Search in texts and names").fill("wALrus")
    expect(page.locator("#list .row")).to_have_count(1)
    expect(row(page, "two.png")).to_be_visible()
    page.get_by_label("Search in texts and names").fill("ONE.p")
    expect(row(page, "one.png")).to_be_visible()
    expect(page.locator("#list .row")).to_have_count(1)
    page.get_by_label("Status").select_option("error")
    expect(page.locator("#list-empty")).to_have_text("No file fits the search.")
    page.get_by_label("Search in texts and names").fill("")
    page.get_by_label("Status").select_option("")
    expect(page.locator("#list .row")).to_have_count(2)


def test_the_text_is_downloaded(visitor: Visitor, user, tmp_path) -> None:
    page = at_uploads(visitor, user)
    read(page, tmp_path)

    with page.expect_download() as started:
        page.get_by_role("link", name="Markdown").click()

    assert started.value.suggested_filename == "scan.md"
    assert started.value.path().read_text() == Upload.objects.get().raw_text


def test_a_line_that_is_cut_is_said_so_and_nothing_stays_unfinished(visitor: Visitor, user) -> None:
    visitor.may_lose_the_network = True
    page = at_uploads(visitor, user)
    drop(page, "book.pdf", scans.pdf(4), "application/pdf")
    row(page, "book.pdf").click()
    growing(page)

    visitor.context.set_offline(True)
    expect(page.locator("#connection")).to_contain_text("The server cannot be reached.")
    wait_until(lambda: Upload.objects.get().raw_text, timeout_s=60)
    status(page, "Reading")
    visitor.context.set_offline(False)

    status(page, "Ready")
    expect(page.locator("#text")).to_have_value(Upload.objects.get().raw_text)
    expect(page.locator("#connection")).to_be_empty()


def test_a_server_that_is_restarted_is_said_so_and_the_reading_is_followed_to_its_end(
    visitor: Visitor, user, platform
) -> None:
    visitor.may_lose_the_network = True
    page = at_uploads(visitor, user)
    drop(page, "book.pdf", scans.pdf(4), "application/pdf")
    row(page, "book.pdf").click()
    growing(page)

    platform.web.kill()
    expect(page.locator("#connection")).to_contain_text("The server cannot be reached.")
    assert platform.url  # starts the server again, on the same port

    status(page, "Ready")
    expect(page.locator("#text")).to_have_value(Upload.objects.get().raw_text)
    expect(row(page, "book.pdf").locator(".pill")).to_have_text("Ready")
    expect(page.locator("#connection")).to_be_empty()


def test_markup_in_names_and_texts_stays_text(visitor: Visitor, user, tmp_path) -> None:
    page = at_uploads(visitor, user)
    attack = "<img src=x onerror=document.title='owned'>"
    read(page, tmp_path, f"{attack}.png", title=attack, lines=1)
    Upload.objects.update(raw_text=f"<script>document.title='owned'</script>{attack}")

    page.reload()

    expect(page.locator("#text")).to_have_value(Upload.objects.get().raw_text)
    expect(page.locator("#sheet-name")).to_have_text(f"{attack}.png")
    visitor.goto("/")
    expect(page.locator("#done")).to_contain_text(attack)
    assert page.locator("img[src=x]").count() == 0
    assert "owned" not in page.title()


def test_other_peoples_uploads_are_not_to_be_opened(
    visitor: Visitor, user, other_user, tmp_path
) -> None:
    visitor.may_lose_the_network = True
    page = at_uploads(visitor, user)
    read(page, tmp_path)
    address = page.url
    page.goto(visitor.url + "/logout/")
    page.get_by_role("button", name="Sign out").last.click()

    visitor.sign_in(other_user.email)
    page.goto(address)

    expect(page.locator("#list-empty")).to_be_visible()
    expect(page.locator("#sheet")).to_be_hidden()
    expect(page).to_have_url(visitor.url + "/uploads/#")


def test_a_session_that_ends_is_said_so(visitor: Visitor, user) -> None:
    from core.accounts.services import revoke_sessions

    visitor.may_lose_the_network = True
    page = at_uploads(visitor, user)

    revoke_sessions(user)

    expect(page.locator("#connection")).to_contain_text("Your session has ended.")
    page.get_by_role("link", name="Sign in again").click()
    expect(page).to_have_url(visitor.url + "/login/?next=%2Fuploads%2F")
