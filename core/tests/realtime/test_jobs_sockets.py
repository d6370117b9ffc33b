"""`/ws/jobs/` and `/ws/jobs/<uuid>/`: the snapshot, then every change, to its owner only."""

import uuid

import pytest

from core.jobs import lifecycle
from core.jobs.events import job_event
from core.jobs.models import Job, Status
from core.jobs.types import job_body
from core.kinds.selftest import Selftest
from core.realtime import close_codes
from core.realtime.groups import group_for_job, group_for_jobs_of
from core.realtime.publish import publish

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def make_job(user):
    """Return the function that makes queued jobs, which no worker takes."""

    def make(owner=user, **fields):
        fields = {"kind": Selftest.name, "queue": "nobody", "params": {"stages": 2}, **fields}
        return Job.objects.create(owner=owner, **fields)

    return make


@pytest.fixture
def open_as(open_socket, access_token):
    return lambda owner, path="/ws/jobs/": open_socket(f"{path}?token={access_token(owner)}")


def frames_until_final(client, job):
    frames = []
    while not frames or frames[-1]["status"] not in {"succeeded", "failed", "cancelled"}:
        frames.append(client.receive())
        assert frames[-1]["id"] == str(job.pk)
    return frames


def silent(client):
    """Whether nothing came before the answer to a command."""
    return client.ask({"type": "nope"})["type"] == "error"


def test_an_unknown_job_and_anothers_job_are_not_found_alike(open_as, make_job, user, other_user):
    foreign = make_job(owner=other_user)
    answers = []
    for job_id in (uuid.uuid4(), foreign.pk):
        client = open_as(user, f"/ws/jobs/{job_id}/")
        answers.append(client.rest())
        assert client.connection.close_code == close_codes.NOT_FOUND

    assert answers[0] == answers[1]
    assert answers[0] == [{"type": "error", "code": "not_found", "error": "not_found"}]


def test_an_address_that_is_no_job_closes_4404(open_as, user):
    for path in ("/ws/jobs/no-uuid/", "/ws/nowhere/", "/"):
        assert open_as(user, path).close_code() == close_codes.NOT_FOUND


def test_another_users_job_is_never_seen(open_as, make_job, user, other_user):
    mine = open_as(user)
    assert silent(mine)
    foreign = make_job(owner=other_user)
    lifecycle.claim(foreign.pk, holder="test")
    lifecycle.cancel(foreign.pk)

    assert silent(mine)


def test_the_snapshot_shows_the_unfinished_jobs_oldest_first(open_as, make_job, user):
    done = make_job(status=Status.SUCCEEDED)
    waiting = [make_job() for _ in range(3)]
    client = open_as(user)

    assert [client.receive() for _ in waiting] == [
        {"type": "job", **job_body(job)} for job in waiting
    ]
    assert silent(client)
    assert done.pk not in {job.pk for job in waiting}


def test_a_long_snapshot_comes_whole(open_as, make_job, user):
    jobs = Job.objects.bulk_create(
        Job(owner=user, kind=Selftest.name, queue="nobody") for _ in range(450)
    )
    client = open_as(user)

    assert {client.receive()["id"] for _ in jobs} == {str(job.pk) for job in jobs}
    assert silent(client)


def test_each_change_arrives_in_order_and_the_final_state_is_last(open_as, make_job, user):
    client = open_as(user)
    assert silent(client)
    job = make_job()
    claimed = lifecycle.claim(job.pk, holder="test")
    for number in range(1, 6):
        lifecycle.report(claimed, "stage 1", 0, number / 10)
    lifecycle.succeed(claimed, {"stages": 2})

    frames = frames_until_final(client, job)
    revisions = [frame["revision"] for frame in frames]
    assert revisions == sorted(set(revisions))
    job.refresh_from_db()
    assert frames[-1] == {"type": "job", **job_body(job)}


def test_the_socket_of_one_job_shows_that_job_only(open_as, make_job, user):
    job, other = make_job(), make_job()
    client = open_as(user, f"/ws/jobs/{job.pk}/")
    assert client.receive() == {"type": "job", **job_body(job)}
    lifecycle.cancel(other.pk)
    lifecycle.cancel(job.pk)

    frame = client.receive()
    assert (frame["id"], frame["status"]) == (str(job.pk), "cancelled")
    assert silent(client)


def test_the_socket_of_a_finished_job_shows_it(open_as, make_job, user):
    job = make_job(status=Status.SUCCEEDED, result={"a": 1})
    client = open_as(user, f"/ws/jobs/{job.pk}/")

    assert client.receive()["result"] == {"a": 1}


def test_two_tabs_both_see_everything(open_as, make_job, user):
    tabs = [open_as(user), open_as(user)]
    for tab in tabs:
        assert silent(tab)
    job = make_job()
    lifecycle.cancel(job.pk)

    for tab in tabs:
        assert frames_until_final(tab, job)[-1]["status"] == "cancelled"


def test_an_older_or_equal_revision_is_dropped(open_as, make_job, user):
    job = make_job()
    old = job_event(job)
    client = open_as(user)
    assert client.receive()["status"] == "queued"
    cancelled = lifecycle.cancel(job.pk)
    publish([group_for_jobs_of(user.pk)], old)
    publish([group_for_jobs_of(user.pk)], job_event(cancelled))

    assert client.receive()["status"] == "cancelled"
    assert silent(client)


def test_a_lost_final_event_is_made_up_for_by_the_sweep(open_as, make_job, user):
    job = make_job()
    clients = [open_as(user), open_as(user, f"/ws/jobs/{job.pk}/")]
    for client in clients:
        assert client.receive()["status"] == "queued"
    # As lifecycle.fail leaves it, without the event.
    Job.objects.filter(pk=job.pk).update(status=Status.FAILED, revision=9, error_code="crashed")

    for client in clients:
        frame = client.receive()
        assert (frame["status"], frame["revision"]) == ("failed", 9)
        assert silent(client)


def test_a_new_job_whose_event_was_lost_is_shown_by_the_sweep(open_as, make_job, user):
    client = open_as(user)
    assert silent(client)
    job = make_job()  # nothing is announced

    assert client.receive()["id"] == str(job.pk)


def test_events_come_again_after_redis_was_restarted(open_as, make_job, user, machine):
    job = make_job()
    client = open_as(user)
    assert client.receive()["status"] == "queued"
    claimed = lifecycle.claim(job.pk, holder="test")
    assert client.receive()["status"] == "running"
    machine.stop_redis()
    lifecycle.succeed(claimed, {})
    machine.restart_redis()

    assert client.receive()["status"] == "succeeded"
    later = make_job()
    lifecycle.cancel(later.pk)
    assert frames_until_final(client, later)[-1]["status"] == "cancelled"


def test_without_redis_a_new_socket_is_asked_to_come_again(open_as, user, machine):
    machine.stop_redis()
    try:
        client = open_as(user)
        assert [frame["code"] for frame in client.rest()] == ["unavailable"]
        assert client.connection.close_code == close_codes.TRY_AGAIN_LATER
    finally:
        machine.restart_redis()


def test_a_real_job_is_followed_from_its_start_to_its_end(open_as, user):
    client = open_as(user)
    assert silent(client)
    params = {"duration_s": 0.5, "stages": 2, "behaviour": "ok", "subprocess": False}
    job = lifecycle.enqueue(Selftest, owner=user, params=params)

    frames = frames_until_final(client, job)
    assert frames[0]["status"] == "queued"
    assert frames[-1]["status"] == "succeeded"
    assert {frame["stage"] for frame in frames} >= {"stage 1", "stage 2"}


def test_a_change_between_join_and_snapshot_is_not_lost(open_as, make_job, user):
    for _ in range(20):
        job = make_job()
        client = open_as(user, f"/ws/jobs/{job.pk}/")
        lifecycle.cancel(job.pk)
        assert frames_until_final(client, job)[-1]["status"] == "cancelled"
        client.connection.close()


def test_groups_are_named_for_one_job_and_one_owner(user):
    job_id = uuid.uuid4()
    assert group_for_job(job_id) == f"jobs.job.{job_id}"
    assert group_for_jobs_of(user.pk) == f"jobs.user.{user.pk}"
