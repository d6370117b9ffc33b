"""One ffmpeg of a job: its limits, its progress, and which encoder it uses."""

import os
import time
from collections.abc import Callable
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from core.after_commit import after_commit
from core.errors import JobError
from core.media import capabilities
from core.media.errors import ProgramFailed, ProgramOutOfMemory
from core.media.ffmpeg import Runner, ffmpeg
from core.media.process import Limits
from core.media.progress import Progress
from core.media.watch import Feed
from transcode.engines.encoders import SOFTWARE, Encoder
from transcode.engines.graphs import Command
from transcode.kind import VideoKind
from transcode.models import Video
from transcode.videos import events

TAIL_CHARS = 1800
# How often ffmpeg tells how far it is: a video becomes playable when it has said so.
TELL_EVERY_S = "0.2"
MOST_THREADS = 16
_LEAST_OUTPUT_BYTES = 64 * 2**20
_OVERSHOOT = 4


class EncodeFailed(JobError):  # noqa: N818 - it says what happened
    """ffmpeg ended badly; the message has its last lines."""

    code = "encode_failed"


# What a card may fail with: of memory of its own that is full it speaks as a program does of ours.
CARD_FAILURES = (EncodeFailed, ProgramOutOfMemory)


def encode(
    kind: VideoKind,
    make: Callable[[Encoder], Command],
    *,
    output_bps: int,
    on_progress: Callable[[Progress], None],
    begin_again: Callable[[], None] = lambda: None,
    stdin: Feed | None = None,
) -> None:
    """Run what `make` says with the best encoder that works here.

    A hardware encoder that fails is replaced by the software's, after `begin_again`, which takes
    `stdin` back to its first byte too. `output_bps` is what the largest file is expected to need.

    Raises: `EncodeFailed`, and what `core.media.process.run` raises.
    """
    encoder = best_encoder()
    try:
        run(kind, make(encoder), output_bps=output_bps, on_progress=on_progress, stdin=stdin)
    except CARD_FAILURES:
        if encoder.name == SOFTWARE:
            raise
        say_that_it_failed(kind, encoder)
        begin_again()
        run(kind, make(Encoder()), output_bps=output_bps, on_progress=on_progress, stdin=stdin)


def run(
    kind: VideoKind,
    command: Command,
    *,
    output_bps: int,
    on_progress: Callable[[Progress], None],
    stdin: Feed | None = None,
) -> None:
    """Run one command to its end. Raises: as `encode`."""

    runner: Runner = kind.program if stdin is None else partial(kind.program, stdin=stdin)
    try:
        ffmpeg(
            command.inputs,
            ["-stats_period", TELL_EVERY_S, *thread_words(thread_count()), *command.output],
            demuxers=command.demuxers,
            limits=_limits(kind, output_bps),
            cwd=kind.scratch,
            on_progress=on_progress,
            runner=runner,
            threads=thread_count(),
        )
    except ProgramFailed as error:
        said = "\n".join(error.tail)[-TAIL_CHARS:]
        raise EncodeFailed(f"{error}\n{said}".strip()) from error


def thread_count() -> int:
    """Return how many threads a decoder may use: as many as there are cores."""
    return max(2, min(MOST_THREADS, len(os.sched_getaffinity(0))))


def thread_words(cores: int) -> list[str]:
    """Say how many threads each encoder has, and the filters together.

    The encoders of a ladder are fed in turn, by one thread, which waits for the one that is full:
    with two threads a core the others have pictures left meanwhile. Slices of a filter wait for
    each other at every picture. Measured on two cores, 720p30 to four renditions: a tenth less
    time than with a thread a core for each, and no worse a picture; with three a core it is more.
    """
    encoder, filters = min(MOST_THREADS, 2 * cores), max(1, cores // 2)
    return ["-threads", str(encoder), "-filter_complex_threads", str(filters)]


def _limits(kind: VideoKind, output_bps: int) -> Limits:
    expected_bytes = int(output_bps * kind.video.duration_s / 8)
    return Limits(
        wall_s=max(1.0, kind.holding.ends_at - time.monotonic()),
        stall_s=settings.TRANSCODE_NO_PROGRESS_SECONDS,
        memory_bytes=kind.memory_limit_bytes,
        file_size_bytes=_LEAST_OUTPUT_BYTES + _OVERSHOOT * expected_bytes,
    )


def best_encoder() -> Encoder:
    """Choose the encoder; the trial of a card costs a moment, so it is made only for one."""
    wanted = settings.TRANSCODE_ENCODERS
    if not wanted or wanted[0] == SOFTWARE:
        return Encoder()
    return Encoder(capabilities.first_usable(wanted))


def say_that_it_failed(kind: VideoKind, encoder: Encoder) -> None:
    """Leave word in the job's log and with the video."""
    sentence = f"The encoder {encoder.name} failed; the video was encoded in software."
    kind.holding.log(sentence)
    with transaction.atomic():
        video = Video.objects.select_for_update(no_key=True).filter(pk=kind.video.pk).first()
        if video is None or sentence in video.warnings:
            return
        Video.objects.filter(pk=video.pk).update(
            warnings=[*video.warnings, sentence],
            revision=F("revision") + 1,
            updated_at=timezone.now(),
        )
        after_commit(events.publish_changed, video.pk)
