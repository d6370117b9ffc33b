"""Runners that an operator sends away, with their sockets, over the doors of a live server."""

import httpx
import pytest

from core.jobs.models import Job
from tests.support.stand_in_runner import StandInRunner
from tests.support.waiting import wait_until
from transcode.models import JobType, RegistrationToken, Runner
from transcode.states import JobState, state_of
from transcode.tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


class Sent:
    """A runner on the platform with a job to encode, one to stream and an open socket."""

    def __init__(self, platform, video, name):
        self.http = StandInRunner(platform.url, name)
        self.registration = factories.make_registration_token()
        assert self.http.register(self.registration.token).status_code == 200
        self.row = Runner.objects.get(name=name)
        rows = [factories.make_job(video, each) for each in (JobType.HLS, JobType.LIVE)]
        answers = [self.http.accept(row.pk) for row in rows]
        assert [answer.status_code for answer in answers] == [200, 200], answers[-1].text
        self.vod, self.live = (answer.json()["job"] for answer in answers)

    def is_known(self):
        return self.http.request().status_code == 200

    def state(self, job):
        return state_of(Job.objects.get(pk=job["uuid"]))


@pytest.fixture
def operator(platform, staff, access_token):
    """Return the operators' doors on the platform."""
    headers = {"Authorization": f"Bearer {access_token(staff)}"}
    base = f"{platform.url}/api/v1/runners"
    with httpx.Client(base_url=base, headers=headers, timeout=180) as client:
        yield client


@pytest.fixture
def video(user, settings):
    settings.TRANSCODE_LOCAL_WORKERS = "off"
    return factories.make_video(user)


@pytest.mark.case("transcode", 19)
@pytest.mark.parametrize("what", ["runner", "registration token"])
def test_a_runner_that_is_removed_loses_token_socket_and_jobs(platform, operator, video, what):
    gone, stays = Sent(platform, video, "gone"), Sent(platform, video, "stays")
    address = {
        "runner": f"/{gone.row.pk}",
        "registration token": f"/registration-tokens/{gone.registration.pk}",
    }[what]
    with gone.http.listen() as socket, stays.http.listen() as other_socket:
        assert operator.delete(address).status_code == 204
        # The jobs are free and the tokens dead with the answer; the socket follows.
        assert gone.state(gone.vod) == JobState.PENDING
        assert gone.state(gone.live) == JobState.ERRORED
        refused = gone.http.request()
        assert (refused.status_code, refused.json()["code"]) == (404, "unknown_runner_token")
        assert gone.http.update(gone.vod, 50).status_code == 404
        assert gone.http.success(gone.vod).status_code == 404
        assert gone.http.accept(gone.vod["uuid"]).status_code == 404
        wait_until(lambda: not socket.is_open)
        assert other_socket.is_open
    with pytest.raises(ConnectionRefusedError):
        gone.http.listen().__enter__()
    assert gone.http.register(gone.registration.token).status_code == (
        200 if what == "runner" else 404
    )
    assert stays.is_known()
    assert stays.state(stays.vod) == JobState.PROCESSING
    assert stays.http.accept(gone.vod["uuid"]).status_code == 200
    assert RegistrationToken.objects.filter(pk=stays.registration.pk).exists()
    gone.http.close()
    stays.http.close()
