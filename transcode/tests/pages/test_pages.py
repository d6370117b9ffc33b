"""The pages of videos before any script runs: whose they are, and what may run in them."""

import json
import re
from html import unescape
from uuid import UUID

import pytest
from django.test import Client

from core.pages.cards import kind_titles
from transcode.kind import kind_for
from transcode.models import JobType
from transcode.tests.factories import make_job, make_video

pytestmark = pytest.mark.django_db
LIST = "/videos/"


def page_of(video) -> str:
    return f"/videos/{video.pk}/"


def test_a_stranger_is_sent_to_the_login(client: Client, user) -> None:
    for path in (LIST, page_of(make_video(user))):
        answer = client.get(path)

        assert (answer.status_code, answer["Location"]) == (302, f"/login/?next={path}")


def test_a_bearer_token_opens_no_page(client: Client, user, access_token) -> None:
    bearer = {"authorization": f"Bearer {access_token(user)}"}

    assert client.get(LIST, headers=bearer).status_code == 302
    assert client.get(page_of(make_video(user)), headers=bearer).status_code == 302


def test_the_pages_only_show(client: Client, user) -> None:
    client.force_login(user)

    assert client.post(LIST).status_code == 405
    assert client.delete(page_of(make_video(user))).status_code == 405


def test_anothers_video_is_not_there(client: Client, user, other_user) -> None:
    theirs = make_video(other_user)
    client.force_login(user)

    assert client.get(page_of(theirs)).status_code == 404


@pytest.mark.parametrize("name", [str(UUID(int=1, version=4)), "no-uuid", "../admin", "%00"])
def test_a_video_that_is_none_is_not_there(client: Client, user, name: str) -> None:
    client.force_login(user)

    assert client.get(f"/videos/{name}/").status_code == 404


def test_no_script_and_no_style_stands_in_the_page_itself(client: Client, user) -> None:
    client.force_login(user)

    for path in (LIST, page_of(make_video(user))):
        answer = client.get(path)

        page = answer.content.decode()
        assert "unsafe" not in answer["Content-Security-Policy"]
        assert re.findall(r"<script(?![^>]*src=)", page) == []
        assert re.findall(r"<style|\s(?:on\w+|style)=", page) == []
        assert re.findall(r"(?:src|href|action)=\"(?:https?:)?//", page) == []
        assert "no-store" in answer["Cache-Control"]


def test_a_name_that_is_markup_is_in_no_page_as_markup(client: Client, user) -> None:
    video = make_video(user, name="<script>alert(1)</script>")
    make_job(video)
    client.force_login(user)

    for path in (LIST, page_of(video), "/"):
        assert "<script>alert" not in client.get(path).content.decode()


def test_live_is_not_offered_where_no_stream_can_be_taken(client: Client, user, settings) -> None:
    settings.TRANSCODE_LIVE_RTMP_PORT = 0
    client.force_login(user)

    page = client.get(LIST).content.decode()

    assert 'id="go-live"' not in page
    assert 'id="live-dialog"' not in page


def test_live_is_offered_where_streams_are_taken(client: Client, user) -> None:
    client.force_login(user)

    assert 'id="go-live"' in client.get(LIST).content.decode()


def test_each_work_has_one_name_on_every_page(client: Client, user) -> None:
    client.force_login(user)

    titles = re.search(r'data-titles="([^"]*)"', client.get(LIST).content.decode())

    shown = json.loads(unescape(titles[1]))
    of_kinds = kind_titles()
    assert set(shown) == set(JobType.values)
    assert shown == {each: of_kinds[kind_for(JobType(each)).name] for each in shown}
    assert "" not in shown.values()


def test_staff_see_every_video(client: Client, user, staff) -> None:
    client.force_login(staff)

    assert client.get(page_of(make_video(user))).status_code == 200


def test_ones_own_video_has_a_page(client: Client, user) -> None:
    client.force_login(user)

    assert client.get(page_of(make_video(user))).status_code == 200
    assert client.get(LIST).status_code == 200


def test_a_job_does_not_tell_the_name_of_anothers_video(client, user, other_user) -> None:
    job = make_job(make_video(other_user, name="secret")).job
    client.force_login(user)

    assert client.get(f"/job-subject/{job.pk}/").status_code == 404
    assert "secret" not in client.get("/").content.decode()


def test_the_page_of_jobs_names_the_video_and_leads_to_it(client: Client, user) -> None:
    video = make_video(user, name="Holiday")
    job = make_job(video, JobType.HLS).job
    client.force_login(user)

    assert client.get(f"/job-subject/{job.pk}/").json() == {
        "text": "Holiday",
        "url": page_of(video),
    }


def test_the_videos_of_many_jobs_are_named_in_one_query(user, django_assert_num_queries) -> None:
    from transcode.pages.subjects import of_videos

    jobs = [make_job(make_video(user, name=f"clip {n}")).job for n in range(4)]

    with django_assert_num_queries(1):
        named = of_videos(user, jobs)

    assert [named[job.pk].text for job in jobs] == [f"clip {n}" for n in range(4)]
