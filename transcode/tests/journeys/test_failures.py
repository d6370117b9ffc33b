"""A job that fails and fails: how often, what becomes of the video, who is told (2.6)."""

from pathlib import Path
from typing import ClassVar

import pytest
from rest_framework.test import APIClient

from core.jobs.execution import execute
from core.jobs.models import Job
from transcode.models import Video, VideoJob, VideoState
from transcode.runners import holding
from transcode.states import state_of
from transcode.tests import factories
from transcode.tests.videos.conftest import videos  # noqa: F401
from transcode.tests.videos.making import make_video, stage


class Callback:
    """What `TRANSCODE_ENDED_CALLBACK` names here."""

    heard: ClassVar[list[tuple[str, int]]] = []


def called_back(video):
    Callback.heard.append((str(video.pk), video.state))


@pytest.fixture(autouse=True)
def _by_itself(alone, transactional_db, settings, videos):  # noqa: F811
    settings.TRANSCODE_LOCAL_WORKERS = "off"
    settings.TRANSCODE_ENDED_CALLBACK = f"{__name__}.called_back"
    Callback.heard.clear()


@pytest.fixture
def runner():
    saved, saved.token = factories.make_runner()
    return saved


def post(path, body):
    answer = APIClient().post(f"/api/v1/runners/jobs/{path}", body, format="json")
    assert answer.status_code in (200, 204), answer.content
    return answer


def fail(runner, job, times):
    for _ in range(times):
        accepted = post(f"{job.pk}/accept", {"runnerToken": runner.token}).json()["job"]
        tokens = {"runnerToken": runner.token, "jobToken": accepted["jobToken"]}
        post(f"{job.pk}/error", {**tokens, "message": "No room on the card"})


def succeed(runner, job, result):
    accepted = post(f"{job.pk}/accept", {"runnerToken": runner.token}).json()["job"]
    hold = holding.held(job.pk, runner_token=runner.token, job_token=accepted["jobToken"], ip=None)
    files = {part: Path(path) for part, path in stage(job, result).items()}
    holding.succeed(hold, {}, files)
    execute(job.pk)


def states(video):
    rows = VideoJob.objects.filter(video=video, is_counted=True).select_related("job__parent")
    return [state_of(row.job) for row in rows.order_by("job__created_at", "job")]


@pytest.mark.case("transcode", 12)
def test_the_fifth_error_is_the_last_and_four_are_none_too_many(user, runner):
    video, (parent, *_) = make_video(user)
    fail(runner, parent, 4)
    assert states(video) == [1, 5, 5]
    assert Callback.heard == []
    fail(runner, parent, 1)
    assert states(video) == [4, 7, 7]
    assert Job.objects.get(pk=parent.pk).error_message == "No room on the card"
    video.refresh_from_db()
    assert video.state == VideoState.TRANSCODING_FAILED
    assert Callback.heard == [(str(video.pk), 7)]

    other, (parent, sound, small) = make_video(user)
    fail(runner, parent, 4)
    for job, result in ((parent, "360"), (sound, "0"), (small, "180")):
        succeed(runner, job, result)
    other.refresh_from_db()
    assert (other.state, other.progress) == (VideoState.PUBLISHED, 100.0)
    assert Callback.heard[1:] == [(str(other.pk), 1)]


def test_a_rendition_that_fails_for_good_costs_a_warning_if_the_video_plays(user, runner):
    video, (parent, sound, small) = make_video(user)
    succeed(runner, parent, "360")
    succeed(runner, sound, "0")
    fail(runner, small, 5)
    video.refresh_from_db()
    assert video.state == VideoState.PUBLISHED
    assert [warning.split(":")[0] for warning in video.warnings] == [
        "The rendition of 180p is missing"
    ]
    assert Callback.heard == [(str(video.pk), 1)]


def test_a_callback_that_breaks_harms_nobody(user, runner, settings):
    settings.TRANSCODE_ENDED_CALLBACK = "no.such.thing"
    video, (parent, *_) = make_video(user)
    fail(runner, parent, 5)
    assert Video.objects.get(pk=video.pk).state == VideoState.TRANSCODING_FAILED
