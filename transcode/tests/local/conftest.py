import pytest

from core.jobs import lifecycle
from core.jobs.models import Job
from transcode.models import Video
from transcode.tests.videos.conftest import create, staged, videos  # noqa: F401


@pytest.fixture(autouse=True)
def _by_itself(alone, transactional_db, settings, videos):  # noqa: F811
    """Every test commits for real, and nobody else takes a job."""
    settings.TRANSCODE_LOCAL_WORKERS = "always"
    settings.TRANSCODE_RESOLUTIONS = [240, 360]


def waiting(video: Video, job_type: str) -> list[Job]:
    """Return a video's unfinished jobs of one type, the oldest first."""
    found = Job.objects.filter(video_job__video=video, video_job__type=job_type)
    return list(found.order_by("created_at", "pk"))


def claim(job: Job) -> Job:
    """Take a job as a worker of ours does, its family too."""
    taken = lifecycle.claim(job.pk, holder="worker:test")
    assert taken is not None
    return taken
