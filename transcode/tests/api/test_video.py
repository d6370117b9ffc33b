"""`video/<uuid>` and what can be done there: show, erase, jobs, renditions, retry, cancel."""

import re
import uuid

import pytest
from rest_framework.test import APIClient

from core.jobs import lifecycle
from core.jobs.models import Job, Status
from transcode.api.schema import VideoSerializer
from transcode.models import JobType, Video, VideoJob, VideoState
from transcode.runners.removal import remove_runner
from transcode.tests.api.conftest import VIDEO, assert_problem, files_below
from transcode.tests.factories import accepted, ends, make_job, make_runner, make_video
from transcode.videos import pictures

pytestmark = pytest.mark.django_db(transaction=True)

DOORS = [
    ("get", ""),
    ("patch", ""),
    ("delete", ""),
    ("get", "/jobs"),
    ("post", "/transcode"),
    ("post", "/retry"),
    ("post", "/cancel"),
]


def at(video_or_id, rest=""):
    return f"{VIDEO}/{getattr(video_or_id, 'pk', video_or_id)}{rest}"


def call(client, method, address, **more):
    return getattr(client, method)(address, **more)


@pytest.mark.parametrize(("method", "rest"), DOORS)
def test_without_a_token_it_is_401(user, method, rest):
    video = make_video(user)

    assert_problem(call(APIClient(), method, at(video, rest)), 401, "not_authenticated")


@pytest.mark.parametrize(("method", "rest"), DOORS)
def test_what_is_not_there_and_what_is_anothers_is_404_alike(api, other_user, method, rest):
    theirs = make_video(other_user)
    make_job(theirs)

    answers = [call(api, method, at(which, rest)) for which in (theirs, uuid.uuid4())]

    for answer in answers:
        assert_problem(answer, 404, "not_found")
    assert answers[0].content == answers[1].content
    assert Video.objects.filter(pk=theirs.pk).exists()
    assert Job.objects.get().status == Status.QUEUED


@pytest.mark.parametrize(
    "name", ["x", "1", "..", "%00", f"{uuid.UUID(int=1, version=4)}x", "upload/x", "é"]
)
def test_what_is_no_id_is_404(api, name):
    assert_problem(api.get(at(name)), 404, "not_found")


@pytest.mark.parametrize("method", ["put", "post"])
def test_other_methods_are_405(api, user, method):
    assert_problem(call(api, method, at(make_video(user))), 405, "method_not_allowed")


@pytest.mark.parametrize(("method", "rest"), DOORS)
def test_staff_open_every_door_and_a_slash_does_no_harm(staff_api, user, method, rest):
    video = make_video(user)

    answer = call(staff_api, method, at(video, f"{rest}/"))

    # A name is wanted, or jobs that could be cancelled.
    assert answer.status_code in (200, 204, 409) or (method, answer.status_code) == ("patch", 400)


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": " "}, {"name": "n" * 121}])
def test_a_name_that_is_none_is_refused_by_field(api, user, body):
    video = make_video(user)

    answer = api.patch(at(video), body, format="json")

    assert_problem(answer, 400, "invalid", "name")
    assert Video.objects.get().name == video.name


def test_a_video_is_renamed_and_nothing_else_of_it(api, user):
    video = make_video(user, language="en")

    answer = api.patch(
        at(video), {"name": " Holiday ", "state": 1, "language": "fr"}, format="json"
    )

    assert answer.status_code == 200
    assert answer.json()["video"]["name"] == "Holiday"
    row = Video.objects.get()
    assert (row.name, row.language, row.state) == ("Holiday", "en", video.state)
    assert row.revision > video.revision


def test_a_video_is_shown_as_the_schema_says(api, create):
    video = create("landscape")
    pictures.add(video)

    body = api.get(at(video)).json()["video"]

    assert set(body) == set(VideoSerializer().fields)
    assert body["uuid"] == str(video.pk)
    assert body["state"] == {"id": 2, "label": "To transcode"}
    assert (body["width"], body["height"], body["fps"], body["duration"]) == (640, 360, 30, 2)
    assert (body["progress"], body["playable"], body["isLive"]) == (0, False, False)
    assert body["playback"] == {"hlsUrl": None, "webVideoUrls": [], "segmentsSha256Url": None}
    assert re.fullmatch(rf"/play/[^/]+/{video.pk}/[^/]+-thumbnail\.jpg", body["thumbnailUrl"])


def test_the_addresses_of_one_moment_are_the_same(api, create):
    video = create("silent")
    pictures.add(video)

    first, second = (api.get(at(video)).json()["video"]["thumbnailUrl"] for _ in range(2))

    assert first == second


def test_delete_erases_rows_jobs_and_files(api, create, videos):
    video = create("silent")
    assert files_below(videos)

    answer = api.delete(at(video))

    assert (answer.status_code, answer.content) == (204, b"")
    assert files_below(videos) == []
    assert not Video.objects.exists()
    assert not VideoJob.objects.exists()
    assert set(Job.objects.values_list("status", flat=True)) == {Status.CANCELLED}
    assert_problem(api.delete(at(video)), 404, "not_found")


def test_jobs_are_listed_without_addresses_and_tokens(api, user):
    video = make_video(user)
    parent = make_job(video, payload={"input": {"videoFileUrl": "http://x/secret-address"}})
    child = make_job(video, parent=parent, resolution=0)
    runner, token = make_runner("box <1>")
    job_token = accepted(runner, parent)

    answer = api.get(at(video, "/jobs"))

    first, second = answer.json()["data"]
    assert first["uuid"] == str(parent.pk)
    assert (first["type"], first["resolution"]) == (JobType.HLS, 360)
    assert first["state"] == {"id": 2, "label": "Processing"}
    assert (first["executor"], first["failures"], first["error"]) == ("runner:box <1>", 0, None)
    assert first["startedAt"] is not None
    assert first["progress"] == 0
    assert second == {
        "uuid": str(child.pk),
        "type": "vod-hls-transcoding",
        "resolution": 0,
        "state": {"id": 5, "label": "Waiting for parent job to finish"},
        "progress": None,
        "failures": 0,
        "error": None,
        "executor": None,
        "startedAt": None,
        "finishedAt": None,
    }
    text = answer.content.decode()
    assert not any(secret in text for secret in ("secret-address", token, job_token, "ptrjt"))


def test_a_job_that_ended_here_says_so_and_its_child_whose_fault_it_was(api, user):
    video = make_video(user)
    parent = make_job(video)
    child = make_job(video, parent=parent, resolution=0)
    ends(parent, Status.FAILED, started_at=video.created_at, error_code="x", error_message="Oh.")
    ends(child, Status.FAILED, error_code="parent_failed", error_message="The parent failed.")

    first, second = api.get(at(video, "/jobs")).json()["data"]

    assert (first["state"]["id"], first["error"], first["executor"]) == (4, "Oh.", "local")
    assert (second["state"]["id"], second["error"]) == (7, "Parent error")
    assert second["executor"] is None


def test_what_a_runner_did_that_is_gone_is_not_said_to_be_done_here(api, user):
    video = make_video(user)
    done, dropped, ours = (make_job(video, resolution=size) for size in (360, 240, 144))
    gone, _ = make_runner("gone")
    stays, _ = make_runner("stays")
    accepted(gone, done)
    lifecycle.succeed(Job.objects.get(pk=done.pk), {})
    accepted(stays, dropped)
    lifecycle.release(Job.objects.get(pk=dropped.pk))
    lifecycle.cancel(dropped.pk)
    lifecycle.claim(ours.pk, holder="worker:host/pid:1:2", is_outside=True)
    remove_runner(gone)

    jobs = api.get(at(video, "/jobs")).json()["data"]

    assert [job["executor"] for job in jobs] == ["runner", "runner:stays", "local"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"resolutions": "240"}, "resolutions"),
        ({"resolutions": [1]}, "resolutions"),
        ({"resolutions": []}, "resolutions"),
        ({"resolutions": [0]}, "resolutions"),
        ({"resolutions": ["x"]}, "resolutions.0"),
        ({"resolutions": [240] * 100}, "resolutions"),
        ({"type": "dash"}, "type"),
        ({"type": None}, "type"),
    ],
)
def test_a_wrong_ladder_is_named(api, user, body, field):
    video = make_video(user, state=VideoState.PUBLISHED, source_name="originals/x/source.mp4")

    assert_problem(api.post(at(video, "/transcode"), body, format="json"), 400, "invalid", field)
    assert not Job.objects.exists()


def test_a_ladder_while_jobs_are_open_is_409(api, create):
    video = create("silent")

    assert_problem(api.post(at(video, "/transcode"), {}, format="json"), 409, "conflict")


def test_a_ladder_of_a_settled_video_is_queued(api, create):
    video = create("silent")
    for row in VideoJob.objects.all():
        ends(row, Status.SUCCEEDED)
    Video.objects.update(state=VideoState.PUBLISHED)

    answer = api.post(at(video, "/transcode"), {"resolutions": [240]}, format="json")

    assert answer.status_code == 202
    assert answer.json()["video"]["state"]["id"] == VideoState.TO_TRANSCODE
    new = VideoJob.objects.filter(round=2)
    assert [row.resolution for row in new] == [240]


def test_cancel_ends_the_jobs_and_a_second_one_is_409(api, create):
    video = create("silent")

    answer = api.post(at(video, "/cancel"))

    assert answer.status_code == 202
    assert answer.json()["video"]["uuid"] == str(video.pk)
    assert set(Job.objects.values_list("status", flat=True)) == {Status.CANCELLED}
    assert_problem(api.post(at(video, "/cancel")), 409, "conflict")


def test_retry_is_409_until_something_has_failed(api, create):
    video = create("silent")
    assert_problem(api.post(at(video, "/retry")), 409, "conflict")
    api.post(at(video, "/cancel"))

    answer = api.post(at(video, "/retry"))

    assert answer.status_code == 202
    assert answer.json()["video"]["state"]["id"] == VideoState.TO_TRANSCODE
    assert set(Job.objects.values_list("status", flat=True)) == {Status.QUEUED}
