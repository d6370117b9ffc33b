"""Jobs on videos in the admin: who may see and do what, and what the pages show."""

import pytest

from core.jobs import lifecycle
from core.jobs.models import Job
from transcode.models import VideoJob
from transcode.runners.removal import remove_runner
from transcode.states import JobState, state_of
from transcode.tests.admin.conftest import act, text_of
from transcode.tests.factories import accepted, ends, fresh, make_job, make_runner, make_video

LIST = "/admin/transcode/videojob/"


@pytest.fixture
def video(user):
    return make_video(user)


@pytest.fixture
def held(video):
    """Return a job that a runner is at work on; its tokens are on it."""
    job = make_job(video)
    runner, runner_token = make_runner("Ada's <i>machine</i>")
    job_token = accepted(runner, job)
    job.secrets = [
        *(runner_token, runner.token_hash, job_token, job.token_hash),
        *(runner.registration_token.token, str(Job.objects.get(pk=job.pk).lease_token)),
    ]
    return job


def page_of(job):
    return f"{LIST}{job.pk}/change/"


def state(job):
    return state_of(fresh(job).job)


def test_a_user_who_is_not_staff_sees_nothing(client, user, held):
    client.force_login(user)
    assert client.get(LIST).status_code == 302
    assert client.get(page_of(held)).status_code == 302


@pytest.mark.parametrize("door", ["add/", "{pk}/delete/"])
def test_jobs_are_neither_added_nor_removed_by_hand(desk, held, door):
    assert desk.get(LIST + door.format(pk=held.pk)).status_code == 403
    assert desk.post(LIST + door.format(pk=held.pk), {"post": "yes"}).status_code == 403
    assert VideoJob.objects.count() == 1


@pytest.mark.parametrize("action", ["retry_jobs", "cancel_jobs", "delete_selected"])
def test_who_may_only_look_changes_nothing(onlooker, held, action):
    act(onlooker, LIST, action, held, post="yes")
    assert state(held) == JobState.PROCESSING


@pytest.mark.parametrize("query", ["token_hash__startswith=a", "runner__token_hash__startswith=a"])
def test_no_hash_is_found_out_by_asking(desk, held, query):
    assert desk.get(f"{LIST}?{query}").status_code == 400


@pytest.mark.parametrize("query", ["q=%00", "q='", "state=99", "state=%00", "type=x", "o=1.99"])
def test_a_hostile_query_breaks_nothing(desk, held, query):
    assert desk.get(f"{LIST}?{query}").status_code in (200, 302, 400)


@pytest.mark.parametrize("state", list(JobState))
def test_the_list_can_be_narrowed_to_each_of_the_nine_states(desk, video, state):
    parent, done, broken = (make_job(video) for _ in range(3))
    cancelled, doomed = make_job(video), make_job(video)
    at_work, finishing = make_job(video), make_job(video)
    jobs = {
        JobState.PENDING: parent,
        JobState.WAITING_FOR_PARENT_JOB: make_job(video, parent=parent),
        JobState.PROCESSING: at_work,
        JobState.COMPLETING: finishing,
        JobState.COMPLETED: done,
        JobState.ERRORED: broken,
        JobState.CANCELLED: cancelled,
        JobState.PARENT_CANCELLED: make_job(video, parent=cancelled),
        JobState.PARENT_ERRORED: make_job(video, parent=doomed),
    }
    runner, _ = make_runner()
    for job in (at_work, finishing, doomed):
        accepted(runner, job)
    lifecycle.hand_over(Job.objects.get(pk=finishing.pk))
    lifecycle.fail(Job.objects.get(pk=doomed.pk), "broken", "It broke.")
    lifecycle.cancel(cancelled.pk)
    ends(done, "succeeded")
    ends(broken, "failed", error_code="broken")
    shown = desk.get(f"{LIST}?state={int(state)}").context["cl"].queryset
    ours = {jobs[state].pk, *({doomed.pk} if state == JobState.ERRORED else ())}
    assert {job.pk for job in shown} == ours


def test_jobs_are_found_by_video_runner_and_id(desk, held, other_user):
    other = make_job(make_video(other_user, name="Another"))
    for words in ("clip", "machine", str(held.pk), "ada@example"):
        found = desk.get(LIST, {"q": words}).context["cl"].queryset
        assert [job.pk for job in found] == [held.pk]
    assert str(other.pk) in text_of(desk.get(LIST, {"q": "Another"}))


def test_list_and_page_say_who_did_a_job_also_when_that_runner_is_gone(desk, video, held):
    lifecycle.succeed(Job.objects.get(pk=held.pk), {})
    ours = make_job(video)
    job = lifecycle.claim(ours.pk, holder="worker:host/pid:1:2", is_outside=True)
    lifecycle.succeed(job, {})
    assert "Ada&#x27;s" in text_of(desk.get(page_of(held)))
    remove_runner(fresh(held).runner)
    for address in (LIST, page_of(held), f"/admin/transcode/video/{video.pk}/change/"):
        assert "a removed runner" in text_of(desk.get(address))
    assert ">local<" in text_of(desk.get(page_of(ours)))


def test_neither_list_nor_page_shows_a_token_or_a_hash(desk, held):
    for address in (LIST, page_of(held), f"/admin/core/job/{held.pk}/change/"):
        text = text_of(desk.get(address))
        assert not [secret for secret in held.secrets if secret in text]
        assert "<i>machine" not in text
    assert "Ada&#x27;s" in text_of(desk.get(page_of(held)))


def test_the_page_shows_progress_error_and_the_parent(desk, video, held):
    child = make_job(video, parent=held)
    lifecycle.report(Job.objects.get(pk=held.pk), "encode", 0, 0.5)
    text = text_of(desk.get(page_of(held)))
    assert "49%" in text
    assert '<meta http-equiv="refresh" content="2">' in text
    lifecycle.fail(Job.objects.get(pk=held.pk), "broken", "The <b>encoder</b> broke.")
    text = text_of(desk.get(page_of(held)))
    assert "The &lt;b&gt;encoder" in text
    assert "refresh" not in text
    text = text_of(desk.get(page_of(child)))
    assert "Parent job failed" in text
    assert page_of(held) in text


def test_an_operator_cancels_and_tries_again_what_allows_it(operator, video, held):
    done = make_job(video)
    ends(done, "succeeded")
    text = text_of(act(operator, LIST, "cancel_jobs", held, done))
    assert "1 of 2 video jobs cancelled." in text
    assert (state(held), state(done)) == (JobState.CANCELLED, JobState.COMPLETED)
    text = text_of(act(operator, LIST, "retry_jobs", held, done))
    assert "1 of 2 video jobs tried again." in text
    assert (state(held), state(done)) == (JobState.PENDING, JobState.COMPLETED)


def test_what_is_being_finished_is_not_cancelled(operator, held):
    lifecycle.hand_over(Job.objects.get(pk=held.pk))
    assert "0 of 1 video jobs cancelled." in text_of(act(operator, LIST, "cancel_jobs", held))
    assert state(held) == JobState.COMPLETING
