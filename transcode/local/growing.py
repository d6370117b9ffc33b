"""Output that is served while it is written (transcode contract, section 7).

An attempt writes into a folder of its own, under the names that its files keep. As soon as
each of its renditions has a first segment, a master of ours is written beside them and the
video can be played. What is served is looked up by the leases that stand, so it is gone with
the attempt: `open_file` finds nothing of one that failed, was cancelled or fell silent.
"""

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from core.after_commit import after_commit
from core.jobs.models import Job
from core.jobs.selectors import running
from core.media.paths import make_folder
from transcode.engines import master, playlists
from transcode.engines.ladder_command import MEDIA_SUFFIX, PLAYLIST_SUFFIX
from transcode.local.renditions import Part, listed_now
from transcode.models import Video
from transcode.videos import events, publication, storage

MASTER_SUFFIX = "-master.m3u8"
LOOK_AGAIN_S = 2.0
TRIES = 10
_SUFFIXES = (PLAYLIST_SUFFIX, MEDIA_SUFFIX)


class Growing:
    """The output of the attempt that `job` is; `look` at it now and then."""

    def __init__(self, job: Job, video: Video, folder: Path, parts: Sequence[Part]) -> None:
        self._job, self._video, self._folder, self._parts = job, video, folder, parts
        self._is_settled = not (storage.is_local() and self._is_enough())
        self._look_at = 0.0

    def _is_enough(self) -> bool:
        """Whether these make a video: a picture, and its sound if it has one."""
        has_picture = any(part.size for part in self._parts)
        has_sound = any(part.sound for part in self._parts)
        return has_picture and (has_sound or not self._video.has_audio)

    def look(self) -> None:
        """Let the video be played once every rendition has a first segment."""
        if self._is_settled or time.monotonic() < self._look_at:
            return
        found = [part.rendition(self._folder) for part in self._parts]
        ready = [rendition for rendition in found if rendition is not None]
        if len(ready) < len(found):
            return
        name = f"{storage.attempt_uuid(self._job.pk, self._job.attempt)}{MASTER_SUFFIX}"
        # Nothing makes it last: should we die, the attempt is over.
        (self._folder / name).write_text(master.write(ready), encoding="utf-8")
        self._is_settled = self._offer(name)
        # It plays already; but what it plays may be taken back.
        self._look_at = time.monotonic() + LOOK_AGAIN_S

    @transaction.atomic
    def _offer(self, master_name: str) -> bool:
        """Say that the video plays, as long as the attempt has its lease."""
        # The job is locked before its video, as by everyone who holds both.
        mine = Job.objects.select_for_update(no_key=True).filter(_leased(), pk=self._job.pk)
        if not mine.filter(lease_token=self._job.lease_token).first():
            return False
        said = {"job": str(self._job.pk), "attempt": self._job.attempt, "master": master_name}
        bare = Video.objects.filter(pk=self._video.pk, is_playable=False)
        return _change(bare, self._video.pk, growing=said, is_playable=True)

    def begin_again(self) -> None:
        """Take back what was shown: the same attempt begins once more."""
        _withdraw(self._video.pk, self._job)
        shutil.rmtree(self._folder, ignore_errors=True)
        make(self._folder)
        self._is_settled = not (storage.is_local() and self._is_enough())
        self._look_at = 0.0


def _leased() -> Q:
    return running() & Q(lease_expires_at__gt=timezone.now())


def _change(found: QuerySet[Video], video_id: UUID, **values: Any) -> bool:
    """Change a video and tell of it after the commit; False when none was found."""
    changed = found.update(revision=F("revision") + 1, updated_at=timezone.now(), **values)
    if changed:
        after_commit(events.publish_changed, video_id)
    return bool(changed)


def folder_of(job: Job) -> Path:
    """Return where the job's present attempt writes."""
    return storage.growing_folder(job.params["video"], job.pk, job.attempt)


def make(folder: Path) -> None:
    """Make the folder of an attempt; the one above it may go meanwhile, with another's last."""
    for _ in range(TRIES):
        with suppress(FileNotFoundError):
            make_folder(folder)
            return
    make_folder(folder)


# ---- the end of an attempt


def withdraw(job: Job) -> None:
    """Show nothing more of an attempt that came to nothing; in the transaction that says so."""
    _withdraw(UUID(job.params["video"]), job)
    after_commit(remove, job)


def _withdraw(video_id: UUID, job: Job) -> None:
    shown = Video.objects.filter(pk=video_id, growing__job=str(job.pk)).first()
    if shown is None:
        return
    offered, _ = publication.chosen(shown, shown.files.all())
    plays = publication.is_complete(shown, offered)
    same = Video.objects.filter(pk=video_id, growing__job=str(job.pk))
    _change(same, video_id, growing=None, is_playable=plays)


def completed(job: Job) -> None:
    """Keep the growing master for players that are open; in the transaction of the success.

    The renditions lie in their places already.
    """
    video = Video.objects.filter(pk=job.params["video"]).first()
    if video is None:
        return
    for shown in folder_of(job).glob(f"*{MASTER_SUFFIX}"):
        name = storage.name_in("hls", video.pk, shown.name)
        storage.place(shown, name)
        after = publication.KEPT_FOR_PLAYERS + timedelta(seconds=video.duration_s)
        publication.discard(video, [name], after=after)
    after_commit(remove, job)


def remove(job: Job) -> None:
    """Remove what an attempt has left."""
    folder = folder_of(job)
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        folder.parent.rmdir()


# ---- the serving side


def open_file(video: Video, name: str) -> BinaryIO | None:
    """Open a file of an attempt that is under way, by its plain name; None where there is none.

    A playlist is given as it is at this moment and lists only what its file holds.
    """
    if not name.endswith(_SUFFIXES) or set(name) & set("/\\\0"):
        return None
    for path in _candidates(video, name):
        with suppress(FileNotFoundError):
            return _open_playlist(path) if name.endswith(PLAYLIST_SUFFIX) else path.open("rb")
    return None


def _candidates(video: Video, name: str) -> Iterator[Path]:
    """Where a file may lie: in an attempt's folder, or, since a moment, in its place."""
    rows = list(Job.objects.filter(_leased(), video_job__video=video.pk))
    stems = tuple(f"{storage.attempt_uuid(job.pk, job.attempt)}-" for job in rows)
    if not name.startswith(stems):
        return
    for job in rows:
        yield folder_of(job) / name
    yield storage.root() / storage.name_in("hls", video.pk, name)


def _open_playlist(path: Path) -> BinaryIO:
    """Open a playlist, or a copy of it that is cut to what is there."""
    file = path.open("rb")
    if path.name.endswith(MASTER_SUFFIX) or (listed := listed_now(path)) is None:
        return file
    file.close()
    copy = os.fdopen(os.memfd_create(path.name), "w+b")
    copy.write(playlists.write(listed).encode())
    copy.seek(0)
    return copy
