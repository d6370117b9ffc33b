"""What one socket has been sent of each upload, so that the guarantees of 2.6 hold,
and which events it wants to hear.

Per socket and upload: `(run, seq)` strictly rises, one terminal frame a run, nothing of
a run after its terminal frame, no part of an answer after the end of its question, and
nothing of either after the upload's.
"""

from collections import OrderedDict
from dataclasses import dataclass, field

MAX_UPLOADS = 10_000


@dataclass
class Place:
    """How far a socket is in an upload's newest run. `characters` were sent as deltas.

    `ended_questions` has the attempt of its job that was a question's last.
    """

    run: int = 0
    seq: int = 0
    characters: int = 0
    has_ended: bool = False
    is_gone: bool = False
    ended_questions: dict[str, int] = field(default_factory=dict)

    def begin(self, run: int) -> None:
        """Start again where a newer run was heard of."""
        if run > self.run and not self.is_gone:
            self.run, self.seq, self.characters, self.has_ended = run, 0, 0, False

    def accepts(self, run: int, seq: int) -> bool:
        """Return whether a partial frame may still be sent."""
        self.begin(run)
        return run == self.run and seq > self.seq and not self.has_ended

    def end(self, run: int, seq: int) -> int | None:
        """Mark a run's end; return the number of its frame, or None if it was sent before."""
        self.begin(run)
        if run < self.run or self.has_ended:
            return None
        self.has_ended = True
        self.seq = max(self.seq + 1, seq)
        return self.seq

    def accepts_answer(self, question_id: str, attempt: int, *, is_final: bool) -> bool:
        """Return whether a frame about a question may still be sent; note a question's end.

        A retry is a later attempt: it is told again.
        """
        last = self.ended_questions.get(question_id, -1)
        if is_final:
            self.ended_questions[question_id] = max(attempt, last)
        return (is_final or attempt > last) and not self.is_gone


class Places:
    """The places of up to 10,000 uploads, those last heard of."""

    def __init__(self) -> None:
        self._places: OrderedDict[str, Place] = OrderedDict()

    def of(self, upload_id: str) -> Place:
        """Return the place in an upload, a new one at first."""
        place = self._places.setdefault(upload_id, Place())
        self._places.move_to_end(upload_id)
        if len(self._places) > MAX_UPLOADS:
            self._places.popitem(last=False)
        return place

    def forget(self, upload_id: str) -> None:
        """The upload is deleted: nothing of its runs and questions is sent any more."""
        place = self.of(upload_id)
        place.is_gone = place.has_ended = True


class Hearing:
    """Which uploads' events a socket wants, and in which form their text streams.

    `stream` is `cumulative`, `delta` or `none`.
    """

    def __init__(self) -> None:
        self.stream = "cumulative"
        self._has_all = True
        self._excepted: set[str] = set()

    def has(self, upload_id: str) -> bool:
        """Return whether the events of an upload are wanted."""
        return self._has_all != (upload_id in self._excepted)

    def begin(self, upload_id: str | None, *, stream: str | None) -> None:
        """Want events again, of one upload or of all."""
        self.stream = stream or self.stream
        self._set(upload_id, is_wanted=True)

    def stop(self, upload_id: str | None) -> None:
        """Want no events, of one upload or of any."""
        self._set(upload_id, is_wanted=False)

    def forget(self, upload_id: str) -> None:
        """The upload is deleted."""
        self._excepted.discard(upload_id)

    def _set(self, upload_id: str | None, *, is_wanted: bool) -> None:
        if upload_id is None:
            self._has_all = is_wanted
            self._excepted.clear()
        elif is_wanted == self._has_all:
            self._excepted.discard(upload_id)
        else:
            self._excepted.add(upload_id)
