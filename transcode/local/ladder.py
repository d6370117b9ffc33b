"""HLS renditions made here: one, or a whole ladder by one ffmpeg (transcode contract, 7).

The worker that claimed the first job of a layout holds the others too (`members`). Each
keeps a progress of its own; one that is cancelled meanwhile is dropped, though its pictures
are still made.
"""

import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from core.jobs import lifecycle
from core.jobs.models import Job
from core.jobs.types import Json
from core.media.progress import Progress
from transcode.engines import commands, ladder_command
from transcode.engines.codecs import audio_codec
from transcode.engines.encoders import Encoder
from transcode.engines.graphs import Command, Source
from transcode.engines.ladder import scaled_size
from transcode.engines.ladder_command import MEDIA_SUFFIX, PLAYLIST_SUFFIX, Rung
from transcode.kind import VideoKind
from transcode.local import growing, running
from transcode.local.following_input import input_of
from transcode.local.growing import Growing
from transcode.local.renditions import Part
from transcode.local.sources import without_sound
from transcode.models import VideoJob
from transcode.videos import placing, storage

TELL_MEMBERS_EVERY_S = 2.0
AAC_LC = "mp4a.40.2"


@dataclass(frozen=True)
class Wanted:
    """One job's rendition. `stem` is what the names of its files begin with."""

    job: Job
    resolution: int
    fps: int
    stem: str

    def brought(self, folder: Path) -> Json:
        """Return what a runner's success would bring."""
        return brought(folder, self.stem)


def brought(folder: Path, stem: str) -> Json:
    """Name the two files of a rendition as a runner's success does."""
    return {
        "videoFile": str(folder / f"{stem}{MEDIA_SUFFIX}"),
        "resolutionPlaylistFile": str(folder / f"{stem}{PLAYLIST_SUFFIX}"),
    }


def output_folder(kind: VideoKind) -> Path:
    """Make the folder of a job's HLS output: served while it grows where files lie here."""
    if not storage.is_local():
        return kind.scratch
    folder = growing.folder_of(kind.job)
    growing.make(folder)
    return folder


def encode_hls(kind: VideoKind) -> Json:
    """Make the rendition of a job, and those of its members.

    Raises: `TemporaryFailure`, `EncodeFailed`, and what `core.media.process.run` raises.
    """
    wanted = _wanted(kind)
    folder = output_folder(kind)
    with input_of(kind) as (source, feed):
        work = _Work(kind, source, wanted, folder)

        def begin_again() -> None:
            work.growing.begin_again()
            if feed is not None:
                feed.begin_again()

        running.encode(
            kind,
            work.command,
            output_bps=work.largest_bps,
            on_progress=work.tell,
            begin_again=begin_again,
            stdin=feed,
        )
        work.growing.look()
        if work.is_sound_left:
            work.make_sound_apart()
    alive = {str(each.job.pk): each.brought(folder) for each in work.members()}
    return {**wanted[0].brought(folder), "members": alive}


def _wanted(kind: VideoKind) -> list[Wanted]:
    """The job's own rendition, then those of its members."""
    rows = VideoJob.objects.in_bulk([member.pk for member in kind.members])
    jobs = [(kind.job, kind.video_job), *((member, rows[member.pk]) for member in kind.members)]
    return [
        Wanted(job, row.resolution or 0, row.fps or 0, placing.hls_names(job, row).stem)
        for job, row in jobs
    ]


class _Work:
    """What one ffmpeg makes, and how far it is."""

    def __init__(self, kind: VideoKind, source: Source, wanted: list[Wanted], folder: Path) -> None:
        self._kind, self._source, self._folder = kind, source, folder
        self._pictures = [each for each in wanted if each.resolution]
        self._sound = next((each for each in wanted if not each.resolution), None)
        self._is_separated = bool(kind.video_job.payload.get("output", {}).get("separatedAudio"))
        self._members = {each.job.pk: each for each in wanted[1:]}
        self._told_at = time.monotonic()
        self.growing = Growing(kind.job, kind.video, folder, self._parts())

    @property
    def is_sound_left(self) -> bool:
        """Whether there is a rendition of sound that the ladder did not make along."""
        return bool(self._sound and self._pictures and not self._is_separated)

    @property
    def largest_bps(self) -> int:
        """What the largest rendition may need."""
        return max(part.cap_bps for part in self._parts())

    def members(self) -> list[Wanted]:
        """Those members that are still ours."""
        return list(self._members.values())

    def command(self, encoder: Encoder) -> Command:
        """Say what ffmpeg has to do."""
        source, sound = self._source, self._sound
        if not self._pictures and sound:
            return commands.hls_audio(source, sound.stem, self._folder)
        is_along = sound is not None and self._is_separated
        if self._is_separated and not is_along:
            source = without_sound(source)
        rungs = [Rung(each.stem, each.resolution, each.fps) for each in self._pictures]
        name = sound.stem if sound is not None and is_along else None
        return ladder_command.ladder(source, rungs, self._folder, audio_name=name, encoder=encoder)

    def make_sound_apart(self) -> None:
        """Make the rendition of sound that is wanted beside sound in each picture."""
        assert self._sound is not None  # noqa: S101 - for the type checker
        command = commands.hls_audio(self._source, self._sound.stem, self._folder)
        running.run(self._kind, command, output_bps=self.largest_bps, on_progress=self.tell)

    def tell(self, progress: Progress) -> None:
        """Hear from ffmpeg: report on every job, and show what can be played."""
        share = progress.fraction(self._kind.video.duration_s)
        self._kind.report("encode", share)
        if time.monotonic() - self._told_at >= TELL_MEMBERS_EVERY_S:
            self._told_at = time.monotonic()
            for member in self.members():
                self._tell_member(member, share)
        self.growing.look()

    def _tell_member(self, member: Wanted, share: float) -> None:
        with suppress(lifecycle.LeaseLost):
            lifecycle.report(member.job, "encode", 0, share)
            return
        del self._members[member.job.pk]

    def _parts(self) -> list[Part]:
        parts = [self._picture(each) for each in self._pictures]
        if self._sound is not None and (self._is_separated or not parts):
            parts.append(Part(self._sound.stem, 0, None, 0, self._sound_bps, self._sound_codec))
        return parts

    def _picture(self, wanted: Wanted) -> Part:
        source, is_inside = self._source, not self._is_separated and self._source.audio is not None
        rung = Rung(wanted.stem, wanted.resolution, wanted.fps)
        cap_bps = ladder_command.target(source, rung) + (self._sound_bps if is_inside else 0)
        size = scaled_size(*source.size, wanted.resolution)
        sound = self._sound_codec if is_inside else ""
        return Part(wanted.stem, wanted.resolution, size, wanted.fps, cap_bps, sound)

    @property
    def _sound_bps(self) -> int:
        return self._source.audio_plan.bitrate_bps if self._source.audio else 0

    @property
    def _sound_codec(self) -> str:
        return sound_codec(self._source)


def sound_codec(source: Source) -> str:
    """Return the codec string of a rendition's sound: the source's where it is copied."""
    if source.audio is None:
        return ""
    return audio_codec(source.audio) if source.audio_plan.copy else AAC_LC
