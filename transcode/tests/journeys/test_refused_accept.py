"""A runner whose accept was refused: silent until it hears of a job, then it goes on."""

import pytest

from transcode.models import VideoJob
from transcode.states import JobState, state_of

pytestmark = pytest.mark.django_db(transaction=True)


def pending_jobs():
    rows = VideoJob.objects.select_related("job__parent")
    return [row for row in rows if state_of(row.job) == JobState.PENDING]


class BeatenTo:
    """Lets a rival take every job that is offered to a runner, once, before it accepts."""

    def __init__(self, runner, rival):
        self.runner, self.rival = runner, rival
        self.won, self.statuses = None, []

    def take(self):
        """Do what `StandInRunner.take` does, with the rival in between."""
        offered = self.runner.request().json()["availableJobs"]
        self.won = self.rival.accept(offered[0]["uuid"]).json()["job"]
        answer = self.runner.accept(offered[0]["uuid"])
        self.statuses.append((answer.status_code, answer.json()["code"]))


@pytest.mark.case("transcode", 25)
def test_a_runner_that_came_too_late_goes_on_with_the_next_event(person, hire, tmp_path):
    runner, rival = hire("late"), hire("first")
    with runner.listen() as ears:
        uuid = person.upload()
        other = person.upload("silent")
        assert ears.wait()
        race = BeatenTo(runner, rival)
        race.take()
        assert race.statuses == [(409, "runner_job_not_in_pending_state")]
        assert len(pending_jobs()) == 1
        while ears.wait(0):
            pass  # What it heard before the refusal, and dropped.
        # No poll, no restart: it hears, and does what is left.
        done = runner.work(ears, tmp_path, lambda: other_is_done(person, other))
        assert rival.run(race.won, tmp_path / "rival").status_code == 204
        done += runner.work(ears, tmp_path, lambda: other_is_done(person, uuid))
    assert race.won["uuid"] not in {job["uuid"] for job in done}
    assert {job["state"]["id"] for job in person.jobs(uuid) if job["type"].startswith("vod")} == {3}


def other_is_done(person, uuid):
    return person.video(uuid)["state"]["id"] == 1
