"""A figure: what was measured, what is to be reached, and whether it is."""

import json
import os
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

# Where `make bench` gathers the figures of all scripts, a JSON object a line.
GATHER = "MEDIALOOM_BENCH_FIGURES"


@dataclass(frozen=True)
class Figure:
    """One number beside its target. `values` are those of the rounds: the median counts."""

    name: str
    values: Sequence[float]
    target: float
    at_least: bool = False

    @property
    def value(self) -> float:
        """The median of the rounds."""
        return statistics.median(self.values)

    @property
    def is_met(self) -> bool:
        """Whether the target is reached."""
        return self.value >= self.target if self.at_least else self.value <= self.target

    def row(self) -> str:
        """The figure as a line of the table."""
        sign = ">=" if self.at_least else "<="
        verdict = "met" if self.is_met else "MISSED"
        spread = f"{min(self.values):.3g}..{max(self.values):.3g}" if len(self.values) > 1 else ""
        row = f"{self.name:<58} {self.value:9.3f}  {sign} {self.target:<6g} {verdict:<7} {spread}"
        return row.rstrip()


def show(figures: Sequence[Figure]) -> None:
    """Print figures as a table, and hand them to `make bench` if that has asked."""
    for figure in figures:
        print(figure.row(), flush=True)
        if path := os.environ.get(GATHER):
            with Path(path).open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(figure)) + "\n")


def gathered(path: Path) -> list[Figure]:
    """Return the figures that scripts have handed over."""
    return [Figure(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
