"""Work on a video whose file still arrives: ffmpeg reads what is there, and waits for more.

The encode is a pipe behind the upload. It ends with the upload's last byte, and then waits
until the original lies in its place: the result is checked against the whole file. Of an
upload that stands still the encode is given up, and done anew when the file is there.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from core.errors import TemporaryFailure
from core.media.ffmpeg import STDIN
from core.media.probe import media_info
from core.tus import parts
from core.tus.models import Status, TusUpload
from transcode.engines.graphs import Source
from transcode.kind import VideoKind
from transcode.local.sources import source_of
from transcode.models import GROWING_INPUT, Video
from transcode.videos import arriving

# An upload that stands still, or comes so slowly that the rest would take longer than an hour,
# holds up no worker for longer.
PATIENCE_S = 30.0
REST_WITHIN_S = 3600.0
STORED_WITHIN_S = 600.0
_LOOK_EVERY_S = 0.25


@dataclass(frozen=True)
class Arrived:
    """How much of a file is there to stay, of how much in the end."""

    size_bytes: int
    is_whole: bool
    length_bytes: int = 0


class Follow:
    """A file that still grows, read as it comes: a `Feed` of `core.media.process`.

    `look` says how much is there, None once nothing more will come. `stands_still` is called
    when in `PATIENCE_S` nothing has come, or too little.
    """

    def __init__(
        self,
        path: Path,
        look: Callable[[], Arrived | None],
        stands_still: Callable[[], None] = lambda: None,
    ) -> None:
        self._file = path.open("rb")
        self._look, self._stands_still = look, stands_still
        self._position = 0
        self._there = Arrived(0, is_whole=False)
        self._seen_bytes, self._seen_at = 0, time.monotonic()

    def read(self, size: int, /) -> bytes | None:
        """Read what is there. Raises: `TemporaryFailure` when nothing more will come."""
        if self._position >= self._there.size_bytes and not self._there.is_whole:
            self._look_again()
        wanted = min(size, self._there.size_bytes - self._position)
        if wanted <= 0:
            return b"" if self._there.is_whole else None
        data = self._file.read(wanted)
        self._position += len(data)
        return data or None

    def _look_again(self) -> None:
        there = self._look()
        if there is None:
            raise TemporaryFailure("The upload has broken off.", code="upload_gone")
        self._there = there
        passed_s = time.monotonic() - self._seen_at
        if passed_s <= PATIENCE_S or there.is_whole:
            return
        came, missing = there.size_bytes - self._seen_bytes, there.length_bytes - self._seen_bytes
        self._seen_bytes, self._seen_at = there.size_bytes, time.monotonic()
        if came <= 0 or came * REST_WITHIN_S < missing * passed_s:
            self._stands_still()

    def begin_again(self) -> None:
        """Read from the first byte on once more; a file that was moved meanwhile too."""
        self._file.seek(0)
        self._position = 0
        self._seen_at = time.monotonic()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


@contextmanager
def input_of(kind: VideoKind) -> Iterator[tuple[Source, Follow | None]]:
    """Give a job's source; with the feed of what has not arrived yet, if it is one.

    After the block the original of what was fed lies in its place, and the video is known anew.
    Raises: `TemporaryFailure`.
    """
    upload_id = kind.video_job.private_payload.get(GROWING_INPUT)
    if not upload_id or kind.video.source_name:
        with source_of(kind) as source:
            yield source, None
        return
    with ExitStack() as opened:
        follow = _follow(kind, UUID(upload_id))
        opened.callback(follow.close)
        info = media_info(kind.video.probe, size_bytes=kind.video.size_bytes)
        yield Source(STDIN, info), follow
    _wait_until_stored(kind)


def _follow(kind: VideoKind, upload_id: UUID) -> Follow:
    upload = TusUpload.objects.filter(pk=upload_id).first()
    if upload is None:
        raise TemporaryFailure("The upload has broken off.", code="upload_gone")
    path = parts.data_of(upload.owner_id, upload.pk)
    video_id = kind.video.pk
    try:
        return Follow(path, lambda: arrived(upload_id), lambda: arriving.stop_streaming(video_id))
    except FileNotFoundError as error:
        # Just moved to its place, or on another machine: the next attempt will see.
        raise TemporaryFailure("The upload cannot be read here.", code="upload_gone") from error


def arrived(upload_id: UUID) -> Arrived | None:
    """Say how much of an upload is there to stay; None when it has ended without its last byte."""
    upload = TusUpload.objects.filter(pk=upload_id).exclude(status=Status.EXPIRED).first()
    if upload is None:
        return None
    if upload.status != Status.RECEIVING:
        return Arrived(upload.length_bytes, is_whole=True, length_bytes=upload.length_bytes)
    size_bytes = parts.size_of(upload.owner_id, upload.pk)
    if size_bytes is None:
        # Moved to its place since we read the row; the next look sees it.
        return Arrived(upload.offset_bytes, is_whole=False, length_bytes=upload.length_bytes)
    if upload.is_checking:
        size_bytes = min(size_bytes, upload.offset_bytes)
    is_whole = size_bytes >= upload.length_bytes
    return Arrived(size_bytes, is_whole=is_whole, length_bytes=upload.length_bytes)


def _wait_until_stored(kind: VideoKind) -> None:
    """Wait for the one who takes in the whole file; it is checked against that."""
    give_up_at = time.monotonic() + STORED_WITHIN_S
    with kind.heartbeat():
        while not Video.objects.filter(pk=kind.video.pk).exclude(source_name="").exists():
            kind.check()
            if time.monotonic() > give_up_at:
                raise TemporaryFailure("The uploaded file was not taken in.", code="upload_gone")
            # Another process does it; its row is the only news of it that outlasts both.
            time.sleep(_LOOK_EVERY_S)
    del kind.video_job
