"""What a studio edit is made of, and how long its result is (contract, 4.4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, isfinite
from typing import Any, Literal

from core.errors import FieldErrors

MAX_TASKS = 10
LONGEST_S = 10**9
# The protocol's own ratios, and its misspelt key.
WATERMARK_SIZE = 0.1
WATERMARK_MARGIN = 0.05
WATERMARK_RATIOS: Mapping[str, float] = {
    "watermarkSizeRatio": WATERMARK_SIZE,
    "horitonzalMarginRatio": WATERMARK_MARGIN,
    "verticalMarginRatio": WATERMARK_MARGIN,
}


@dataclass(frozen=True)
class Cut:
    """Keep what lies between two times, in seconds. None: from the beginning, to the end."""

    start_s: int | None
    end_s: int | None


@dataclass(frozen=True)
class Join:
    """Put another clip before (`intro`) or behind (`outro`). `file` is the uploaded one's key."""

    place: Literal["intro", "outro"]
    file: str


@dataclass(frozen=True)
class Watermark:
    """Lay a picture over the top right corner."""

    file: str


Task = Cut | Join | Watermark
_NAMES = ("cut", "add-intro", "add-outro", "add-watermark")


def read_tasks(given: Any, *, duration_s: float) -> list[Task]:
    """Check the tasks of a request, in order.

    `given` is a list of `{"name", "options"}`; the options of all but `cut` hold a `file`, any
    text. Numbers may be text, as forms send them. Times are those of the video as the tasks before
    have left it; clips that these add are not known here, so behind one no end is too late.

    Raises: FieldErrors, by `tasks` or `tasks[i]`.
    """
    if not isinstance(given, Sequence) or isinstance(given, str | bytes) or not given:
        raise FieldErrors({"tasks": "At least one task is needed."})
    if len(given) > MAX_TASKS:
        raise FieldErrors({"tasks": f"At most {MAX_TASKS} tasks are allowed."})
    tasks: list[Task] = []
    left_s: float | None = duration_s
    for at, item in enumerate(given):
        try:
            task = _task(item)
            left_s = _checked(task, left_s)
        except ValueError as error:
            raise FieldErrors({f"tasks[{at}]": str(error)}) from error
        tasks.append(task)
    return tasks


def duration_after(task: Task, duration_s: float, joined_s: Mapping[str, float]) -> float:
    """How long a video is after a task. `joined_s` has the durations of added clips, by file."""
    if isinstance(task, Cut):
        end_s = duration_s if task.end_s is None else min(task.end_s, duration_s)
        return max(0.0, end_s - (task.start_s or 0))
    return duration_s + joined_s[task.file] if isinstance(task, Join) else duration_s


def final_duration(
    tasks: Sequence[Task], duration_s: float, joined_s: Mapping[str, float]
) -> float:
    """How long the result is, in seconds.

    Raises: FieldErrors where a cut leaves nothing, which only the lengths of the clips can show.
    """
    for at, task in enumerate(tasks):
        duration_s = duration_after(task, duration_s, joined_s)
        if duration_s <= 0:
            raise FieldErrors({f"tasks[{at}]": "The cut leaves nothing of the video."})
    return duration_s


def payload_of(task: Task, file_url: str | None = None) -> dict[str, Any]:
    """One task as a runner is told it; `file_url` is where it gets the file."""
    if isinstance(task, Cut):
        times = {"start": task.start_s, "end": task.end_s}
        return {"name": "cut", "options": {k: v for k, v in times.items() if v is not None}}
    if isinstance(task, Join):
        return {"name": f"add-{task.place}", "options": {"file": file_url}}
    return {"name": "add-watermark", "options": {"file": file_url, **WATERMARK_RATIOS}}


def _task(item: Any) -> Task:
    options = item.get("options", {}) if isinstance(item, Mapping) else None
    if not isinstance(options, Mapping):
        raise ValueError("A task has a name and options.")
    name = item.get("name")
    if name not in _NAMES:
        raise ValueError(f"The name is one of {', '.join(_NAMES)}.")
    if name == "cut":
        return _cut(options)
    file = options.get("file")
    if not isinstance(file, str) or not file:
        raise ValueError("A file is needed.")
    if name == "add-watermark":
        return Watermark(file)
    return Join("intro" if name == "add-intro" else "outro", file)


def _cut(options: Mapping[str, Any]) -> Cut:
    start_s, end_s = _whole(options.get("start"), "start"), _whole(options.get("end"), "end")
    if start_s is None and end_s is None:
        raise ValueError("A start or an end is needed.")
    if end_s is not None and end_s <= (start_s or 0):
        raise ValueError("The end must lie behind the start.")
    return Cut(start_s, end_s)


def _whole(value: Any, name: str) -> int | None:
    """A number of whole seconds, perhaps as text; None where it is absent."""
    if value is None or value == "":
        return None
    refusal = ValueError(f"The {name} must be a whole number of seconds, 0 or more.")
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 12:
        value = int(value)
    if isinstance(value, float) and isfinite(value) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LONGEST_S:
        raise refusal
    return value


def _checked(task: Task, left_s: float | None) -> float | None:
    """The duration after a task; None once it is unknown. Raises: ValueError."""
    if not isinstance(task, Cut):
        return None if isinstance(task, Join) else left_s
    if left_s is None:
        return None if task.end_s is None else task.end_s - (task.start_s or 0)
    # People are shown rounded seconds, so the last one may be begun only.
    if (task.start_s or 0) >= left_s or (task.end_s or 0) > ceil(left_s):
        raise ValueError("The cut must lie inside the video.")
    return duration_after(task, left_s, {})
