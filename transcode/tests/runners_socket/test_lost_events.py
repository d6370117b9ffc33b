"""Events that Redis loses: connected runners hear of the job all the same."""

import pytest

from core.jobs.models import Job
from tests.support.stand_in_runner import StandInRunner
from tests.support.waiting import wait_until
from transcode.runners import presence
from transcode.tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def runner(platform):
    """Return a runner of the platform and its row."""
    row, token = factories.make_runner()
    runner = StandInRunner(platform.url)
    runner.token = token
    yield runner, row
    runner.close()


@pytest.mark.case("transcode", 21)
def test_an_event_that_redis_lost_is_made_up_for(platform, machine, user, settings, runner):
    settings.TRANSCODE_LOCAL_WORKERS = "off"
    here, row = runner
    video = factories.make_video(user)
    with here.listen() as ears:
        machine.stop_redis()
        job = factories.make_job(video)  # Its event goes nowhere.
        machine.restart_redis()
        platform.heal()
        assert ears.wait()
        assert ears.is_open
        assert row.pk in presence.connected()
        assert here.take()["uuid"] == str(job.pk)


def test_a_runner_that_connects_again_after_a_restart_hears_events(
    platform, machine, user, settings, runner
):
    settings.TRANSCODE_LOCAL_WORKERS = "off"
    here, row = runner
    with here.listen():
        machine.restart_redis()
    platform.heal()
    with here.listen() as ears:
        wait_until(lambda: row.pk in presence.connected())
        job = factories.make_job(factories.make_video(user))
        factories.quiet_since(job, 16)
        assert ears.wait()
        assert Job.objects.get(pk=job.pk).status == "queued"
