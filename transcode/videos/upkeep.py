"""What the beat process does for videos: what a dead process left undone, and left behind."""

import logging
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.files.storage import storages
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from core.errors import JobError
from core.jobs.models import UNFINISHED, Job
from core.jobs.selectors import running
from transcode.models import Discarded, LiveSession, Video, VideoFile, VideoJob, VideoState
from transcode.videos import pictures, publication, storage

logger = logging.getLogger(__name__)

STRAY_AFTER = timedelta(hours=6)
# Whoever ended the last job may be about to do it.
PATIENCE = timedelta(seconds=5)
PICTURES_AT = tuple(timedelta(minutes=minutes) for minutes in (2, 15, 120, 24 * 60))
# Longer than the time between two rounds of the upkeep, so that no video falls between them.
PICTURES_EVERY = timedelta(minutes=1)
PURGE_AT_ONCE = 500


def settle() -> int:
    """Do what follows from changes whose maker died before it did; return for how many videos."""
    before = timezone.now() - PATIENCE
    stale = Video.objects.exclude(mastered_revision=F("master_revision"))
    open_jobs = VideoJob.objects.filter(
        video=OuterRef("pk"), round=OuterRef("round"), is_counted=True, job__status__in=UNFINISHED
    )
    waiting = Video.objects.filter(state=VideoState.TO_TRANSCODE).exclude(Exists(open_jobs))
    found = {*stale.filter(updated_at__lt=before).values_list("pk", flat=True)}
    found |= {*waiting.filter(updated_at__lt=before).values_list("pk", flat=True)}
    return sum(_settle(video_id) for video_id in found)


def _settle(video_id: UUID) -> int:
    """Refresh one video; that its storage is away keeps no other from it."""
    try:
        publication.refresh(video_id)
    except (JobError, OSError) as error:
        logger.warning("video %s cannot be settled: %s", video_id, type(error).__name__)
        return 0
    return 1


def purge_discarded() -> int:
    """Remove files that players have had time to leave; return how many.

    The file goes before its row: should we die in between, the row is found again.
    """
    due = Discarded.objects.filter(due_at__lte=timezone.now()).order_by("due_at")
    purged = 0
    for row in due[:PURGE_AT_ONCE]:
        storage.remove(row.name)
        row.delete()
        purged += 1
    return purged


def ask_for_pictures() -> int:
    """Ask again for pictures that nobody has made, at certain ages of a video; return how many.

    A death between a video and its pictures, a broker that has lost its memory: the next age
    is another chance. What cannot be decoded is tried a few times and no more.
    """
    now, due = timezone.now(), Q()
    for age in PICTURES_AT:
        due |= Q(created_at__gt=now - age - PICTURES_EVERY, created_at__lte=now - age)
    has_rendition = Exists(VideoFile.objects.filter(video=OuterRef("pk"), has_video=True))
    bare = Video.objects.filter(due, thumbnail_name="").filter(
        Q(has_video=True, source_name__gt="") | has_rendition
    )
    found = list(bare.values_list("pk", flat=True))
    for video_id in found:
        pictures.ask_for(video_id)
    return len(found)


def sweep() -> int:
    """Remove files that belong to nothing any more; return how many things went."""
    return _sweep_staging() + _sweep_growing() + sum(_sweep_room(room) for room in storage.ROOMS)


def _sweep_staging() -> int:
    """Remove uploads of runners, and files on their way in, that nobody writes any more."""
    staged = (storage.root() / storage.STAGING).glob("*")
    # What Django calls the files of a form; those of a web process that was killed stay.
    forms = Path(settings.FILE_UPLOAD_TEMP_DIR).glob("tmp*.upload*")
    return sum(_remove_if_old(path) for path in (*staged, *forms))


def _remove_if_old(path: Path) -> bool:
    before = (timezone.now() - STRAY_AFTER).timestamp()
    try:
        if max(each.stat().st_mtime for each in (path, *path.rglob("*"))) >= before:
            return False
    except FileNotFoundError:
        return False  # Somebody else is at it.
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
    return True


def _sweep_growing() -> int:
    """Remove the output of attempts that hold no lease."""
    # Listed first, looked up afterwards: a folder is made after its attempt has its lease.
    folders = list((storage.root() / "growing").glob("*/*"))
    leased = Job.objects.filter(running()).values_list("pk", "attempt")
    alive = {f"{pk}.{attempt}" for pk, attempt in leased}
    dead = [folder for folder in folders if folder.name not in alive]
    for folder in dead:
        shutil.rmtree(folder, ignore_errors=True)
    return len(dead)


def _sweep_room(room: str) -> int:
    """Remove old files that no row names, and what is left of videos without a row."""
    swept = 0
    for folder in storage.videos_in(room):
        try:
            video_id = UUID(folder)
        except ValueError:
            continue
        video = Video.objects.filter(pk=video_id).first()
        # What is live or edited is named by sessions and tasks, not by rows of ours.
        if video is not None and (room == "studio" or _is_live(video_id)):
            continue
        named = set(names_of(video)) if video else set()
        strays = [name for name in storage.files_in(room, video_id) if name not in named]
        swept += sum(_remove_stray(name) for name in strays)
        if video is None:
            storage.remove_empty_folder(room, video_id)
    return swept


def _is_live(video_id: UUID) -> bool:
    """Return whether a live stream has files there, which go with its session."""
    return LiveSession.objects.filter(pk=video_id).exists()


def _remove_stray(name: str) -> bool:
    try:
        is_old = storages["videos"].get_modified_time(name) < timezone.now() - STRAY_AFTER
    except (FileNotFoundError, OSError):
        return False
    if is_old:
        storage.remove(name)
    return is_old


def names_of(video: Video) -> Iterator[str]:
    """Yield every key that a row of the video names."""
    yield from (video.source_name, video.thumbnail_name, video.preview_name)
    yield from (video.master_name, video.hashes_name)
    if video.storyboard:
        yield str(video.storyboard["name"])
    for file in video.files.all():
        yield from (file.name, file.playlist_name)
    for caption in video.captions.all():
        yield from (caption.name, publication.captions_playlist_name(caption))
    yield from video.discarded.values_list("name", flat=True)
