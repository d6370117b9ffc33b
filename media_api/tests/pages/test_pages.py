"""The page of requests before any script runs: whose it is, and what may run in it."""

import re

import pytest
from django.test import Client

from media_api.models import MediaRequest
from media_api.pages.subjects import said_of
from media_api.tests.requests_made import STAGES, goes_on, make_request

pytestmark = pytest.mark.django_db
PAGE = "/requests/"
NAMES = "/requests/stages/"


@pytest.mark.parametrize("path", [PAGE, NAMES])
def test_a_stranger_is_sent_to_the_login(client: Client, path: str) -> None:
    answer = client.get(path)

    assert (answer.status_code, answer["Location"]) == (302, f"/login/?next={path}")


@pytest.mark.parametrize("path", [PAGE, NAMES])
def test_the_pages_only_show(client: Client, user, path: str) -> None:
    client.force_login(user)

    assert client.post(path).status_code == 405


def test_no_script_and_no_style_stands_in_the_page_itself(client: Client, user) -> None:
    client.force_login(user)

    answer = client.get(PAGE)

    page = answer.content.decode()
    assert re.findall(r"<script(?![^>]*src=)", page) == []
    assert re.findall(r"<style|\s(?:on\w+|style)=", page) == []
    assert re.findall(r"(?:src|href|action)=\"(?:https?:)?//", page) == []
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("rid", ["", "x", "%00", "0" * 32, "../etc"])
def test_stages_of_what_is_no_request_are_not_named(client: Client, user, rid: str) -> None:
    client.force_login(user)

    assert client.get(f"{NAMES}?rid={rid}").json() == {}


def test_stages_of_anothers_request_are_not_named(client: Client, user, other_user) -> None:
    theirs, mine = goes_on(make_request(other_user)), goes_on(make_request(user))
    client.force_login(user)

    answer = client.get(NAMES, {"rid": [theirs.rid, mine.rid]})

    assert answer.json() == {mine.rid: [{"name": name, "unmade": ""} for name in STAGES]}


def test_a_stage_that_was_not_made_is_named_as_such(client: Client, user) -> None:
    mine = goes_on(make_request(user, unmade={"transcribe": "skipped"}))
    client.force_login(user)

    assert client.get(NAMES, {"rid": mine.rid}).json()[mine.rid][1] == {
        "name": "transcribe", "unmade": "skipped",
    }  # fmt: skip


def test_the_form_begins_with_the_settings_of_the_installation(client, user, configured) -> None:
    configured(
        ffmpeg={"preset": "slow", "video": {"width": 640, "fps": 12}},
        summary={"backend": "gigachat", "model": "GigaChat-2-Max"},
    )
    client.force_login(user)

    page = client.get(PAGE).content.decode()

    assert 'name="ffmpeg.video.width" value="640"' in page
    assert 'name="ffmpeg.video.fps" value="12"' in page
    assert "<option selected>slow</option>" in page
    assert "<option selected>GigaChat-2-Max</option>" in page


def test_a_language_that_the_engine_does_not_know_is_not_offered(client: Client, user) -> None:
    client.force_login(user)

    spoken = re.search(
        r'name="transcribe.language">(.*?)</select>', client.get(PAGE).content.decode()
    )

    assert spoken
    assert re.findall(r'value="(\w+)"', spoken[1]) == ["auto", "en"]


def test_a_job_does_not_tell_of_anothers_request(client: Client, user, other_user) -> None:
    theirs = make_request(other_user, name="secret.mov")
    client.force_login(user)

    assert client.get(f"/job-subject/{theirs.job_id}/").status_code == 404
    assert "secret" not in client.get("/").content.decode()


def test_the_page_of_jobs_says_what_is_done_with_which_file_and_leads_there(client, user) -> None:
    made = make_request(user, name="<b>film.mov", actions=["compress"])
    client.force_login(user)

    page = client.get("/").content.decode()

    assert f'href="/requests/#{made.rid}">Compress &lt;b&gt;film.mov</a>' in page


@pytest.mark.parametrize(
    ("actions", "said"),
    [
        (["transcribe", "compress"], "Compress and transcribe film.mov"),
        (
            ["summarize", "transcribe", "extract_audio"],
            "Take the sound of, transcribe and summarise film.mov",
        ),
    ],
)
def test_several_actions_are_said_in_one_line(actions: list[str], said: str) -> None:
    assert said_of(MediaRequest(actions=actions, original_name="film.mov")) == said


def test_a_link_whose_file_has_no_name_yet_is_a_linked_file() -> None:
    linked = MediaRequest(actions=["to_text"], input_type="url")

    assert said_of(linked) == "Read a linked file"
