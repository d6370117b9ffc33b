"""The page of uploads: scans are sent, read, listed and found, whatever becomes of the line."""

import pytest
from playwright.sync_api import Route, expect

from core.uploads import services
from core.uploads.models import Upload
from tests.e2e import scans
from tests.e2e.conftest import Visitor
from tests.e2e.desk import (
    at_uploads,
    drop,
    growing,
    hold_back,
    overtaken,
    read,
    row,
    send,
    slow_down,
    status,
)
from tests.support.waiting import wait_until

pytestmark = pytest.mark.xdist_group("browser")


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


def test_several_files_are_sent_at_once(visitor: Visitor, user, tmp_path) -> None:
    page = at_uploads(visitor, user)
    paths = [scans.saved(tmp_path, f"scan {n}.png", scans.png(lines=1, seed=n)) for n in range(4)]

    send(page, *paths)

    expect(page.locator("#list .row")).to_have_count(4)
    expect(page.locator("#list .pill[data-tone=good]")).to_have_count(4)
    expect(page.locator("#sending li")).to_have_count(0)


def test_a_sending_that_is_stopped_makes_room_for_the_next(
    visitor: Visitor, user, tmp_path
) -> None:
    page = at_uploads(visitor, user)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/v1/tus/", hold)
    paths = [scans.saved(tmp_path, f"scan {n}.png", scans.png(lines=1, seed=n)) for n in range(3)]
    send(page, *paths)
    expect(page.locator("#sending")).to_contain_text("Waiting to be sent")

    for name in ("scan 0.png", "scan 1.png"):
        sending = page.locator("#sending li").filter(has_text=name)
        sending.get_by_role("button", name="Stop").click()
    wait_until(lambda: page.evaluate("true") and len(held) == 3)
    held[2].continue_()

    expect(row(page, "scan 2.png")).to_have_count(1)
    expect(page.locator("#sending li")).to_have_count(0)
    assert Upload.objects.count() == 1


def test_a_file_that_is_chosen_before_the_scripts_have_come_is_sent(
    visitor: Visitor, user, tmp_path
) -> None:
    page = visitor.sign_in(user.email)
    release = hold_back(page, "/js/uploads[.]")
    page.goto(visitor.url + "/uploads/", wait_until="commit")

    send(page, scans.saved(tmp_path, "scan.png", scans.png()))
    release()

    row(page, "scan.png").click()
    status(page, "Ready")


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


def test_a_sending_is_paused_and_goes_on_after_a_reload_where_it_was(
    visitor: Visitor, user, tmp_path
) -> None:
    visitor.may_lose_the_network = True  # what is paused ends a request
    page = at_uploads(visitor, user)
    slow_down(page)
    file = scans.saved(tmp_path, "long.png", scans.png(lines=1) + bytes(2_000_000))
    page.locator("#send-language").select_option("eng")
    send(page, file)
    bar = page.locator("#sending progress")
    wait_until(lambda: float(bar.get_attribute("value") or 0) > 0.3)
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#sending")).to_contain_text("Paused")
    page.on("dialog", lambda asked: asked.accept())  # a page that still sends asks

    page.reload()
    expect(page.locator("#unfinished")).to_contain_text("long.png")
    asked: list[tuple[str, dict[str, str]]] = []
    page.on("request", lambda request: asked.append((request.method, request.headers)))
    send(page, file)

    expect(row(page, "long.png").locator(".pill")).to_have_text("Ready")
    expect(page.locator("#sending li")).to_have_count(0)
    offsets = [headers["upload-offset"] for method, headers in asked if method == "PATCH"]
    assert int(offsets[0]) > 0
    upload = Upload.objects.get()
    assert (upload.size_bytes, upload.language_hint) == (file.stat().st_size, "eng")


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


def test_a_file_that_has_gone_does_not_come_back_with_a_late_answer(
    visitor: Visitor, user, tmp_path
) -> None:
    page = at_uploads(visitor, user)
    send(page, scans.saved(tmp_path, "first.png", scans.png("First", lines=1)))
    expect(page.locator("#list .pill[data-tone=good]")).to_have_count(1)
    first = Upload.objects.get()
    second = Upload(owner=user, filename="second.png", image_hash="2" * 64, size_bytes=1)
    Upload.objects.bulk_create([second])  # nobody tells of it: it comes with the answer
    search = page.get_by_label("Search in texts and names")

    with overtaken(page, r"/uploads/\?", lambda: search.fill(" ")):
        services.delete_upload(owner=user, upload_id=first.pk)
        expect(row(page, "first.png")).to_have_count(0)

    expect(row(page, "second.png")).to_be_visible()
    expect(page.locator("#list .row")).to_have_count(1)


def test_a_line_that_is_cut_is_said_so_and_nothing_stays_unfinished(visitor: Visitor, user) -> None:
    visitor.may_lose_the_network = True
    page = at_uploads(visitor, user)
    drop(page, "book.pdf", scans.pdf(4), "application/pdf")
    row(page, "book.pdf").click()
    growing(page)

    visitor.context.set_offline(True)
    expect(page.locator("#connection")).to_contain_text("The server cannot be reached.")
    wait_until(lambda: Upload.objects.get().raw_text)
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
