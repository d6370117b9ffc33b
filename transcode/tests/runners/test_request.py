"""POST /api/v1/runners/jobs/request"""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.jobs.models import Job, Status
from transcode.models import JobType, Runner
from transcode.tests.factories import accepted, ends, fresh, make_job

PATH = "/jobs/request"


def ask(call, runner, **more):
    answer = call(PATH, {"runnerToken": runner.token, **more})
    assert answer.status_code == 200
    return [offer["uuid"] for offer in answer.json()["availableJobs"]]


@pytest.mark.case("transcode", 3)
def test_a_token_that_is_nobodys_is_told_so_and_nothing_pending_is_an_empty_list(call, runner):
    answer = call(PATH, {"runnerToken": "ptrt-nobody"})
    assert answer.status_code == 404
    assert answer.json()["code"] == "unknown_runner_token"
    nothing = call(PATH, {"runnerToken": runner.token})
    assert (nothing.status_code, nothing.json()) == (200, {"availableJobs": []})


@pytest.mark.parametrize("types", ["vod-hls-transcoding", {"a": 1}, 7, [["x"]], [{}]])
def test_types_that_are_no_list_of_names_are_a_bad_request(call, runner, types):
    answer = call(PATH, {"runnerToken": runner.token, "jobTypes": types})
    assert answer.status_code == 400
    assert "jobTypes" in next(iter(answer.json()["invalid-params"]))


@pytest.mark.parametrize("token", [None, "", 7.5, [], "x" * 1001])
def test_what_is_no_token_is_a_bad_request(call, runner, token):
    answer = call(PATH, {"runnerToken": token})
    assert answer.status_code in (400, 404)
    assert answer.json()["error"]


def test_no_job_is_offered_that_is_not_pending(call, runner, other_runner, video):
    parent = make_job(video)
    make_job(video, parent=parent)
    accepted(other_runner, parent)
    done = make_job(video)
    ends(done, Status.SUCCEEDED)
    assert ask(call, runner) == []


def test_no_job_is_offered_that_is_ours_alone(call, runner, video):
    make_job(video, JobType.REMUX)
    assert ask(call, runner) == []


def test_an_offer_shows_type_and_payload_and_reserves_nothing(call, runner, other_runner, job):
    answer = call(PATH, {"runnerToken": runner.token})
    assert answer.json()["availableJobs"] == [
        {"uuid": str(job.pk), "type": "vod-hls-transcoding", "payload": job.payload}
    ]
    assert ask(call, other_runner) == [str(job.pk)]
    assert fresh(job).job.status == Status.QUEUED


def test_a_child_is_offered_once_its_parent_has_succeeded(call, runner, video):
    parent = make_job(video)
    child = make_job(video, parent=parent)
    ends(parent, Status.SUCCEEDED)
    assert ask(call, runner) == [str(child.pk)]


def test_the_first_ten_are_the_most_urgent_and_of_those_the_oldest(call, runner, video):
    made = [make_job(video, priority=priority) for priority in (120, 100, 110) * 4]
    asked = ask(call, runner)
    by_urgency = sorted(made, key=lambda job: (job.priority, made.index(job)))
    assert asked == [str(job.pk) for job in by_urgency[:10]]


@pytest.mark.parametrize("types", [None, []])
def test_no_types_and_an_empty_list_are_all_types(call, runner, video, types):
    made = [make_job(video), make_job(video, JobType.WEB_VIDEO)]
    more = {} if types is None else {"jobTypes": types}
    assert ask(call, runner, **more) == [str(job.pk) for job in made]


def test_types_are_filtered_before_the_ten_are_counted(call, runner, video):
    for _ in range(12):
        make_job(video, priority=1)
    web = make_job(video, JobType.WEB_VIDEO, priority=500)
    assert ask(call, runner, jobTypes=["vod-web-video-transcoding"]) == [str(web.pk)]
    assert ask(call, runner, jobTypes=["no-such-type"]) == []


@pytest.mark.case("transcode", 4)
def test_of_twelve_ten_come_in_order_types_count_first_and_storyboards_wait_for_who_knows_them(
    call, runner, video
):
    made = [make_job(video, priority=priority) for priority in (120, 100, 110) * 4]
    by_urgency = sorted(made, key=lambda job: (job.priority, made.index(job)))
    web = make_job(video, JobType.WEB_VIDEO, priority=500)
    assert ask(call, runner) == [str(job.pk) for job in by_urgency[:10]]
    assert ask(call, runner, jobTypes=["vod-web-video-transcoding"]) == [str(web.pk)]

    board = make_job(video, JobType.STORYBOARD, priority=1, resolution=None)
    assert str(board.pk) not in ask(call, runner)
    assert str(board.pk) not in ask(call, runner, version="0.2.9")
    assert str(board.pk) not in ask(call, runner, version="nonsense")
    assert ask(call, runner, jobTypes=["generate-video-storyboard"]) == [str(board.pk)]
    assert ask(call, runner, version="0.3.0")[0] == str(board.pk)


def test_the_version_is_kept_when_it_is_new(call, runner):
    ask(call, runner, version="0.3.1")
    assert Runner.objects.get().version == "0.3.1"
    ask(call, runner)
    assert Runner.objects.get().version == "0.3.1"


def test_the_types_are_kept_as_they_were_asked_for_last(call, runner):
    ask(call, runner, jobTypes=["vod-hls-transcoding", "no-such-type", "vod-hls-transcoding"])
    assert Runner.objects.get().job_types == ["no-such-type", "vod-hls-transcoding"]
    ask(call, runner, jobTypes=[])
    assert Runner.objects.get().job_types == []
    ask(call, runner, jobTypes=["video-transcription"])
    ask(call, runner)
    assert Runner.objects.get().job_types == []


def test_what_a_runner_says_again_is_not_written_again(call, runner):
    said = {"version": "0.3.0", "jobTypes": ["vod-hls-transcoding", "video-transcription"]}
    ask(call, runner, **said)
    with CaptureQueriesContext(connection) as seen:
        ask(call, runner, **{**said, "jobTypes": said["jobTypes"][::-1]})
    assert not [query for query in seen if "UPDATE" in query["sql"]]


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ({}, {JobType.HLS, JobType.WEB_VIDEO}),
        ({"jobTypes": []}, {JobType.HLS, JobType.WEB_VIDEO}),
        ({"version": "0.3.0"}, {JobType.HLS, JobType.WEB_VIDEO, JobType.STORYBOARD}),
        ({"jobTypes": ["vod-hls-transcoding"], "version": "0.3.0"}, {JobType.HLS}),
        ({"jobTypes": ["generate-video-storyboard"]}, {JobType.STORYBOARD}),
        ({"jobTypes": ["no-such-type"], "version": "0.3.0"}, set()),
    ],
)
def test_our_workers_wait_with_what_a_runner_is_offered_and_with_nothing_else(
    call, runner, video, settings, said, left
):
    settings.TRANSCODE_LOCAL_WORKERS = "fallback"
    ask(call, runner, **said)
    types = (JobType.HLS, JobType.WEB_VIDEO, JobType.STORYBOARD, JobType.REMUX)
    made = [make_job(video, each) for each in types]
    assert {each.type for each in made if each.job.not_before} == left
    offered = ask(call, runner, **said)
    assert {each.type for each in made if str(each.pk) in offered} == left


def test_contact_and_address_are_written_every_thirty_seconds(call, runner):
    before = timezone.now() - timedelta(seconds=31)
    Runner.objects.update(last_contact=before, ip="")
    ask(call, runner)
    heard = Runner.objects.get()
    assert heard.last_contact > before
    assert heard.ip == "127.0.0.1"
    call(PATH, {"runnerToken": runner.token}, REMOTE_ADDR="192.0.2.9")
    assert Runner.objects.get().ip == "127.0.0.1"


def test_a_runner_whose_socket_was_lost_has_not_vanished_when_it_asks(call, runner):
    Runner.objects.update(disconnected_at=timezone.now())
    ask(call, runner)
    assert Runner.objects.get().disconnected_at is None


def test_a_valid_token_is_never_throttled_and_unknown_ones_are(call, runner):
    seen = [call(PATH, {"runnerToken": "ptrt-x"}).status_code for _ in range(51)]
    assert seen[-2:] == [404, 429]
    assert ask(call, runner) == []


def failed(job, runner, count, seconds_ago):
    at = timezone.now() - timedelta(seconds=seconds_ago)
    job.failed_by = {str(runner.pk): {"count": count, "at": at.isoformat()}}
    job.save(update_fields=["failed_by"])


@pytest.mark.parametrize(("count", "seconds_ago"), [(1, 25), (2, 55), (4, 235), (400, 100_000)])
def test_what_a_runner_failed_is_left_to_others_for_a_while(
    call, runner, other_runner, job, count, seconds_ago
):
    failed(job, runner, count, seconds_ago)
    assert ask(call, runner) == []
    assert ask(call, other_runner) == [str(job.pk)]


@pytest.mark.parametrize(("count", "seconds_ago"), [(1, 31), (2, 61), (4, 241)])
def test_the_while_passes(call, runner, other_runner, job, count, seconds_ago):
    failed(job, runner, count, seconds_ago)
    assert ask(call, runner) == [str(job.pk)]


def test_without_others_a_runner_is_offered_what_it_failed(call, runner, other_runner, job):
    failed(job, runner, 3, 1)
    Runner.objects.filter(pk=other_runner.pk).update(
        last_contact=timezone.now() - timedelta(seconds=121)
    )
    assert ask(call, runner) == [str(job.pk)]


def test_an_accept_of_what_was_not_offered_still_wins(call, runner, other_runner, job):
    failed(job, runner, 3, 1)
    assert call(f"/jobs/{job.pk}/accept", {"runnerToken": runner.token}).status_code == 200


def test_a_thousand_jobs_cost_no_more_queries_than_ten(call, runner, video):
    make_job(video)
    Job.objects.bulk_create(
        Job(kind="transcode.vod-hls-transcoding", queue="", params={}) for _ in range(50)
    )
    with CaptureQueriesContext(
        connection,
    ) as seen:
        ask(call, runner)
    assert len(seen) <= 4
