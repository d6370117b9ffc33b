import threading
from contextlib import contextmanager

import pytest

from core.jobs import lifecycle
from core.jobs.execution import execute
from core.jobs.models import Job, Status
from transcode.local import running
from transcode.models import Video
from transcode.tests.videos.conftest import create, staged, videos  # noqa: F401


@pytest.fixture(autouse=True)
def _by_itself(request, transactional_db, settings):
    """Every test commits for real, and nobody else takes a job, but on a whole platform."""
    settings.TRANSCODE_LOCAL_WORKERS = "always"
    settings.TRANSCODE_RESOLUTIONS = [240, 360]
    if "platform" not in request.fixturenames:
        request.getfixturevalue("alone")
        request.getfixturevalue("videos")


@pytest.fixture
def broken_card(monkeypatch):
    """A graphics card that encodes the trial's frame and nothing more."""
    monkeypatch.setattr(running.capabilities, "first_usable", lambda preferred: preferred[0])


def waiting(video: Video, job_type: str) -> list[Job]:
    """Return a video's jobs of one type, the oldest first."""
    found = Job.objects.filter(video_job__video=video, video_job__type=job_type)
    return list(found.order_by("created_at", "pk"))


def claim(job: Job) -> Job:
    """Take a job as a worker of ours does, its family too."""
    taken = lifecycle.claim(job.pk, holder="worker:test")
    assert taken is not None
    return taken


def run_all(video: Video) -> Video:
    """Run a video's jobs as workers would, until none can be taken; return it as it is then."""
    found = Job.objects.filter(video_job__video=video, status=Status.QUEUED)
    tried: set[object] = set()
    while job := found.exclude(pk__in=tried).order_by("created_at", "pk").first():
        execute(job.pk)
        # One that has failed is queued again: each gets one try here.
        if Job.objects.get(pk=job.pk).status != Status.QUEUED:
            tried.clear()
        else:
            tried.add(job.pk)
    return Video.objects.get(pk=video.pk)


def states(video: Video) -> dict[str, list[tuple[str, str]]]:
    """Return status and error of each of a video's jobs, by type."""
    found: dict[str, list[tuple[str, str]]] = {}
    for job in Job.objects.filter(video_job__video=video).order_by("created_at", "pk"):
        found.setdefault(job.video_job.type, []).append((job.status, job.error_message))
    return found


@contextmanager
def at_work(job: Job):
    """Run a job in a thread meanwhile."""
    worker = threading.Thread(target=execute, args=[job.pk])
    worker.start()
    try:
        yield
    finally:
        worker.join(180)
        assert not worker.is_alive()
