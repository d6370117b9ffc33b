"""Edits that come to nothing: the video is what it was before (transcode contract, 4.4)."""

import pytest

from core.jobs import lifecycle
from core.jobs.execution import execute
from core.jobs.models import Job
from transcode.models import Video, VideoState
from transcode.tests.videos.making import accept, finish, give_up, make_video
from transcode.videos import changing, editing
from transcode.videos.types import video_body

CUT = [{"name": "cut", "options": {"end": 3}}]
MISSING = "The rendition of 180p is missing: The encoder broke."
FAILED = "The edit failed: The encoder is gone."


@pytest.fixture
def lacking(user, videos):
    """Return a published video that lacks a rendition, and the job that failed to make it."""
    video, jobs = make_video(user)
    finish(jobs[0], "360")
    finish(jobs[1], "0")
    give_up(jobs[2])
    return fresh(video), jobs[2]


def fresh(video):
    return Video.objects.get(pk=video.pk)


def shown(video):
    body = video_body(fresh(video), play_url=lambda _, name: name)
    return {key: said for key, said in body.items() if key != "updatedAt"}


def failing(video, message="The encoder is gone."):
    edit = editing.edit(video=fresh(video), tasks=CUT, files={})
    return lifecycle.fail(accept(edit), "broken", message)


def test_a_cancelled_edit_changes_nothing_that_is_shown(lacking):
    video, _ = lacking
    before = shown(video)
    assert before["warnings"] == [MISSING]

    changing.cancel(editing.edit(video=video, tasks=CUT, files={}).video_job.video)

    assert shown(video) == before


def test_a_failed_edit_is_said_beside_what_was_said_before(lacking):
    video, _ = lacking
    before = shown(video)

    failing(video, "The disk was full.")
    failing(video)

    assert shown(video) == {**before, "warnings": [FAILED, MISSING]}


def test_what_was_missing_before_a_failed_edit_can_be_tried_again_after_it(lacking):
    video, lost = lacking
    failing(video)

    changing.retry(fresh(video))

    assert fresh(video).state == VideoState.TO_TRANSCODE
    assert finish(lost, "180").status == "succeeded"
    assert fresh(video).state == VideoState.PUBLISHED
    assert fresh(video).warnings == []


def test_an_edit_after_one_that_failed_is_published_without_a_word_of_it(lacking, settings):
    settings.TRANSCODE_RESOLUTIONS = [240]
    video, _ = lacking
    failing(video)

    here(editing.edit(video=fresh(video), tasks=CUT, files={}))
    here(Job.objects.get(status="queued", parent=None, video_job__is_counted=True))

    video = fresh(video)
    assert (video.state, video.error, video.warnings) == (VideoState.PUBLISHED, "", [])


def here(job):
    """Have our own worker do a job."""
    Job.objects.filter(pk=job.pk).update(queue="ffmpeg")
    execute(job.pk)
