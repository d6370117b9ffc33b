"""A video is erased while a runner works on it: the runner finds nothing, nothing is left."""

import httpx
import pytest

from core.jobs.models import Job, Status
from tests.support.clips import clip
from tests.support.waiting import wait_until
from transcode.models import Video, VideoFile, VideoJob
from transcode.tests.api.conftest import VIDEO
from transcode.tests.engines.hls import hls
from transcode.tests.factories import make_runner
from transcode.videos import storage

pytestmark = pytest.mark.django_db(transaction=True)
RUNNERS = "/api/v1/runners/jobs"


@pytest.fixture
def http(platform, user, access_token):
    """Return an HTTP client of the running platform."""
    headers = {"Authorization": f"Bearer {access_token(user)}"}
    with httpx.Client(base_url=platform.url, headers=headers, timeout=180) as client:
        yield client


def files_of(video_id):
    return [path for path in storage.root().rglob(f"*{video_id}*/**/*") if path.is_file()]


@pytest.mark.case("transcode", 33)
def test_a_deleted_videos_runner_gets_404_and_no_file_stays(http, user, tmp_path):
    _, token = make_runner()
    with clip("landscape").open("rb") as file:
        made = http.post(f"{VIDEO}/upload", data={"name": "x"}, files={"videoFile": file})
    video_id = made.json()["video"]["uuid"]
    # Any of the four; a runner that was seen just now is left time to take it.
    offered = http.post(f"{RUNNERS}/request", json={"runnerToken": token}).json()["availableJobs"]
    job_id = offered[0]["uuid"]
    accepted = http.post(f"{RUNNERS}/{job_id}/accept", json={"runnerToken": token})
    tokens = {"runnerToken": token, "jobToken": accepted.json()["job"]["jobToken"]}
    assert (
        http.post(f"{RUNNERS}/{job_id}/update", json={**tokens, "progress": 5}).status_code == 204
    )
    assert files_of(video_id)

    assert http.delete(f"{VIDEO}/{video_id}").status_code == 204

    result = hls("360", tmp_path)
    with result.video.open("rb") as video, result.playlist.open("rb") as playlist:
        parts = {"payload[videoFile]": video, "payload[resolutionPlaylistFile]": playlist}
        late = http.post(f"{RUNNERS}/{job_id}/success", data=tokens, files=parts)
    assert late.status_code == 404
    assert http.post(f"{RUNNERS}/{job_id}/update", json=tokens).status_code == 404
    assert http.get(f"{VIDEO}/{video_id}").status_code == 404
    assert not Video.objects.exists()
    assert not VideoJob.objects.exists()
    assert not VideoFile.objects.exists()
    assert Job.objects.get(pk=job_id).status == Status.CANCELLED
    # A worker that was copying the source may need a moment to notice.
    wait_until(lambda: not files_of(video_id) and not list(storage.root().rglob(f"*{job_id}*")))
