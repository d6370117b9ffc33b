"""Storyboards: the small pictures that a player shows over its bar (transcode contract, 4.6)."""

from typing import Any
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from core.jobs.models import Job
from transcode.engines.storyboard import Grid, grid_of
from transcode.models import JobType, Video
from transcode.videos import extras, publication, storage

PRIORITY = 250


def plan(video: Video) -> Job | None:
    """Queue a storyboard of a video that has none; call it in the transaction that publishes."""
    grid = grid_for(video)
    if video.storyboard or grid is None:
        return None

    def describe(files: str) -> dict[str, Any]:
        return {
            "input": {"videoFileUrl": f"{files}/max-quality"},
            "output": {},
            "sprites": {
                "size": {"width": grid.sprite_width, "height": grid.sprite_height},
                "count": {"width": grid.columns, "height": grid.rows},
                "duration": grid.sprite_duration_s,
            },
        }

    return extras.add_job(video, JobType.STORYBOARD, describe, priority=PRIORITY)


def grid_for(video: Video) -> Grid | None:
    """Return the grid of a video's storyboard; None where it gets none."""
    if not (video.has_video and video.width and video.height) or video.is_live:
        return None
    return grid_of(video.duration_s, (video.width, video.height))


def put(video_id: UUID, name: str, grid: Grid) -> None:
    """Show a new storyboard, in the transaction that ends its job."""
    video = Video.objects.select_for_update(no_key=True).filter(pk=video_id).first()
    if video is None:
        return
    if video.storyboard and video.storyboard["name"] != name:
        publication.discard(video, [video.storyboard["name"]])
    shown = {
        "name": name,
        "totalWidth": grid.width,
        "totalHeight": grid.height,
        "spriteWidth": grid.sprite_width,
        "spriteHeight": grid.sprite_height,
        "spriteDuration": grid.sprite_duration_s,
    }
    changed = {"storyboard": shown, "revision": F("revision") + 1, "updated_at": timezone.now()}
    Video.objects.filter(pk=video_id).update(**changed)


def name_for(video_id: UUID, job: Job) -> str:
    """Return the key of the storyboard that a job's present attempt makes."""
    stem = storage.attempt_uuid(job.pk, job.attempt)
    return storage.name_in("images", video_id, f"{stem}-storyboard.jpg")
