"""One video in a real browser: it plays while it is encoded, in each size, with captions."""

import re
from uuid import uuid4

import pytest
from django.db import transaction
from playwright.sync_api import Page, Route, expect

from core.jobs.models import Job, Status
from tests.e2e.conftest import Visitor
from tests.support.clips import clip
from tests.support.waiting import wait_until
from transcode.models import JobType, Video, VideoJob, VideoState
from transcode.tests.factories import make_video
from transcode.tests.pages.watching import (
    PLAYER,
    at_videos,
    card,
    live,
    long_clip,
    play,
    player,
    published,
    send,
    state,
    uploaded,
    watched,
)
from transcode.videos import captions, events, storage

pytestmark = pytest.mark.xdist_group("browser-videos")
KIB_4 = 4096
CUES = b"WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nA <i>word</i> said\n"


@pytest.fixture
def watching(visitor: Visitor, user, access_token) -> tuple[Page, Video]:
    """Return the page of a video that is ready."""
    visitor.sign_in(user.email)
    video = published(uploaded(visitor, user, clip("landscape"), access_token))
    page = visitor.goto(f"/videos/{video.pk}/")
    live(page)
    state(page, "Ready")
    return page, video


def settings_of(page: Page, entry: str) -> None:
    """Open one page of the player's menu."""
    page.locator("#player .plyr").hover()
    page.locator("#player .plyr__controls").get_by_role("button", name="Settings").click()
    page.locator("#player [role='menuitem']:visible").filter(has_text=entry).click()


def test_a_video_that_cannot_be_played_says_so(visitor: Visitor, user) -> None:
    video = make_video(user, state=VideoState.TRANSCODING_FAILED, error="The disk was full.")
    visitor.sign_in(user.email)

    page = visitor.goto(f"/videos/{video.pk}/")

    expect(page.locator("#player")).to_have_text("It cannot be played.")
    expect(page.locator("#video-error")).to_have_text("The disk was full.")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


def test_after_a_failed_edit_nothing_is_offered_that_would_be_refused(
    visitor: Visitor, user
) -> None:
    said = ["The edit failed: The disk was full.", "No words were heard in this video."]
    video = make_video(user, state=VideoState.PUBLISHED, progress=100.0, warnings=said)
    params, kind = {"video": str(video.pk)}, "transcode.video-studio-transcoding"
    job = Job.objects.create(kind=kind, owner=user, params=params, status=Status.FAILED)
    VideoJob.objects.create(job=job, video=video, type=JobType.STUDIO, is_counted=False)
    visitor.sign_in(user.email)

    page = visitor.goto(f"/videos/{video.pk}/")

    expect(page.locator("#video-warnings li")).to_have_text(said)
    expect(page.locator("#jobs tbody tr")).to_contain_text("Failed")
    expect(page.get_by_role("button", name="Encode again")).to_be_visible()
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)


def test_what_is_missing_can_be_tried_again(visitor: Visitor, user) -> None:
    said = ["The rendition of 240p is missing: The disk was full."]
    video = make_video(user, state=VideoState.PUBLISHED, progress=100.0, warnings=said)
    visitor.sign_in(user.email)

    page = visitor.goto(f"/videos/{video.pk}/")

    expect(page.get_by_role("button", name="Try again")).to_be_visible()


def test_a_refusal_is_said_in_words(visitor: Visitor, user) -> None:
    visitor.may_lose_the_network = True  # the browser notes the 409
    video = make_video(user, state=VideoState.TRANSCODING_FAILED)
    visitor.sign_in(user.email)
    page = visitor.goto(f"/videos/{video.pk}/")

    page.get_by_role("button", name="Try again").click()

    expect(page.locator("#video-error")).not_to_be_empty()


def test_a_video_plays_while_it_is_encoded(visitor: Visitor, user, tmp_path) -> None:
    page = at_videos(visitor, user)
    send(page, long_clip(tmp_path))
    page.locator(".video-link").click()
    player(page)

    play(page)
    now = watched(page, 1.5)

    video = Video.objects.get()
    assert video.state == VideoState.TO_TRANSCODE
    assert page.locator("#video-state").text_content().startswith("Encoding")
    expect(page.locator("#video-plays")).to_be_visible()
    assert now["width"] / now["height"] == pytest.approx(16 / 9, abs=0.02)
    # The playlists go on growing under the open player, to the end.
    watched(page, 10)
    published(video)
    state(page, "Ready")


def test_a_stream_whose_worker_dies_goes_on_where_it_was(
    visitor: Visitor, user, platform, tmp_path
) -> None:
    visitor.may_lose_the_network = True  # the browser notes what is withdrawn
    page = at_videos(visitor, user)
    send(page, long_clip(tmp_path, duration_s=12))
    page.locator(".video-link").click()
    player(page)
    play(page)
    watched(page, 1.5)

    platform.worker.kill()
    wait_until(lambda: not Video.objects.get().is_playable)
    platform.heal()

    # It is not begun anew, and nobody has to press anything.
    seen: list[float] = []

    def is_at_the_end() -> bool:
        now = page.evaluate(PLAYER)
        if now and now["ready"] > 1 and not now["paused"]:
            seen.append(now["at"])
        return bool(seen) and seen[-1] > 10.5

    wait_until(is_at_the_end)
    assert min(seen) > 1
    published(Video.objects.get())
    state(page, "Ready")


def test_what_the_page_shows_of_the_progress_only_grows(visitor: Visitor, user, tmp_path) -> None:
    page = at_videos(visitor, user)
    send(page, long_clip(tmp_path, duration_s=8))
    page.locator(".video-link").click()
    seen: list[float] = []

    def is_ready() -> bool:
        seen.append(float(page.locator("#video-progress").get_attribute("value") or 0))
        return page.locator("#video-state").text_content() == "Ready"

    wait_until(is_ready)

    assert seen == sorted(seen)
    assert len(set(seen)) > 2


def test_the_viewer_chooses_the_size(watching) -> None:
    page, _ = watching
    wait_until(lambda: player(page)["ready"] > 1)
    settings_of(page, "Quality")
    offered = page.locator("#player [data-plyr='quality']").all_text_contents()
    assert [text.split()[0].rstrip("SDH") for text in offered] == ["Automatic", "360p", "240p"]

    page.locator("#player [data-plyr='quality'][value='240']").click()
    play(page)

    wait_until(lambda: player(page)["height"] == 240)
    page.locator("#player video").evaluate("(media) => media.pause()")
    settings_of(page, "Quality")
    page.locator("#player [data-plyr='quality'][value='360']").click()
    wait_until(lambda: player(page)["height"] == 360)


def test_a_segment_that_comes_short_is_asked_for_again(watching) -> None:
    """Chromium's cache of private windows cuts answers off, and calls them whole."""
    page, _ = watching
    wait_until(lambda: player(page)["ready"] > 1)
    cut: list[str] = []

    def cut_once(route: Route) -> None:
        answer = route.fetch()
        is_first = not cut and len(answer.body()) > KIB_4
        cut.extend([route.request.headers["range"]] if is_first else [])
        body = answer.body()[:KIB_4] if is_first else answer.body()
        kept = {name: value for name, value in answer.headers.items() if name != "content-length"}
        route.fulfill(status=answer.status, headers=kept, body=body)

    page.route(re.compile("-240-fragmented.mp4"), cut_once)
    settings_of(page, "Quality")
    page.locator("#player [data-plyr='quality'][value='240']").click()
    play(page)

    wait_until(lambda: player(page)["height"] == 240)
    assert cut


def test_captions_appear_in_the_menu_and_over_the_picture(watching) -> None:
    page, video = watching
    player(page)
    name = storage.name_in("captions", video.pk, f"{uuid4()}-en.vtt")
    storage.write(name, CUES.decode())
    with transaction.atomic():
        captions.put(video.pk, "en", name)
    events.publish_changed(video.pk)
    expect(page.locator("#caption-list")).to_have_text("English (by machine)")

    page.locator("#player .plyr").hover()
    page.locator("#player [data-plyr='captions']").click()
    play(page)

    expect(page.locator("#player .plyr__caption")).to_have_text("A word said")


def test_small_pictures_are_shown_over_the_bar(visitor: Visitor, user, access_token) -> None:
    video = published(uploaded(visitor, user, clip("long_gop"), access_token))
    wait_until(lambda: Video.objects.get(pk=video.pk).storyboard)
    visitor.sign_in(user.email)
    page = visitor.goto(f"/videos/{video.pk}/")
    player(page)
    bar = page.locator("#player .plyr__progress")
    page.locator("#player .plyr").hover()

    def shows_one() -> bool:
        bar.hover(position={"x": 60, "y": 8})
        bar.hover(position={"x": 90, "y": 8})
        return bool(
            page.evaluate(
                "() => [...document.querySelectorAll('#player .plyr__preview-thumb img')]"
                ".some((image) => image.complete && image.naturalWidth > 0)"
            )
        )

    wait_until(shows_one, every_s=0.3)
    expect(page.locator("#player .plyr__preview-thumb--is-shown")).to_be_visible()


def test_the_jobs_say_what_they_do_and_who_did_them(watching) -> None:
    page, video = watching
    rows = page.locator("#jobs tbody tr")

    expect(rows).to_have_count(VideoJob.objects.filter(video=video).count())
    expect(rows.filter(has_text="Done")).to_have_count(rows.count())
    expect(rows.first).to_contain_text("Copy of the original")
    expect(rows.first).to_contain_text("Done")
    expect(rows.first).to_contain_text("this server")
    expect(page.locator("#renditions li")).to_have_count(video.files.count())


def test_a_job_is_cancelled_and_tried_again_from_the_page(visitor: Visitor, user, tmp_path) -> None:
    visitor.may_lose_the_network = True  # what a cancelled job had made may be asked for
    page = at_videos(visitor, user)
    send(page, long_clip(tmp_path))
    page.locator(".video-link").click()
    top = page.locator("#jobs tbody tr").filter(has_text="Streaming rendition").first
    expect(top).to_contain_text("Running")

    top.get_by_role("button", name="Cancel").click()

    expect(top).to_contain_text("Cancelled")
    top.get_by_role("button", name="Try again").click()
    expect(top).to_contain_text("Running")
    page.locator(".sheet-buttons").get_by_role("button", name="Cancel").click()
    state(page, "Cancelled")
    expect(page.locator("#video-error")).to_be_hidden()
    page.get_by_role("link", name="All videos").click()
    expect(card(page, "slow to encode").locator("[data-slot=state]")).to_have_text("Cancelled")


def test_a_video_is_cut_from_the_page(watching) -> None:
    page, video = watching

    page.get_by_role("button", name="Edit…").click()
    page.get_by_label("End at, in seconds").fill("1")
    page.locator("#edit-dialog").get_by_role("button", name="Edit").click()

    wait_until(lambda: VideoJob.objects.filter(video=video, type="video-studio-transcoding"))
    wait_until(lambda: Video.objects.get(pk=video.pk).duration_s < 1.5)
    published(video)
    state(page, "Ready")
    expect(page.locator("#video-facts")).to_contain_text("0:01")


def test_an_edit_that_cannot_be_is_refused_in_words(watching, visitor: Visitor) -> None:
    visitor.may_lose_the_network = True  # the browser notes the 400
    page, video = watching

    page.get_by_role("button", name="Edit…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Edit").click()
    expect(dialog.get_by_role("alert")).to_have_text("Choose what to do first.")
    page.get_by_label("Begin at, in seconds").fill("999")
    dialog.get_by_role("button", name="Edit").click()

    expect(dialog.get_by_role("alert")).not_to_have_text("Choose what to do first.")
    expect(dialog.get_by_role("alert")).not_to_be_empty()
    expect(page.locator("#video-error")).to_be_hidden()
    assert page.get_by_label("Begin at, in seconds").input_value() == "999"
    dialog.get_by_role("button", name="Leave it").click()
    expect(dialog).to_be_hidden()
    assert not VideoJob.objects.filter(video=video, type="video-studio-transcoding").exists()


def test_a_video_is_renamed_from_the_page(visitor: Visitor, user) -> None:
    make_video(user, name="Untitled", state=VideoState.PUBLISHED)
    page = at_videos(visitor, user)
    page.locator(".video-link").click()

    page.get_by_role("button", name="Rename…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Name")).to_have_value("Untitled")
    dialog.get_by_label("Name").fill("   ")
    visitor.may_lose_the_network = True  # the browser notes the 400
    dialog.get_by_role("button", name="Rename").click()
    expect(dialog.get_by_role("alert")).to_contain_text("may not be blank")
    dialog.get_by_label("Name").fill("Holiday")
    page.keyboard.press("Enter")

    expect(page.locator("#video-name")).to_have_text("Holiday")
    expect(dialog).to_be_hidden()
    page.get_by_role("link", name="All videos").click()
    expect(card(page, "Holiday")).to_be_visible()


def test_a_live_stream_is_made_and_its_key_is_shown_once(visitor: Visitor, user) -> None:
    page = at_videos(visitor, user)
    page.get_by_role("button", name="Go live…").click()
    page.locator("#live-name").fill("Concert")
    page.get_by_role("button", name="Make the stream").click()

    expect(page.get_by_label("Server", exact=True)).to_have_value(re.compile("^rtmp://"))
    key = page.get_by_label("Stream key").input_value()
    assert len(key) >= 16
    state(page, "Waiting for the stream")
    expect(page.locator("#player")).to_have_text("It plays here as soon as the stream begins.")
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("[data-copies='stream-key']").click()
    expect(page.locator("[data-copies='stream-key']")).to_have_text("Copied")
    assert page.evaluate("() => navigator.clipboard.readText()") == key
    page.get_by_role("button", name="I have copied it").click()
    expect(page.locator("#live-key")).to_be_empty()
    page.reload()
    state(page, "Waiting for the stream")
    assert key not in page.content()

    page.get_by_role("button", name="End the stream").click()

    state(page, "Stream ended")
    expect(page.get_by_role("button", name="End the stream")).to_be_hidden()
