"""The list of videos in a real browser: sending, live states, what may go wrong."""

import re
import struct
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Visitor
from tests.e2e.desk import overtaken, slow_down
from tests.e2e.test_widths import check_width
from tests.support.clips import clip
from tests.support.waiting import wait_until
from transcode.models import Video, VideoState
from transcode.tests.factories import make_job, make_video
from transcode.tests.pages.watching import at_videos, card, live, published, send, state
from transcode.videos import services

pytestmark = pytest.mark.xdist_group("browser-videos")
HOSTILE = '<img src=x onerror="document.title=1"><b>bold</b>'
PADDING_BYTES = 3_000_000


def padded(folder: Path, name: str = "holiday.mp4") -> Path:
    """Return a clip that plays, with a box at its end that nobody reads: it is long to send."""
    path = folder / name
    box = struct.pack(">I4s", PADDING_BYTES, b"free")
    path.write_bytes(clip("landscape").read_bytes() + box + bytes(PADDING_BYTES - len(box)))
    return path


def sent_share(page) -> float:
    return float(page.locator("#sending progress").first.get_attribute("value") or 0)


def test_a_file_that_is_no_video_is_refused_in_words_and_leaves_nothing(
    visitor: Visitor, user, tmp_path
) -> None:
    visitor.may_lose_the_network = True  # the browser notes each refusal
    page = at_videos(visitor, user)
    (tmp_path / "notes.mp4").write_bytes(b"only words " * 500)
    (tmp_path / "list.m3u8").write_bytes(b"#EXTM3U\nfile:///etc/passwd\n")

    send(page, tmp_path / "notes.mp4", tmp_path / "list.m3u8")

    refusals = page.locator("#sending [data-tone='bad']")
    expect(refusals).to_have_count(2)
    assert all(len(text) > 10 for text in refusals.all_text_contents())
    expect(page.locator("#list .video")).to_have_count(0)
    wait_until(lambda: not Video.objects.exists())
    page.get_by_role("button", name="Dismiss").first.click()
    expect(page.locator("#sending li")).to_have_count(1)


def test_a_video_whose_name_is_markup_is_shown_as_words(visitor: Visitor, user) -> None:
    make_video(user, name=HOSTILE, state=VideoState.TRANSCODING_FAILED, error=HOSTILE)
    page = at_videos(visitor, user)

    expect(card(page, HOSTILE)).to_contain_text("Failed")
    page.locator(".video-link").click()

    expect(page.locator("#video-name")).to_have_text(HOSTILE)
    expect(page.locator("#video-error")).to_have_text(HOSTILE)
    assert page.title() == f"{HOSTILE} · Medialoom"
    assert page.locator("main b:visible, main img[src='x']").count() == 0


def test_a_newcomer_is_told_what_to_do(visitor: Visitor, user) -> None:
    page = at_videos(visitor, user)

    expect(page.get_by_text("No videos yet.")).to_be_visible()
    expect(page.get_by_role("link", name="Videos", exact=True)).to_have_attribute(
        "aria-current", "page"
    )


def test_a_video_is_sent_appears_by_itself_and_becomes_ready(visitor: Visitor, user) -> None:
    page = at_videos(visitor, user)

    send(page, clip("landscape"))

    expect(card(page, "landscape")).to_be_visible()
    expect(card(page, "landscape")).to_contain_text("Ready")
    expect(card(page, "landscape")).to_contain_text("640 × 360")
    expect(page.locator("#said")).to_have_text("landscape: Ready")
    expect(page.locator("#sending li")).to_have_count(0)
    picture = card(page, "landscape").locator("img")
    wait_until(lambda: picture.evaluate("(image) => image.complete && image.naturalWidth"))


def test_a_sending_is_paused_and_goes_on_where_it_was(visitor: Visitor, user, tmp_path) -> None:
    visitor.may_lose_the_network = True
    page = at_videos(visitor, user)
    slow_down(page)
    send(page, padded(tmp_path))
    wait_until(lambda: sent_share(page) > 0.15)

    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#sending")).to_contain_text("Paused")
    before = sent_share(page)
    page.get_by_role("button", name="Go on").click()
    wait_until(lambda: sent_share(page) > before)

    video = wait_until(Video.objects.first)
    assert not video.source_name
    expect(page.locator("#sending li")).to_have_count(0)
    assert published(video).size_bytes == padded(tmp_path).stat().st_size


def test_after_a_reload_the_same_file_goes_on_where_it_broke_off(
    visitor: Visitor, user, tmp_path
) -> None:
    visitor.may_lose_the_network = True
    page = at_videos(visitor, user)
    slow_down(page)
    file = padded(tmp_path)
    send(page, file)
    wait_until(lambda: sent_share(page) > 0.3)
    page.on("dialog", lambda asked: asked.accept())  # a page that still sends asks

    page.reload()
    live(page)
    expect(page.locator("#unfinished")).to_contain_text("holiday.mp4")
    asked = []
    page.on("request", lambda request: asked.append((request.method, request.headers)))
    send(page, file)

    expect(page.locator("#sending")).to_contain_text("Sent.")
    offsets = [int(headers["upload-offset"]) for method, headers in asked if method == "PATCH"]
    assert offsets[0] > 0
    assert not any(method == "POST" and "upload-length" in headers for method, headers in asked)
    assert Video.objects.count() == 1


def test_a_sending_that_is_stopped_takes_its_video_along(visitor: Visitor, user, tmp_path) -> None:
    visitor.may_lose_the_network = True
    page = at_videos(visitor, user)
    slow_down(page)
    send(page, padded(tmp_path))
    expect(card(page, "holiday")).to_contain_text("Arriving")

    page.get_by_role("button", name="Stop").click()

    expect(page.locator("#list .video")).to_have_count(0)
    expect(page.locator("#sending li")).to_have_count(0)
    wait_until(lambda: not Video.objects.exists())


def test_a_video_is_opened_while_it_is_sent(visitor: Visitor, user, tmp_path) -> None:
    visitor.may_lose_the_network = True
    page = at_videos(visitor, user)
    slow_down(page)
    send(page, padded(tmp_path))

    page.get_by_role("link", name="Show it").click()

    state(page, "Arriving")
    expect(page.locator("#sending")).to_contain_text("Sending, ")
    page.go_back()
    expect(page.locator("#overview")).to_be_visible()
    expect(page.locator("#sending")).to_contain_text("Sending, ")


def test_a_video_that_goes_elsewhere_goes_from_the_page(visitor: Visitor, user) -> None:
    visitor.may_lose_the_network = True  # it may be asked for just when it has gone
    first, second = make_video(user, name="first"), make_video(user, name="second")
    page = at_videos(visitor, user)
    expect(page.locator(".video-name")).to_have_text(["second", "first"])

    services.remove(first)

    expect(page.locator(".video-name")).to_have_text(["second"])
    page.locator(".video-link").click()
    expect(page.locator("#video-name")).to_have_text("second")
    services.remove(second)
    expect(page.get_by_text("No videos yet.")).to_be_visible()


def test_a_video_that_has_gone_does_not_come_back_with_a_late_answer(
    visitor: Visitor, user
) -> None:
    first = make_video(user, name="first")
    page = at_videos(visitor, user)
    names = page.locator(".video-name")
    expect(names).to_have_text(["first"])
    make_video(user, name="second")  # nobody tells of it: it comes with the answer

    with overtaken(page, r"/video\?", lambda: page.locator("#search").fill(" ")):
        services.remove(first)
        expect(card(page, "first")).to_have_count(0)

    expect(names).to_have_text(["second"])


def test_a_video_is_deleted_after_a_question(visitor: Visitor, user) -> None:
    video = make_video(user, name="Old clip")
    visitor.sign_in(user.email)
    page = visitor.goto(f"/videos/{video.pk}/")

    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("button", name="Keep it").click()
    assert Video.objects.exists()
    page.get_by_role("button", name="Delete…").click()
    page.locator("#delete-dialog").get_by_role("button", name="Delete").click()

    expect(page).to_have_url(visitor.url + "/videos/")
    assert not Video.objects.exists()


def test_nothing_is_done_with_a_video_that_is_not_known_yet(visitor: Visitor, user) -> None:
    video = make_video(user, name="Late clip")
    visitor.sign_in(user.email)
    page = visitor.page

    with overtaken(page, f"/video/{video.pk}$", lambda: visitor.goto(f"/videos/{video.pk}/")):
        expect(page.get_by_role("link", name="← All videos")).to_be_visible()
        expect(page.get_by_role("button", name="Delete…")).to_be_hidden()
        expect(page.get_by_role("button", name="Rename…")).to_be_hidden()

    page.get_by_role("button", name="Delete…").click()
    expect(page.locator("#delete-name")).to_have_text("Late clip")


def test_names_are_searched_and_states_are_chosen(visitor: Visitor, user) -> None:
    for name, place in (("Éclair", 1), ("Bread", 7), ("Bun", 4)):
        make_video(user, name=name, state=place)
    page = at_videos(visitor, user)

    page.locator("#search").fill("éCL")
    expect(page.locator(".video-name")).to_have_text(["Éclair"])
    page.locator("#search").fill("")
    page.locator("#state").select_option(label="Failed or cancelled")
    expect(page.locator(".video-name")).to_have_text(["Bread"])
    page.locator("#search").fill("nothing like it")
    expect(page.get_by_text("No video fits the search.")).to_be_visible()


def test_older_videos_come_page_by_page(visitor: Visitor, user) -> None:
    for number in range(30):
        make_video(user, name=f"clip {number:02}", state=1)
    page = at_videos(visitor, user)
    expect(page.locator(".video-name")).to_have_count(24)

    page.get_by_role("button", name="Load more").click()

    expect(page.locator(".video-name")).to_have_text([f"clip {n:02}" for n in range(29, -1, -1)])
    expect(page.get_by_role("button", name="Load more")).to_be_hidden()


def test_without_sockets_the_page_says_so_and_goes_on_by_asking(visitor: Visitor, user) -> None:
    visitor.may_lose_the_network = True
    visitor.page.route_web_socket(re.compile("/ws/"), lambda socket: socket.close())
    visitor.sign_in(user.email)
    page = visitor.goto("/videos/")
    expect(page.locator("#connection")).to_contain_text("Live updates are interrupted.")

    video = make_video(user, name="unseen", state=2)
    expect(card(page, "unseen")).to_contain_text("Encoding")
    Video.objects.filter(pk=video.pk).update(state=7, error="It is broken.")

    expect(card(page, "unseen")).to_contain_text("It is broken.")


def test_a_server_that_goes_away_is_said_so_and_the_page_recovers(
    visitor: Visitor, user, platform
) -> None:
    visitor.may_lose_the_network = True
    page = at_videos(visitor, user)

    platform.web.kill()
    expect(page.locator("#connection")).to_contain_text("The server cannot be reached.")
    make_video(user, name="made meanwhile", state=1)
    assert platform.url  # starts the server again, on the same port

    expect(card(page, "made meanwhile")).to_contain_text("Ready")
    live(page)
    expect(page.locator("#connection")).to_be_empty()


def test_the_pages_fit_a_phone(phone: Visitor, user) -> None:
    long = "a-name-that-is-much-longer-than-any-phone-is-wide-" * 2
    video = make_video(user, name=long, state=2, warnings=[long * 2], error=long * 2)
    for _ in range(2):
        make_job(video)
    page = at_videos(phone, user)
    expect(card(page, long)).to_be_visible()
    check_width(page)

    page.locator(".video-link").click()
    expect(page.locator("#jobs tbody tr")).to_have_count(2)

    check_width(page)
    page.get_by_role("link", name="All videos").click()
    expect(page.locator("#overview")).to_be_visible()
