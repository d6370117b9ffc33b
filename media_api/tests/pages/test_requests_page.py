"""The page of requests in a real browser: sending, live bars, results, what may go wrong."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.db import transaction
from playwright.sync_api import Locator, Page, expect

from core.jobs.models import Job, Status
from media_api.models import MediaRequest
from media_api.tests.requests_made import goes_on, make_request
from tests.e2e.conftest import Visitor
from tests.e2e.desk import drop, overtaken
from tests.e2e.test_widths import check_width
from tests.support.clips import clip
from tests.support.running import Platform
from tests.support.waiting import wait_until

pytestmark = pytest.mark.xdist_group("browser")
HOSTILE = '<img src=x onerror="document.title=1"><b>bold</b>'
LONG = "a-name-that-is-much-longer-than-any-phone-is-wide-" * 2
NOTES = f"""The harbour got its first electric buses. {HOSTILE} is what somebody wrote.
Each bus costs twice as much as a diesel one. The city expects to save fuel. Drivers train.
![a](http://127.0.0.1/x.png) and [a link](javascript:alert) are words. Buses run at night.
"""


def made(
    user: Any, *, name: str = "film.mov", request: dict[str, Any] | None = None, **values: Any
) -> MediaRequest:
    """Make a request at some point of its way, which no worker takes."""
    with transaction.atomic():
        return goes_on(make_request(user, name=name, **(request or {})), **values)


def at_requests(visitor: Visitor, user: Any) -> Page:
    """Sign in and open the page, live."""
    visitor.sign_in(user.email)
    page = visitor.goto("/requests/")
    live(page)
    return page


def live(page: Page) -> None:
    """Wait until the page's socket is open."""
    expect(page.locator("html")).to_have_attribute("data-connection", "open")


def card(page: Page, name: str) -> Locator:
    """Return the card of a request."""
    return page.locator("#list .request").filter(has_text=name)


def ends(page: Page, name: str) -> Locator:
    """Return what stands behind the bars of a request."""
    return card(page, name).locator(".stages .number")


def choose(page: Page, *paths: Path) -> None:
    """Choose files to be worked on."""
    page.locator("#files").set_input_files([str(path) for path in paths])


def start(page: Page, *wishes: str) -> None:
    """Tick what shall be done, and begin."""
    for wish in wishes:
        page.locator("#wishes").get_by_label(wish).check()
    page.get_by_role("button", name="Start").click()


def test_a_failed_request_says_why_and_where(visitor: Visitor, user) -> None:
    made(user, name=HOSTILE, status="failed", error_code="no_audio_stream", error_message=HOSTILE)
    made(user, name="ended.mov", status="cancelled")
    page = at_requests(visitor, user)

    failed = card(page, "onerror")
    expect(failed.locator(".pill")).to_have_text("Failed")
    expect(failed.locator("h2")).to_have_text(HOSTILE)
    expect(failed.locator(".wrong")).to_have_text(HOSTILE)
    expect(failed.locator("li[data-is=failed]")).to_contain_text("Listening")
    expect(card(page, "ended.mov").locator(".pill")).to_have_text("Cancelled")
    expect(card(page, "ended.mov").locator(".wrong")).to_be_hidden()


def test_a_stage_that_was_skipped_is_not_shown_as_done(visitor: Visitor, user) -> None:
    silent = {
        "stages": ["extract_audio", "transcribe", "compress", "summarize"],
        "unmade": {"extract_audio": "failed", "transcribe": "skipped", "summarize": "skipped"},
    }
    error = {"code": "no_audio_stream", "message": "There is no sound.", "stage": 1}
    made(user, name="partly.mov", status="succeeded", result={"error": error}, request=silent)
    broken = {**silent, "unmade": {**silent["unmade"], "compress": "failed"}}
    at_compress = {"stage": "compress", "stage_index": 2}
    made(
        user, name="not.mov", status="failed", result={"error": error}, request=broken,
        **at_compress,
    )  # fmt: skip
    made(user, name="ended.mov", status="cancelled")
    going = made(user, name="going.mov", request=silent, **at_compress)
    page = at_requests(visitor, user)

    expect(ends(page, "partly.mov")).to_have_text(["failed", "not done", "100 %", "not done"])
    expect(ends(page, "not.mov")).to_have_text(["failed", "not done", "failed", "not done"])
    expect(ends(page, "ended.mov")).to_have_text(["100 %", "cancelled"])
    expect(ends(page, "going.mov")).to_have_text(["failed", "not done", "50 %", "0 %"])

    goes_on(going, status="succeeded", result={"error": error})
    expect(ends(page, "going.mov")).to_have_text(["failed", "not done", "100 %", "not done"])


def test_a_film_without_sound_has_nothing_heard(visitor: Visitor, user) -> None:
    page = at_requests(visitor, user)

    choose(page, clip("silent"))
    start(page, "Make smaller", "Text of speech")

    expect(card(page, "silent.mp4").locator(".pill")).to_have_text("Partly done")
    expect(ends(page, "silent.mp4")).to_have_text(["failed", "not done", "100 %"])


def test_a_retry_without_an_input_is_refused_in_words(visitor: Visitor, user) -> None:
    visitor.may_lose_the_network = True  # the browser notes each refusal
    made(user, status="failed", error_message="It broke.")
    page = at_requests(visitor, user)

    page.get_by_role("button", name="Try again").click()

    expect(card(page, "film.mov").locator(".wrong")).not_to_have_text("It broke.")
    assert MediaRequest.objects.count() == 1


def test_a_link_that_leads_elsewhere_is_refused_in_words(visitor: Visitor, user) -> None:
    visitor.may_lose_the_network = True
    page = at_requests(visitor, user)

    page.locator("#link").fill("http://127.0.0.1/film.mov")
    start(page, "Make smaller")

    expect(page.locator("#send-error")).to_contain_text("Invalid Yandex Disk URL format")
    assert not MediaRequest.objects.exists()


def test_only_what_fits_a_file_is_offered_and_wrong_settings_are_not_sent(
    visitor: Visitor, user
) -> None:
    page = at_requests(visitor, user)
    expect(page.get_by_text("No requests yet.")).to_be_visible()

    drop(page, "scan.png", b"bytes", "image/png")
    expect(page.locator(".wish:visible")).to_have_count(1)
    expect(page.get_by_label("Text in pictures")).to_be_checked()
    page.get_by_text("Settings").locator("visible=true").click()
    page.locator("#confidence").fill("101")
    page.get_by_role("button", name="Start").click()

    expect(page.locator("#sending li")).to_have_count(0)
    assert not MediaRequest.objects.exists()
    page.get_by_role("button", name="Choose something else").click()
    expect(page.locator("#wishes")).to_be_hidden()


def open_settings(page: Page, action: str, *more: str) -> Locator:
    """Open the settings of what is ticked, and boxes in them; return its part of the form."""
    wish = page.locator(f'[data-action="{action}"]')
    for name in ("Settings", *more):
        wish.locator("summary").get_by_text(name, exact=True).click()
    return wish


@pytest.fixture
def begun(platform: Platform) -> Callable[[Page], MediaRequest]:
    """Return a function that begins, and returns the request that comes of it; nobody takes it."""
    platform.worker.stop()

    def begin(page: Page) -> MediaRequest:
        page.get_by_role("button", name="Start").click()
        expect(page.locator("#list .request")).to_have_count(1)
        return MediaRequest.objects.get()

    return begin


def test_the_sound_of_a_smaller_film_is_chosen_in_a_box_of_its_own(
    visitor: Visitor, user, begun
) -> None:
    page = at_requests(visitor, user)
    choose(page, clip("landscape"))
    page.get_by_label("Make smaller").check()
    wish = open_settings(page, "compress")
    expect(wish.get_by_label("Codec", exact=True)).to_be_hidden()
    wish.get_by_text("Sound", exact=True).click()
    wish.get_by_label("kbit/s", exact=True).fill("96")
    wish.get_by_label("Codec", exact=True).select_option("AAC")
    wish.get_by_label("Sample rate, Hz").select_option("88200")
    wish.get_by_label("Preset").select_option("veryslow")

    config = begun(page).config["ffmpeg"]

    assert config["codecs"] == {"video": "libx264", "audio": "aac"}
    assert (config["video"]["audioBitrate"], config["video"]["audioSampleRate"]) == (96, 88_200)


def test_a_wrong_setting_in_a_closed_box_is_shown(visitor: Visitor, user) -> None:
    page = at_requests(visitor, user)
    choose(page, clip("landscape"))
    page.get_by_label("Make smaller").check()
    wish = open_settings(page, "compress", "Sound")
    wish.get_by_label("kbit/s", exact=True).fill("7")
    wish.get_by_text("Sound", exact=True).click()
    wish.get_by_text("Settings", exact=True).click()
    page.get_by_role("button", name="Start").click()

    expect(wish.get_by_label("kbit/s", exact=True)).to_be_focused()
    assert not MediaRequest.objects.exists()


def test_a_summary_of_speech_asks_how_to_hear_it(visitor: Visitor, user, begun) -> None:
    page = at_requests(visitor, user)
    choose(page, clip("wav"))
    page.get_by_label("Summary").check()
    wish = open_settings(page, "summarize")
    wish.get_by_label("Spoken language").select_option("English")
    wish.get_by_label("SRT").check()

    config = begun(page).config["transcribe"]

    assert config == {"language": "en", "formats": ["txt", "srt"]}


def test_how_to_hear_is_asked_once_and_of_speech_alone(
    visitor: Visitor, user, tmp_path, begun
) -> None:
    page = at_requests(visitor, user)
    choose(page, clip("wav"))
    for wish in ("Summary", "Text of speech"):
        page.get_by_label(wish).check()
    expect(page.locator(".wish details:visible")).to_have_count(1)
    wish = open_settings(page, "transcribe")
    wish.get_by_label("VTT").check()
    wish.get_by_label("Text", exact=True).uncheck()

    assert begun(page).config["transcribe"]["formats"] == ["vtt"]
    (tmp_path / "notes.md").write_text(NOTES)
    choose(page, tmp_path / "notes.md")
    expect(page.get_by_label("Summary")).to_be_checked()
    expect(page.locator(".wish details:visible")).to_have_count(0)


def test_a_running_request_is_shown_after_a_reload_and_cancelled(visitor: Visitor, user) -> None:
    request = made(user)
    page = at_requests(visitor, user)
    bars = card(page, "film.mov").locator(".stages li")
    expect(bars).to_have_text(
        [re.compile("Taking the sound.*100 %"), re.compile("Listening.*50 %")]
    )
    Job.objects.filter(pk=request.job_id).update(progress=0.75)
    expect(bars.last).to_contain_text("75 %")

    page.reload()
    live(page)
    expect(bars.last).to_contain_text("75 %")
    page.get_by_role("button", name="Cancel").click()

    expect(card(page, "film.mov").locator(".pill")).to_have_text("Cancelled")
    assert Job.objects.get(pk=request.job_id).status == Status.CANCELLED


def test_what_is_asked_for_elsewhere_appears_by_itself(
    visitor: Visitor, user, access_token
) -> None:
    # The page also reads its list every twenty seconds; not this one.
    visitor.context.add_init_script(
        "{ const own = setInterval; window.setInterval = (f, ms) => ms < 20_000 && own(f, ms); }"
    )
    page = at_requests(visitor, user)
    expect(page.locator("#list-empty")).to_be_visible()

    httpx.post(
        f"{visitor.url}/api/v1/summarize/",
        headers={"Authorization": f"Bearer {access_token(user)}"},
        data={"data": "{}"},
        files={"file": ("elsewhere.txt", NOTES)},
        timeout=180,
    ).raise_for_status()

    expect(card(page, "elsewhere.txt")).to_be_visible()


def test_a_request_is_deleted_after_a_question(visitor: Visitor, user) -> None:
    made(user, status="failed")
    page = at_requests(visitor, user)

    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("button", name="Keep it").click()
    assert MediaRequest.objects.exists()
    page.get_by_role("button", name="Delete…").click()
    page.locator("#delete-dialog").get_by_role("button", name="Delete").click()

    expect(page.get_by_text("No requests yet.")).to_be_visible()
    assert not MediaRequest.objects.exists()


def test_a_request_that_has_gone_does_not_come_back_with_a_late_answer(
    visitor: Visitor, user
) -> None:
    made(user, name="first.mov", status="failed")
    page = at_requests(visitor, user)
    expect(card(page, "first.mov")).to_be_visible()
    made(user, name="second.mov")  # nobody tells of it: it comes with the answer

    def ask() -> None:
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    with overtaken(page, r"/requests/\?page", ask):
        card(page, "first.mov").get_by_role("button", name="Delete…").click()
        page.locator("#delete-dialog").get_by_role("button", name="Delete").click()
        expect(card(page, "first.mov")).to_have_count(0)

    expect(card(page, "second.mov")).to_be_visible()
    expect(card(page, "first.mov")).to_have_count(0)


def test_without_sockets_the_page_says_so_and_goes_on_by_asking(visitor: Visitor, user) -> None:
    visitor.may_lose_the_network = True
    visitor.page.route_web_socket(re.compile("/status/ws/"), lambda socket: socket.close())
    request = made(user)
    visitor.sign_in(user.email)
    page = visitor.goto("/requests/")
    expect(page.locator("#connection")).to_contain_text("Live updates are interrupted.")

    goes_on(request, status="failed", error_message="It is broken.")

    expect(card(page, "film.mov")).to_contain_text("It is broken.")


def test_a_film_is_sent_its_bars_move_and_its_results_are_shown(visitor: Visitor, user) -> None:
    page = at_requests(visitor, user)

    choose(page, clip("landscape"))
    start(page, "Make smaller", "Sound only")

    shown = card(page, "landscape.mp4")
    expect(shown.locator(".stages li").first).to_be_visible()
    expect(shown.locator(".pill")).to_have_text("Done")
    expect(page.locator("#sending li")).to_have_count(0)
    video = shown.locator("video")
    expect(video).to_be_visible()
    wait_until(lambda: video.evaluate("(each) => each.readyState") >= 1)
    assert video.evaluate("(each) => each.videoWidth") == 640
    archive = shown.get_by_role("link", name="Everything (zip)").get_attribute("href")
    assert page.request.get(visitor.url + str(archive)).body()[:2] == b"PK"


def test_a_summary_is_shown_as_words_whatever_stands_in_it(
    visitor: Visitor, user, tmp_path
) -> None:
    (tmp_path / "notes.md").write_text(NOTES)
    page = at_requests(visitor, user)

    choose(page, tmp_path / "notes.md")
    start(page)

    summary = card(page, "notes.md").locator(".text-body")
    expect(summary.locator("li").first).to_be_visible(timeout=60_000)
    expect(summary.locator("h4")).to_have_text("Summary")
    assert page.locator(".results img, .results b, .results a:not(.button)").count() == 0
    assert page.title() == "Requests · Medialoom"


def test_the_page_fits_a_phone(phone: Visitor, user) -> None:
    made(user, name=LONG)
    made(user, name="broken.mov", status="failed", error_message="unbroken" * 30)
    page = at_requests(phone, user)
    expect(card(page, LONG).locator(".stages li")).to_have_count(2)
    check_width(page)

    page.locator("#link").fill("https://disk.yandex.ru/i/" + LONG)
    page.get_by_label("Make smaller").check()
    open_settings(page, "compress", "Sound")
    page.get_by_label("Summary").check()
    open_settings(page, "summarize")

    check_width(page)
