"""How far a stage is, in whole per cent, out of what ffmpeg says (Media API contract, 4.3)."""

from core.media.progress import Progress

HIGHEST = 99
"""The hundredth per cent is the program's success, which only its exit tells."""


class Percent:
    """Follow one stage of one or more passes of equal length; what it tells never falls.

    Without a duration it stays at the beginning of each pass.
    """

    def __init__(self, duration_s: float, *, passes: int = 1) -> None:
        self._duration_s, self._passes = duration_s, passes
        self._highest = 0

    def at(self, progress: Progress, pass_number: int = 1) -> int:
        """Return the stage's per cent, 0 to 99; passes are counted from 1."""
        done = 0
        if self._duration_s > 0:
            # Bounded before it is cut: a file may lie about its length.
            share = min(1.0, progress.out_time_s / self._duration_s)
            done = min(HIGHEST, int(share * 100))
        told = int((100 * (pass_number - 1) + done) / self._passes)
        self._highest = max(self._highest, min(HIGHEST, told))
        return self._highest
