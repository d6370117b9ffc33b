"""Studio edits: what a person asks for becomes one job, and its result the new source (4.4).

The old renditions are offered until the new ones play; captions that a machine heard and
the storyboard are of the old video: they go, and are made anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from PIL import Image

from core.after_commit import after_commit
from core.errors import FieldErrors
from core.jobs import lifecycle
from core.jobs.models import Job, Status
from core.media.errors import NotMedia
from core.media.probe import probe
from transcode.engines.graphs import Source
from transcode.engines.studio import Cut, Join, Task, final_duration, payload_of, read_tasks
from transcode.engines.studio_command import Picture
from transcode.kind import kind_for
from transcode.models import JobType, Video, VideoJob, VideoState
from transcode.runners.events import jobs_available
from transcode.videos import (
    captions,
    events,
    extras,
    intake,
    layout,
    pictures,
    publication,
    selectors,
    storage,
)
from transcode.videos.changing import require_idle
from transcode.videos.errors import NotFound, WrongState

PRIORITY = 150
# How much of a round's progress the edit is; the rest is the new ladder.
SHARE = 0.3
FAILED = "The edit failed: "
MAX_MARK_PIXELS = 25_000_000
_DEMUXERS = {"JPEG": "jpeg_pipe", "PNG": "png_pipe", "WEBP": "webp_pipe"}


@dataclass(frozen=True)
class Staged:
    """A file that came with a request: where it lies, and what its sender calls it."""

    path: Path
    filename: str


def edit(
    *,
    video: Video,
    tasks: Sequence[Mapping[str, Any]],
    files: Mapping[str, Staged],
    base_url: str = "",
) -> Job:
    """Queue an edit. A task's `file` option names one of `files`, which are taken over.

    Raises: `FieldErrors` by `tasks[i]`, `WrongState`, `NotFound`; nothing is kept then.
    """
    _require_editable(video)
    read = read_tasks(list(tasks), duration_s=video.duration_s)
    placed: dict[str, str] = {}
    try:
        joined_s = _place_files(video, read, files, placed)
        final_duration(read, video.duration_s, joined_s)
        with transaction.atomic():
            return _enqueue(video, read, placed, base_url)
    except BaseException:
        for name in placed.values():
            storage.remove(name)
        raise


def _require_editable(video: Video) -> None:
    if video.is_live or not video.has_video or video.state != VideoState.PUBLISHED:
        raise WrongState("Only a published video with a picture can be edited.")
    if selectors.max_quality(video) is None:
        raise WrongState("There is no file to edit.")


def _place_files(
    video: Video, tasks: Sequence[Task], files: Mapping[str, Staged], placed: dict[str, str]
) -> dict[str, float]:
    """Check the files of all tasks, then place them; return how long the clips are, in seconds."""
    joined_s, suffixes = {}, {}
    for at, task in enumerate(tasks):
        if isinstance(task, Cut):
            continue
        if (staged := files.get(task.file)) is None:
            raise FieldErrors({f"tasks[{at}]": "The file of this task is missing."})
        try:
            if isinstance(task, Join):
                joined_s[task.file], suffixes[task.file] = _clip(staged)
            else:
                suffixes[task.file] = _mark(staged.path)
        except (FieldErrors, ValueError) as error:
            raise FieldErrors({f"tasks[{at}]": str(error)}) from error
    for key, suffix in suffixes.items():
        name = storage.name_in("studio", video.pk, f"{uuid4()}{suffix}")
        placed[key] = name
        storage.place(files[key].path, name)
    return joined_s


def _clip(staged: Staged) -> tuple[float, str]:
    found = intake.inspect(staged.path, staged.filename)
    if found.info.video is None:
        raise ValueError("An intro or outro needs a picture.")
    return found.info.duration_s, found.extension


def _mark(path: Path) -> str:
    """Return the extension of a watermark, told by its content. Raises: `ValueError`."""
    try:
        with Image.open(path, formats=list(_DEMUXERS)) as picture:
            if picture.width * picture.height > MAX_MARK_PIXELS:
                raise ValueError("The watermark is too large.")
            picture.load()
            return f".{str(picture.format).lower()}"
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError("A watermark is a JPEG, a PNG or a WebP.") from error


def _enqueue(video: Video, tasks: Sequence[Task], placed: Mapping[str, str], base_url: str) -> Job:
    current = Video.objects.select_for_update(no_key=True).filter(pk=video.pk).first()
    if current is None:
        raise NotFound
    _require_editable(current)
    require_idle(current)
    after = sum(job.weight for job in layout.plan(current, layout.LadderSettings.current()))
    values = {"round": current.round + 1, "progress": 0.0, "state": VideoState.TO_EDIT}
    _write(current.pk, values)
    kind = kind_for(JobType.STUDIO)
    job = lifecycle.enqueue(kind, owner=current.owner, params={"video": str(current.pk)})
    files = layout.files_url(base_url or extras.base_of(current), job.pk, current.pk)
    VideoJob.objects.create(
        job=job,
        video=current,
        type=JobType.STUDIO,
        round=current.round + 1,
        weight=SHARE / (1 - SHARE) * (after or 1.0),
        priority=PRIORITY + layout.recent_uploads(current),
        payload=_payload(current, tasks, placed, files),
        private_payload={
            "videoUUID": str(current.pk),
            "originalTasks": [_original(task, placed) for task in tasks],
        },
    )
    jobs_available()
    return job


def _payload(
    video: Video, tasks: Sequence[Task], placed: Mapping[str, str], files: str
) -> dict[str, Any]:
    best = selectors.max_quality(video)
    is_split = best is not None and selectors.separate_audio_of(video, best) is not None
    return {
        "input": {
            "videoFileUrl": f"{files}/max-quality",
            "separatedAudioFileUrl": [f"{files}/max-quality/audio"] if is_split else [],
        },
        "output": {},
        "tasks": [_told(task, placed, f"{files}/studio/task-files") for task in tasks],
    }


def _told(task: Task, placed: Mapping[str, str], address: str) -> dict[str, Any]:
    if isinstance(task, Cut):
        return payload_of(task)
    return payload_of(task, f"{address}/{storage.file_of(placed[task.file])}")


def _original(task: Task, placed: Mapping[str, str]) -> dict[str, Any]:
    """Return a task as `read_tasks` reads it, its file by the key of the storage."""
    return payload_of(task) if isinstance(task, Cut) else payload_of(task, placed[task.file])


# ---- the job's side


def tasks_of(video_job: VideoJob) -> list[Task]:
    """Return the tasks of a studio job, their files by the keys of the storage."""
    original = video_job.private_payload["originalTasks"]
    return read_tasks(original, duration_s=video_job.video.duration_s)


def file_names(video_job: VideoJob) -> list[str]:
    """Return the keys of the files of a studio job's tasks."""
    tasks = video_job.private_payload.get("originalTasks", [])
    return [task["options"]["file"] for task in tasks if "file" in task.get("options", {})]


def opened(task: Task, path: Path) -> Source | Picture:
    """Describe a task's file for the command that reads it. Raises: `NotMedia`."""
    if isinstance(task, Join):
        return Source(path, probe(path))
    try:
        with Image.open(path, formats=list(_DEMUXERS)) as picture:
            return Picture(path, picture.size, _DEMUXERS[str(picture.format)])
    except OSError as error:
        raise NotMedia("The watermark cannot be read.") from error


def expected_s(video_job: VideoJob) -> float:
    """Return how long the result has to be, in seconds. Raises: `NotMedia`, `TemporaryFailure`."""
    tasks, joined_s = tasks_of(video_job), {}
    for task in tasks:
        if isinstance(task, Join):
            with storage.local_path(task.file) as path:
                joined_s[task.file] = probe(path).duration_s
    return final_duration(tasks, video_job.video.duration_s, joined_s)


def take_over(video_id: UUID, job: Job, columns: dict[str, Any], base: str) -> None:
    """Make the result the video's source, and queue its ladder; in the job's transaction."""
    video = Video.objects.select_for_update(no_key=True).filter(pk=video_id).first()
    if video is None:
        return
    old = [video.source_name, video.thumbnail_name, video.preview_name]
    old += [video.storyboard["name"]] if video.storyboard else []
    bare = {"thumbnail_name": "", "preview_name": "", "storyboard": None}
    state = {"state": VideoState.TO_TRANSCODE, "cut": video.cut + 1, "warnings": []}
    _write(video.pk, {**columns, **bare, **state})
    video.refresh_from_db()
    old += captions.drop_heard(video, base_url=base)
    publication.discard(video, [*old, *_task_files(job)])
    planned = layout.plan(video, layout.LadderSettings.current())
    layout.lay_out(video, planned, base_url=base)
    pictures.ask_for(video.pk)


def given_up(job: Job) -> None:
    """Leave the video as it was, in the transaction that ends its edit badly.

    Its round is the one before again, whose jobs may still be tried once more. That an edit
    failed is said until there is another: whoever cancelled one knows.
    """
    rows = Video.objects.select_for_update(no_key=True).filter(pk=job.params["video"])
    video = rows.filter(state=VideoState.TO_EDIT).first()
    if video is None:
        return
    publication.discard(video, _task_files(job))
    VideoJob.objects.filter(job=job.pk).update(is_counted=False)
    warnings = [said for said in video.warnings if not said.startswith(FAILED)]
    if job.status == Status.FAILED:
        warnings = [f"{FAILED}{job.error_message}", *warnings]
    values = {"state": VideoState.PUBLISHED, "progress": 100.0, "round": video.round - 1}
    _write(video.pk, {**values, "warnings": warnings})


def _task_files(job: Job) -> list[str]:
    return file_names(VideoJob.objects.get(job=job.pk))


def _write(video_id: UUID, columns: dict[str, Any]) -> None:
    rows = Video.objects.filter(pk=video_id)
    rows.update(revision=F("revision") + 1, updated_at=timezone.now(), **columns)
    after_commit(events.publish_changed, video_id)
