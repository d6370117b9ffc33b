"""The growing text of a run, kept in Redis for whoever comes late (core contract, 2.6).

Two keys a run, for an hour: `core:ocr:<upload>:<run>` is the text so far, and the same
with `:meta` holds `seq`, `progress`, `page`, `page_count` and, once the run is over,
`ended`. Text is appended, and its event published, in one Lua script: after `end` no
writer can add or send anything, however late it is, so the terminal event that is
published after `end` is the last of its run. Redis away or emptied costs nothing but
partial frames: the writer keeps the whole text and writes it anew.
"""

import logging
from dataclasses import dataclass
from uuid import UUID

import redis

from core.jobs.lifecycle import LeaseLost
from core.realtime.groups import group_for_upload, group_for_uploads_of
from core.realtime.publish import Event, connection, wire_form

logger = logging.getLogger(__name__)

KEEP_S = 3600
# The number of a terminal frame when Redis has forgotten how many came before it.
LAST_SEQ = 2**31 - 1

# KEYS: text, meta. ARGV: bytes expected (-1 replaces the text), text, seq, progress, page,
# page_count, seconds to keep, then channels and payloads in turn.
# Returns 1 done, 0 the text is not as long as expected, -1 the run is over.
_APPEND = """
if redis.call('HEXISTS', KEYS[2], 'ended') == 1 then return -1 end
local expected = tonumber(ARGV[1])
if expected < 0 then
  redis.call('SET', KEYS[1], ARGV[2])
elseif redis.call('STRLEN', KEYS[1]) ~= expected then
  return 0
else
  redis.call('APPEND', KEYS[1], ARGV[2])
end
redis.call('HSET', KEYS[2], 'seq', ARGV[3], 'progress', ARGV[4], 'page', ARGV[5],
           'page_count', ARGV[6])
redis.call('EXPIRE', KEYS[1], ARGV[7])
redis.call('EXPIRE', KEYS[2], ARGV[7])
for i = 8, #ARGV, 2 do redis.call('PUBLISH', ARGV[i], ARGV[i + 1]) end
return 1
"""
# KEYS: meta. ARGV: the number to take when nothing is known, seconds to keep.
_END = """
local seq = redis.call('HGET', KEYS[1], 'seq')
seq = seq and tonumber(seq) + 1 or tonumber(ARGV[1])
redis.call('HSET', KEYS[1], 'ended', 1, 'seq', seq)
redis.call('EXPIRE', KEYS[1], ARGV[2])
return seq
"""


class StreamEnded(LeaseLost):
    """The run is over for everyone who watches: its writer must stop."""


@dataclass(frozen=True)
class Snapshot:
    """A run's text so far, and the number of the event that brought its last piece."""

    text: str
    seq: int
    progress: float
    page: int
    page_count: int


def snapshot(upload_id: UUID | str, run: int) -> Snapshot | None:
    """Return what a run has streamed so far; None when Redis does not know it. Blocks."""
    try:
        pipeline = connection().pipeline(transaction=True)
        pipeline.get(_text_key(upload_id, run))
        pipeline.hgetall(_meta_key(upload_id, run))
        text, meta = pipeline.execute()
    except redis.RedisError as error:
        logger.warning("a stream could not be read: %s", type(error).__name__)
        return None
    if b"seq" not in meta or b"page" not in meta:
        return None
    return Snapshot(
        text=(text or b"").decode(),
        seq=int(meta[b"seq"]),
        progress=float(meta[b"progress"]),
        page=int(meta[b"page"]),
        page_count=int(meta[b"page_count"]),
    )


def end(upload_id: UUID | str, run: int, *, has_begun: bool = True) -> int:
    """Close a run's stream for good; return the number its terminal frame has to bear."""
    try:
        script = connection().register_script(_END)
        return int(script([_meta_key(upload_id, run)], [LAST_SEQ if has_begun else 1, KEEP_S]))
    except redis.RedisError as error:
        logger.warning("a stream was not closed: %s", type(error).__name__)
        return LAST_SEQ


class StreamWriter:
    """Appends to the text of one run and publishes each piece. One writer a run."""

    def __init__(self, upload_id: UUID | str, owner_id: UUID | str, run: int) -> None:
        self.upload_id = upload_id
        self.run = run
        self._owner_id = owner_id
        self._groups = [group_for_uploads_of(owner_id), group_for_upload(upload_id)]
        self._keys = [_text_key(upload_id, run), _meta_key(upload_id, run)]
        self._parts: list[str] = []
        self._characters = self._size_bytes = self._seq = 0

    def begin(self) -> None:
        """Publish the run's first, empty piece."""
        self.write("", progress=0.0, page=0, page_count=0)

    def resume(self) -> None:
        """Go on after a `begin` that another object has done."""
        self._seq = max(self._seq, 1)

    def write(self, text: str, *, progress: float, page: int, page_count: int) -> None:
        """Append a piece. Raises: `StreamEnded` when the run is over."""
        self._seq += 1
        place = [self._seq, progress, page, page_count, KEEP_S]
        event = self._event(text, progress, page, page_count)
        data = text.encode()
        try:
            script = connection().register_script(_APPEND)
            pairs = [item for pair in wire_form(self._groups, event) for item in pair]
            answer = script(self._keys, [self._size_bytes, data, *place, *pairs])
            if not answer:
                whole = "".join([*self._parts, text]).encode()
                answer = script(self._keys, [-1, whole, *place, *pairs])
        except redis.RedisError as error:
            logger.warning("a piece of a stream was not sent: %s", type(error).__name__)
            answer = 1
        if answer == -1:
            raise StreamEnded(f"Run {self.run} of upload {self.upload_id} is over.")
        self._parts.append(text)
        self._characters += len(text)
        self._size_bytes += len(data)

    def check(self) -> None:
        """Stop here when the run is over. Raises: `StreamEnded`."""
        try:
            is_over = connection().hexists(self._keys[1], "ended")
        except redis.RedisError:
            return  # The row says it too, only later.
        if is_over:
            raise StreamEnded(f"Run {self.run} of upload {self.upload_id} is over.")

    def _event(self, delta: str, progress: float, page: int, page_count: int) -> Event:
        return Event(
            name="upload.stream",
            topic=f"upload:{self.upload_id}",
            data={
                "upload_id": str(self.upload_id),
                "owner_id": str(self._owner_id),
                "run": self.run,
                "seq": self._seq,
                "offset": self._characters,
                "delta": delta,
                "progress": progress,
                "page": page,
                "page_count": page_count,
            },
        )


def _text_key(upload_id: UUID | str, run: int) -> str:
    return f"core:ocr:{upload_id}:{run}"


def _meta_key(upload_id: UUID | str, run: int) -> str:
    return f"{_text_key(upload_id, run)}:meta"
