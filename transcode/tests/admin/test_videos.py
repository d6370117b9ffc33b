"""Videos in the admin: who may see and do what, and what the pages show."""

import pytest

from core.jobs.models import Job
from transcode.models import FileKind, Video, VideoFile, VideoState
from transcode.tests.admin.conftest import act, text_of
from transcode.tests.factories import ends, fresh, make_job, make_video
from transcode.videos import storage

LIST = "/admin/transcode/video/"


@pytest.fixture
def video(user):
    return make_video(user, name="Holiday <b>film</b>")


def page_of(video):
    return f"{LIST}{video.pk}/change/"


def test_a_user_who_is_not_staff_sees_nothing(client, user, video):
    client.force_login(user)
    assert client.get(LIST).status_code == 302
    assert client.get(page_of(video)).status_code == 302


def test_nobody_makes_a_video_by_hand(desk):
    assert desk.get(f"{LIST}add/").status_code == 403


def test_a_video_is_not_edited_by_hand(desk, video):
    assert desk.post(page_of(video), {"name": "changed"}).status_code == 403
    assert Video.objects.get().name == video.name


@pytest.mark.parametrize("action", ["retry_videos", "cancel_videos", "delete_selected"])
def test_who_may_only_look_changes_nothing(onlooker, video, action):
    job = make_job(video)
    act(onlooker, LIST, action, video, post="yes")
    assert onlooker.post(f"{LIST}{video.pk}/delete/", {"post": "yes"}).status_code == 403
    assert fresh(job).job.status == "queued"


@pytest.mark.parametrize(
    "query", ["q=%00", "q='", "state__exact=%00", "state__exact=x", "o=99", "p=x", "probe__x=1"]
)
def test_a_hostile_query_breaks_nothing(desk, video, query):
    assert desk.get(f"{LIST}?{query}").status_code in (200, 302, 400)


def test_videos_are_found_by_their_owner_and_state(desk, video, other_user):
    make_video(other_user, name="Another", state=VideoState.PUBLISHED)
    assert "Another" not in text_of(desk.get(f"{LIST}?q=ada"))
    assert "Another" in text_of(desk.get(f"{LIST}?state__exact=1"))
    assert "Holiday" not in text_of(desk.get(f"{LIST}?state__exact=1"))
    assert "Holiday" in text_of(desk.get(f"{LIST}?q={video.pk}"))


def test_the_page_of_a_video_shows_its_renditions_and_jobs(desk, video):
    VideoFile.objects.create(
        video=video, kind=FileKind.HLS, resolution=360, fps=30, name="hls/x-360-fragmented.mp4",
        size_bytes=2048, has_video=True, has_audio=False,
    )  # fmt: skip
    make_job(video)
    text = text_of(desk.get(page_of(video)))
    assert "<b>film" not in text
    assert "hls/x-360-fragmented.mp4" in text
    assert "vod-hls-transcoding" in text
    assert "Pending" in text
    assert 'name="_save"' not in text


def test_only_the_page_of_a_video_under_way_reloads_itself(desk, video):
    reload = '<meta http-equiv="refresh" content="2">'
    assert reload in text_of(desk.get(page_of(video)))
    Video.objects.update(state=VideoState.PUBLISHED)
    assert reload not in text_of(desk.get(page_of(video)))


def test_chosen_videos_are_cancelled_and_tried_again(desk, video, other_user):
    idle = make_video(other_user, name="Idle")
    job = make_job(video)
    text = text_of(act(desk, LIST, "cancel_videos", video, idle))
    assert "1 of 2 videos cancelled." in text
    assert "Idle: No job of this video is under way." in text
    assert fresh(job).job.status == "cancelled"
    assert "1 of 1 videos tried again." in text_of(act(desk, LIST, "retry_videos", video))
    assert fresh(job).job.status == "queued"


@pytest.mark.parametrize("way", ["one", "several"])
def test_a_deleted_video_takes_its_jobs_rows_and_files_along(desk, video, way):
    job, done = make_job(video), make_job(video)
    ends(done, "succeeded")
    file = storage.root() / "originals" / str(video.pk) / "source.mp4"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"x")
    if way == "one":
        text = text_of(desk.get(f"{LIST}{video.pk}/delete/"))
        assert "Holiday" in text
        text = text_of(desk.post(f"{LIST}{video.pk}/delete/", {"post": "yes"}, follow=True))
    else:
        text = text_of(act(desk, LIST, "delete_selected", video, post="yes"))
    assert "uccessfully" in text
    assert not Video.objects.exists()
    assert not file.exists()
    assert Job.objects.get(pk=job.pk).status == "cancelled"
