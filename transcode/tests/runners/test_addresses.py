"""The addresses in a payload: whole, whoever made the job."""

import pytest

from transcode.models import VideoJob
from transcode.runners.types import addressed
from transcode.tests.factories import make_job


@pytest.fixture
def job(video):
    """Return a job that was made without knowing the platform's address."""
    made = make_job(video)
    bare = f"/api/v1/runners/jobs/{made.pk}/files/videos/{video.pk}/max-quality"
    made.payload = {"input": {"videoFileUrl": bare, "separatedAudioFileUrl": [f"{bare}/audio"]}}
    VideoJob.objects.filter(pk=made.pk).update(payload=made.payload)
    return made


def test_a_runner_gets_addresses_on_the_host_it_asked(call, runner, job):
    offered = call("/jobs/request", {"runnerToken": runner.token}).json()["availableJobs"][0]
    taken = call(f"/jobs/{job.pk}/accept", {"runnerToken": runner.token}).json()["job"]
    for payload in (offered["payload"], taken["payload"]):
        given = payload["input"]
        addresses = [given["videoFileUrl"], *given["separatedAudioFileUrl"]]
        assert all(address.startswith("http://testserver/api/v1/") for address in addresses)


def test_the_public_address_counts_for_more(call, runner, job, settings):
    settings.TRANSCODE_PUBLIC_URL = "https://videos.example"
    offered = call("/jobs/request", {"runnerToken": runner.token}).json()["availableJobs"][0]
    assert offered["payload"]["input"]["videoFileUrl"].startswith("https://videos.example/api/")


def test_what_is_whole_stays_and_what_is_no_address_does():
    whole = {"a": "http://x/api/v1/runners/y", "b": [1, None, "/elsewhere"], "c": {"d": 0.5}}
    assert addressed(whole, "http://here") == whole
