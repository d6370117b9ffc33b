"""Videos, their jobs and results, as tests need them: rows by the product, files by ffmpeg."""

import shutil
import uuid
from datetime import timedelta

from core.jobs import lifecycle
from core.jobs.execution import execute
from core.jobs.models import Job
from tests.support.clips import clip
from transcode.models import JobType, Video, VideoJob
from transcode.tests.engines.hls import hls
from transcode.videos import layout, storage
from transcode.videos.intake import inspect
from transcode.videos.layout import PlannedJob

LADDER = [
    PlannedJob(JobType.HLS, 360, 30, weight=640 * 360 * 30, is_separated=True),
    PlannedJob(JobType.HLS, 0, 0, parent=0, weight=70_000, is_separated=True),
    PlannedJob(
        JobType.HLS, 180, 30, parent=0, weight=320 * 180 * 30, is_separated=True, is_optional=True
    ),
]
LEASE = timedelta(minutes=5)


def make_video(owner, name="long_gop", planned=LADDER, **columns):
    """Save a video of a clip, its original in its place, with these jobs; return both."""
    source = clip(name)
    video = Video(owner=owner, name="A clip", **inspect(source, source.name).columns())
    video.source_name = storage.name_in("originals", video.pk, f"source{source.suffix}")
    for column, value in columns.items():
        setattr(video, column, value)
    storage.make_folder(storage.root())
    copy = storage.root() / f"copy-{uuid.uuid4()}"
    shutil.copyfile(source, copy)
    storage.place(copy, video.source_name)
    video.save()
    return video, layout.lay_out(video, planned)


def accept(job):
    """Take a job as a runner does."""
    token = uuid.uuid4()
    taken = lifecycle.claim(
        job.pk, holder="runner:1", lease_token=token, lease=LEASE, is_outside=True
    )
    assert taken is not None
    return taken


def stage(job, name):
    """Put a result where a runner's upload of it lies; return what its success brings."""
    folder = storage.staging_folder(job.pk, "aaaa")
    storage.make_folder(folder)
    result = hls(name, folder)
    return {"videoFile": str(result.video), "resolutionPlaylistFile": str(result.playlist)}


def hand_over(job, brought):
    """Succeed as a runner does: its files are staged, a worker has the rest to do."""
    lifecycle.hand_over(
        accept(job),
        within=lambda done: VideoJob.objects.filter(job=done.pk).update(result=brought),
    )


def finish(job, name):
    """Bring a job to its end with a staged result; return it as it is then."""
    hand_over(job, stage(job, name))
    execute(job.pk)
    return Job.objects.get(pk=job.pk)


def give_up(job, message="The encoder broke."):
    """End a job badly, for good."""
    return lifecycle.fail(accept(job), "broken", message)
