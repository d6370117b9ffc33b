"""What the jobs of this app are about: the video by its name."""

from collections.abc import Sequence
from uuid import UUID

from django.urls import reverse

from core.accounts.models import User
from core.jobs.models import Job
from core.pages.subjects import Subject, finds_subjects
from transcode.models import VideoJob
from transcode.videos.selectors import videos_of


@finds_subjects
def of_videos(user: User, jobs: Sequence[Job]) -> dict[UUID, Subject]:
    """Name the user's videos that jobs are about, all in one query."""
    rows = VideoJob.objects.filter(job__in=[job.pk for job in jobs], video__in=videos_of(user))
    return {
        job_id: Subject(name, reverse("video-page", args=[video_id]))
        for job_id, video_id, name in rows.values_list("job", "video", "video__name")
    }
