"""The names of groups: the one place that makes them, for senders and sockets alike.

A group per job, per owner and per domain object; never one for everyone.
"""

from uuid import UUID


def group_for_job(job_id: UUID | str) -> str:
    """Changes of one job."""
    return f"jobs.job.{job_id}"


def group_for_jobs_of(user_id: UUID | str) -> str:
    """Changes of all jobs of one user."""
    return f"jobs.user.{user_id}"


def group_for_uploads_of(user_id: UUID | str) -> str:
    """Changes of all uploads of one user (core contract, 2.5)."""
    return f"core.user.{user_id}"


def group_for_upload(upload_id: UUID | str) -> str:
    """Changes of one upload (core contract, 2.5)."""
    return f"core.upload.{upload_id}"


def group_for_account(user_id: UUID | str) -> str:
    """What ends the sockets of one account: `core.auth.revoked`."""
    return f"core.account.{user_id}"


def group_for_video(video_id: UUID | str) -> str:
    """Changes of one video."""
    return f"videos.video.{video_id}"


def group_for_videos_of(user_id: UUID | str) -> str:
    """Changes of all videos of one user."""
    return f"videos.user.{user_id}"


def group_for_media_request(rid: str) -> str:
    """Changes of one request of the Media API (its contract, 3.4)."""
    return f"media.{rid}"
