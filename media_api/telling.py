"""What a client knows of a request, and what news is to it (Media API contract, 3.4).

Whatever comes, an event or the row itself, is told as the difference to what was told
before: nothing is told twice, backwards, or after the end, and what an event that was
lost should have said is said by the next one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from media_api.config.schema import WebSockets
from media_api.progress import UNKNOWN, Progress
from media_api.states import FINAL, State

Frame = dict[str, Any]
NEVER_S = float("-inf")


@dataclass
class Told:
    """What a client was told of one request; `pct_at_s` is when it last heard of the per cent."""

    rid: str
    state: State = State.QUEUED
    stage: int = UNKNOWN
    pct: int = 0
    revision: int = -1
    pct_at_s: float = NEVER_S

    @classmethod
    def of(cls, progress: Progress) -> "Told":
        """What whoever asks now is told."""
        return cls(
            progress.rid, progress.state, progress.cur_stage, progress.pct, progress.revision
        )

    @property
    def is_over(self) -> bool:
        """Whether nothing will follow."""
        return self.state in FINAL

    def news(self, data: Frame, *, pace: WebSockets, now_s: float) -> Iterator[Frame]:
        """Yield the frames that lead from what was told to an event's `data`, at this pace."""
        revision = data["revision"]
        if revision is not None:
            if revision < self.revision:
                return
            self.revision = revision
        state, stage = State(data["status"]), data["stage"]
        # Stages go back in a new attempt alone: that it was queued in between got lost.
        is_anew = state == self.state == State.PROCESSING and stage < self.stage
        if is_anew or (state == State.QUEUED != self.state):
            yield self._queued()
        if state in (State.PROCESSING, State.DONE_PARTIALLY, State.FINISHED):
            yield from self._way(state, stage, pace)
        if state == State.PROCESSING and stage == self.stage:
            yield from self._progress(data["pct"], pace, now_s)
        if state in FINAL:
            self.state = state
            yield {"type": "status", "rid": self.rid, "status": int(state)}

    def _queued(self) -> Frame:
        self.state, self.stage, self.pct = State.QUEUED, UNKNOWN, 0
        return {"type": "status", "rid": self.rid, "status": int(State.QUEUED)}

    def _way(self, state: State, stage: int, pace: WebSockets) -> Iterator[Frame]:
        """Yield the stages up to this one. Of a request that went well each has come to its end."""
        if self.state == State.QUEUED:
            self.state, self.stage = State.PROCESSING, 0
            yield {"type": "status", "rid": self.rid, "status": int(State.PROCESSING)}
        while self.stage < stage:
            if state == State.FINISHED:
                yield from self._end_of_stage(pace)
            self.stage += 1
            self.pct, self.pct_at_s = 0, NEVER_S
            yield {"type": "stage", "rid": self.rid, "curStage": self.stage}
        if state == State.FINISHED:
            yield from self._end_of_stage(pace)

    def _end_of_stage(self, pace: WebSockets) -> Iterator[Frame]:
        if self.stage > 0:
            yield from self._progress(100, pace, NEVER_S)

    def _progress(self, pct: int, pace: WebSockets, now_s: float) -> Iterator[Frame]:
        """Yield the per cent if it is more, and if it is time; the hundredth always is."""
        if pct <= self.pct or pace.no_progress_updates:
            return
        if pct < 100 and now_s - self.pct_at_s < pace.update_progress_interval:
            return
        self.pct, self.pct_at_s = pct, now_s
        yield {"type": "progress", "rid": self.rid, "pct": pct}
