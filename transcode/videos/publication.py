"""What players are offered: the renditions, and the master playlist that lists them.

A master is made from rows, outside of any transaction, and put in place by a conditional
UPDATE that names the `master_revision` it was made from; who comes too late makes it
again. Names are new each time. What is offered no more is kept for a while (`Discarded`),
since players are open.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import BooleanField, Case, F, Max, Value, When
from django.utils import timezone

from core.after_commit import after_commit
from core.media.probe import media_info
from transcode.engines import languages, master, segment_hashes
from transcode.engines.errors import Refused
from transcode.models import Caption, Discarded, FileKind, JobType, Video, VideoFile, VideoJob
from transcode.videos import cuts, events, storage

logger = logging.getLogger(__name__)
KEPT_FOR_PLAYERS = timedelta(seconds=60)
TRIES = 10


@dataclass(frozen=True)
class NewFile:
    """A rendition that lies in its place: the columns of `VideoFile`, measured."""

    kind: FileKind
    resolution: int
    fps: int
    name: str
    size_bytes: int
    width: int
    height: int
    has_video: bool
    has_audio: bool
    playlist_name: str = ""
    is_remux: bool = False
    average_bps: int = 0
    peak_bps: int = 0
    codecs: list[str] = field(default_factory=list)
    probe: dict[str, Any] = field(default_factory=dict)
    segment_hashes: dict[str, str] = field(default_factory=dict)


def summary(new: NewFile) -> dict[str, Any]:
    """Return what a job's result says of a rendition; its owner sees it."""
    return {"resolution": new.resolution, "fps": new.fps, "size_bytes": new.size_bytes}


def add_rendition(made_by: VideoJob, new: NewFile) -> VideoFile | None:
    """Write a rendition's row; call it in the transaction that ends its job.

    The master follows after the commit. None when the video is gone. Raises: `Outdated`.
    """
    if not mark_stale(made_by.video_id):
        return None
    cuts.require_present(made_by)
    values = {**asdict(new), "cut": made_by.cut}
    name = values.pop("name")
    row, _ = VideoFile.objects.update_or_create(
        video_id=made_by.video_id, name=name, defaults=values
    )
    return row


def mark_stale(video_id: UUID) -> bool:
    """Say, in the transaction of the change, that the master lists other things now.

    It is made again after the commit; False when there is no such video.
    """
    changed = Video.objects.filter(pk=video_id).update(master_revision=F("master_revision") + 1)
    after_commit(refresh, video_id)
    return bool(changed)


def refresh(video_id: UUID) -> None:
    """Make the master anew if it is stale, and let the video's state follow."""
    from transcode.videos import following

    rebuild_master(video_id)
    following.follow(video_id)


@dataclass(frozen=True)
class _Offer:
    """What a master is made of, and what leaves when it is in place."""

    video: Video
    files: list[VideoFile]
    captions: list[Caption]
    superseded: list[VideoFile]

    @property
    def renditions(self) -> list[VideoFile]:
        return [file for file in self.files if file.kind == FileKind.HLS]


def rebuild_master(video_id: UUID) -> bool:
    """Write master and SHA-256 file of the rows as they are; return whether ours was taken.

    Raises: `OSError`, `TemporaryFailure` when the storage takes no file: the upkeep tries again.
    """
    for _ in range(TRIES):
        offer = _offer(video_id)
        if offer is None or offer.video.mastered_revision == offer.video.master_revision:
            return False
        names = _write(offer)
        if _install(offer, *names):
            return True
        for name in filter(None, names):
            storage.remove(name)
    logger.warning("the master of video %s changes faster than it can be written", video_id)
    return False


def _offer(video_id: UUID) -> _Offer | None:
    # The revision is read first: rows that are newer than it make us too late, never wrong.
    video = Video.objects.filter(pk=video_id).first()
    if video is None:
        return None
    kept, superseded = chosen(video, list(VideoFile.objects.filter(video=video_id)))
    return _Offer(video, kept, cuts.captions_for(video, kept), superseded)


def chosen(video: Video, files: Iterable[VideoFile]) -> tuple[list[VideoFile], list[VideoFile]]:
    """Split renditions into those that are offered and those that newer ones replace.

    Of each size and frame rate the newest stays. The copy of the source goes when the top
    rendition is there, unless originals are always offered (5.3). After an edit either what
    was before is offered or what came after, never both.
    """
    files, superseded = _of_one_cut(video, list(files))
    newest: dict[tuple[str, int, int, bool], VideoFile] = {}
    for file in sorted(files, key=lambda file: (file.created_at, file.pk)):
        key = (file.kind, file.resolution, file.fps, file.is_remux and file.has_video)
        if older := newest.get(key):
            superseded.append(older)
        newest[key] = file
    kept = list(newest.values())
    if not settings.TRANSCODE_ALWAYS_ORIGINAL and _has_top(video, kept):
        superseded += [file for file in kept if file.is_remux and file.has_video]
        kept = [file for file in kept if not (file.is_remux and file.has_video)]
    return kept, superseded


def _of_one_cut(video: Video, files: list[VideoFile]) -> tuple[list[VideoFile], list[VideoFile]]:
    """Take the newest cut that plays, and split off the older ones; a newer one has to wait."""
    newest_first = sorted({file.cut for file in files}, reverse=True)
    of_cuts = [[file for file in files if file.cut == cut] for cut in newest_first]
    for made in of_cuts:
        if is_complete(video, made):
            return made, [file for file in files if file.cut < made[0].cut]
    return (of_cuts[0] if of_cuts else []), []


def _has_top(video: Video, files: list[VideoFile]) -> bool:
    planned = VideoJob.objects.filter(video=video.pk, round=video.round, type=JobType.HLS)
    top = planned.aggregate(top=Max("resolution"))["top"] or 0
    made = [file for file in files if file.kind == FileKind.HLS and not file.is_remux]
    return any(file.resolution >= top for file in made if file.has_video)


def is_complete(video: Video, files: Iterable[VideoFile]) -> bool:
    """Return whether something of these can be played: a picture, and its sound if it has one."""
    files = list(files)
    has_sound = any(file.kind == FileKind.HLS and not file.has_video for file in files)
    # An edit may have brought sound to a video that was silent before.
    is_silent = not any(file.has_audio or file.cut == video.cut for file in files)
    needs_sound = video.has_audio and not is_silent
    return any(
        file.has_video
        and (file.has_audio or not needs_sound or (has_sound and file.kind == FileKind.HLS))
        for file in files
    )


def _write(offer: _Offer) -> tuple[str, str]:
    """Write the two files; return their names, empty while there is nothing to list."""
    renditions = offer.renditions
    if not renditions or not is_complete(offer.video, renditions):
        return "", ""
    captions = [_caption(offer.video, caption) for caption in offer.captions]
    stem, video_id = uuid4(), offer.video.pk
    master_name = storage.name_in("hls", video_id, f"{stem}-master.m3u8")
    hashes_name = storage.name_in("hls", video_id, f"{stem}-segments-sha256.json")
    hashes = {storage.file_of(file.name): file.segment_hashes for file in renditions}
    storage.write(hashes_name, segment_hashes.document(hashes))
    storage.write(master_name, master.write([listed(file) for file in renditions], captions))
    return master_name, hashes_name


def listed(file: VideoFile) -> master.Rendition:
    """Return what a master says of a rendition."""
    return master.Rendition(
        playlist_name=storage.file_of(file.playlist_name),
        resolution=file.resolution,
        width=file.width,
        height=file.height,
        fps=file.fps,
        codecs=tuple(file.codecs),
        bandwidth=master.Bandwidth(file.average_bps, file.peak_bps),
        has_audio=file.has_audio,
    )


def _caption(video: Video, caption: Caption) -> master.Captions:
    """Give a caption the playlist that HLS wants of it (RFC 8216, 3.5); its name is fixed."""
    name = captions_playlist_name(caption)
    text = master.captions_playlist(storage.file_of(caption.name), video.duration_s)
    storage.write(name, text)
    return master.Captions(storage.file_of(name), caption.language, _label(caption.language))


def captions_playlist_name(caption: Caption) -> str:
    """Return the key of the playlist that lists a caption's file."""
    return f"{caption.name.removesuffix('.vtt')}.m3u8"


def _label(language: str) -> str:
    try:
        return languages.name(language)
    except Refused:
        return language


@transaction.atomic
def _install(offer: _Offer, master_name: str, hashes_name: str) -> bool:
    """Put a new master in place, if it was made from what the rows are still."""
    video, plays = offer.video, Value(is_complete(offer.video, offer.files))
    grows = Case(
        When(growing__isnull=False, then=F("is_playable")),
        default=plays,
        output_field=BooleanField(),
    )
    unchanged = Video.objects.filter(
        pk=video.pk,
        master_revision=video.master_revision,
        mastered_revision=video.mastered_revision,
    )
    if not unchanged.update(
        master_name=master_name,
        hashes_name=hashes_name,
        mastered_revision=video.master_revision,
        is_playable=plays if plays.value else grows,
        growing=None if plays.value else F("growing"),
        revision=F("revision") + 1,
        updated_at=timezone.now(),
    ):
        return False
    discard(video, [video.master_name, video.hashes_name])
    drop_files(video, offer.superseded)
    after_commit(events.publish_changed, video.pk)
    return True


def drop_files(video: Video, files: Sequence[VideoFile]) -> None:
    """Offer renditions no more. Who watches one now can do so to its end."""
    names = [name for file in files for name in (file.name, file.playlist_name)]
    # An edit may have made the video shorter than what is dropped.
    longest_s = max([video.duration_s, *(media_info(file.probe).duration_s for file in files)])
    discard(video, names, after=KEPT_FOR_PLAYERS + timedelta(seconds=longest_s))
    VideoFile.objects.filter(pk__in=[file.pk for file in files]).delete()


def discard(video: Video, names: Iterable[str], *, after: timedelta = KEPT_FOR_PLAYERS) -> None:
    """Have stored files removed after a while; empty names are none."""
    due_at = timezone.now() + after
    Discarded.objects.bulk_create(
        Discarded(video=video, name=name, due_at=due_at) for name in names if name
    )


def tidy(video: Video) -> None:
    """Drop, when a video is published, what was there for its encodes only.

    Call it in the transaction that publishes, with the video's row locked.
    """
    jobs = VideoJob.objects.filter(video=video.pk, round=video.round, type=JobType.HLS)
    if jobs.filter(private_payload__deleteWebVideoFiles=True).exists():
        drop_files(video, list(video.files.filter(kind=FileKind.WEB)))
        mark_stale(video.pk)
    # Of a sound the original stays: its still could not be made anew without it.
    is_spare = video.has_video and not settings.TRANSCODE_KEEP_ORIGINAL
    if video.source_name and is_spare and cuts.files_of(video).exists():
        discard(video, [video.source_name])
        Video.objects.filter(pk=video.pk).update(source_name="")
