"""A live stream encoded here: read from the ingest as a runner reads it (contract, 4.3).

ffmpeg writes into a staging folder, and what it has completed goes through the very code
that takes a runner's updates. Chunks that have left their playlist are dropped there. Where a
card fails, software goes on with the same playlists.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.errors import JobError
from core.jobs.types import Json
from core.media import process
from core.media.errors import ProgramFailed
from core.media.ffmpeg import Runner, ffmpeg
from core.media.paths import make_folder
from core.media.process import Completed, Limits
from core.media.progress import Progress
from transcode.engines import live_playlists
from transcode.engines.encoders import SOFTWARE, Encoder
from transcode.engines.graphs import Command
from transcode.engines.ladder_command import Rung
from transcode.engines.live_command import MASTER, live
from transcode.engines.live_playlists import Chunk, numbers_of
from transcode.kind import VideoKind
from transcode.live import addresses, chunks, reading
from transcode.live.chunks import Change
from transcode.local import running
from transcode.local.running import TELL_EVERY_S, EncodeFailed, thread_count
from transcode.models import LiveSession
from transcode.videos import storage

TAIL_CHARS = 1800


def encode_live(kind: VideoKind) -> Json:
    """Encode until the stream ends. Raises: `EncodeFailed`, `NotMedia`, `LeaseLost`."""
    session = LiveSession.objects.filter(pk=kind.video.pk).first()
    if session is None:
        raise JobError("The live stream is over.", code="live_over")
    payload = kind.video_job.payload
    address = addresses.readable(payload["input"]["rtmpUrl"])
    folder = storage.staging_folder(kind.job.pk, f"local{kind.job.attempt}")
    make_folder(folder)
    kind.report("encode", 0.0)
    delivery = Delivery(session, folder)
    _run(kind, payload["output"], address, delivery, is_low_latency=session.is_low_latency)
    delivery.look()
    return {}


def _run(
    kind: VideoKind, output: Json, address: str, delivery: "Delivery", *, is_low_latency: bool
) -> None:
    runner = _runner(kind, _key_of(address))
    seen = reading.look_at(address, runner=runner)
    rungs = [
        Rung(f"r{at}", each["resolution"], each["fps"])
        for at, each in enumerate(output["toTranscode"])
    ]

    def encode(encoder: Encoder) -> None:
        command = live(
            reading.input_of(address),
            seen,
            rungs,
            delivery.folder,
            segment_s=output["segmentDuration"],
            list_size=output["segmentListSize"],
            is_kept=True,
            is_low_latency=is_low_latency,
            goes_on_at_s=delivery.end_s,
            encoder=encoder,
        )
        _encode(kind, command, delivery, runner, _key_of(address))

    encoder = running.best_encoder()
    try:
        encode(encoder)
    except running.CARD_FAILURES:
        if encoder.name == SOFTWARE:
            raise
        running.say_that_it_failed(kind, encoder)
        delivery.look()  # All that the card has completed, so that the next begins behind it.
        encode(Encoder())


def _key_of(address: str) -> str:
    return address.rpartition("/")[2]


def _runner(kind: VideoKind, key: str) -> Runner:
    """Return what runs programs with a job, whose log never shows the stream's key."""

    def runner(args: Any, *, on_line: Any = None, **options: Any) -> Completed:
        def line(text: str) -> None:
            kind.holding.log(text.replace(key, "…"))
            if on_line:
                on_line(text)

        with kind.heartbeat():
            return process.run(args, on_line=line, check=kind.check, **options)

    return runner


def _encode(
    kind: VideoKind, command: Command, delivery: "Delivery", runner: Runner, key: str
) -> None:
    def tell(_: Progress) -> None:
        delivery.look()

    try:
        ffmpeg(
            command.inputs,
            ["-stats_period", TELL_EVERY_S, *command.output],
            limits=_limits(kind),
            on_progress=tell,
            protocols=reading.RTMP,
            runner=runner,
            threads=thread_count(),
        )
    except ProgramFailed as error:
        said = "\n".join(error.tail)[-TAIL_CHARS:].replace(key, "…")
        raise EncodeFailed(f"{error}\n{said}".strip()) from error


def _limits(kind: VideoKind) -> Limits:
    return Limits(
        wall_s=max(1.0, kind.holding.ends_at - time.monotonic()),
        stall_s=kind.stall_s(),
        memory_bytes=kind.memory_limit_bytes,
    )


class Delivery:
    """Brings what ffmpeg has completed in `folder` to where it is served; `look` now and then."""

    def __init__(self, session: LiveSession, folder: Path) -> None:
        self._session = session
        self._seen: dict[str, tuple[int, int]] = {}
        self._oldest: dict[int, int] = {}
        self._ends: dict[int, tuple[int, float]] = {}
        self.folder = folder

    @property
    def end_s(self) -> float:
        """How long what was delivered lasts, by its longest rendition; 0 before the first chunk."""
        return max((end_s for _, end_s in self._ends.values()), default=0.0)

    def look(self) -> None:
        """Deliver new chunks, then the playlists that changed, then the master."""
        # Playlists are read first: whatever they list is complete by the time of the chunks.
        texts = dict(self._changed_playlists())
        master = self._changed(self.folder / MASTER)
        for path in sorted(self.folder.glob("*.ts"), key=lambda path: numbers_of(path.name)):
            self._put(Change(path.name, path))
        for variant, data in texts.items():
            self._put_playlist(variant, data)
        if master is not None:
            self._put(Change(master_data=master))

    def _changed_playlists(self) -> list[tuple[int, bytes]]:
        paths = [path for path in self.folder.glob("*.m3u8") if path.name != MASTER]
        found = [(int(path.stem), self._changed(path)) for path in paths]
        return [(variant, data) for variant, data in found if data is not None]

    def _changed(self, path: Path) -> bytes | None:
        """Read a file that is new or was replaced since the last look."""
        try:
            with path.open("rb") as file:
                data = file.read()
            stat = path.stat()
        except FileNotFoundError:
            return None
        mark = (stat.st_ino, stat.st_mtime_ns)
        if self._seen.get(path.name) == mark:
            return None
        self._seen[path.name] = mark
        return data

    def _put_playlist(self, variant: int, data: bytes) -> None:
        # An encode that breaks off ends its playlists too; the stream's end is its job's to say.
        given = replace(live_playlists.read(data, variant), is_ended=False)
        data = live_playlists.write(given).encode()
        self._put(Change(playlist=f"{variant}.m3u8", playlist_data=data))
        listed = given.chunks
        self._note_end(variant, listed)
        first = numbers_of(listed[0].name)[1] if listed else 0
        for number in range(self._oldest.get(variant, 0), first):
            self._put(Change(f"{variant}-{number:06}.ts"))
        self._oldest[variant] = first

    def _note_end(self, variant: int, listed: Sequence[Chunk]) -> None:
        """Add the chunks that are new to what was counted before."""
        behind, end_s = self._ends.get(variant, (0, 0.0))
        for chunk in listed:
            number = numbers_of(chunk.name)[1]
            if number >= behind:
                behind, end_s = number + 1, end_s + chunk.duration_s
        self._ends[variant] = behind, end_s

    def _put(self, change: Change) -> None:
        chunks.put(self._session.pk, change, is_kept=self._session.keeps_replay)
