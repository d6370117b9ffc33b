"""A ladder made here: one ffmpeg, every row its own job."""


from core.jobs.execution import execute
from core.jobs.models import Job, Status
from transcode.models import JobType, Video, VideoState
from transcode.tests.local.conftest import waiting


def run_all(video):
    """Run the video's jobs as workers would, until none waits."""
    while (
        job := Job.objects.filter(video_job__video=video, status=Status.QUEUED, parent=None)
        .order_by("created_at")
        .first()
    ):
        execute(job.pk)
    return Video.objects.get(pk=video.pk)


def test_one_run_makes_every_rendition_and_the_video_is_published(create):
    video = create("ten_bit")
    jobs = waiting(video, JobType.HLS)
    video = run_all(video)
    assert [Job.objects.get(pk=job.pk).status for job in jobs] == [Status.SUCCEEDED] * 3, [
        (Job.objects.get(pk=job.pk).error_message) for job in jobs
    ]
    assert video.state == VideoState.PUBLISHED
    assert sorted(video.files.values_list("resolution", flat=True)) == [0, 240, 360]
