"""Which stages a request has, and in what order they run (Media API contract, 4.2)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from media_api.engines.actions import Action, fitting
from media_api.engines.errors import UnsupportedFileType
from media_api.engines.filetypes import FileType

# The order in which actions are resolved, whatever order a client names them in.
ORDER = (
    Action.SUMMARIZE,
    Action.TRANSCRIBE,
    Action.EXTRACT_AUDIO,
    Action.COMPRESS,
    Action.TO_TEXT,
)

_NEEDS: Mapping[FileType, Mapping[Action, tuple[Action, ...]]] = {
    FileType.VIDEO: {
        Action.SUMMARIZE: (Action.TRANSCRIBE,),
        Action.TRANSCRIBE: (Action.EXTRACT_AUDIO,),
    },
    FileType.AUDIO: {Action.SUMMARIZE: (Action.TRANSCRIBE,)},
}
_POSTPROCESSORS = frozenset({Action.SUMMARIZE})

# The dearest first: the worker that runs a request must have what its dearest stage needs.
_QUEUES = (
    (Action.COMPRESS, "ffmpeg"),
    (Action.TRANSCRIBE, "speech"),
    (Action.EXTRACT_AUDIO, "ffmpeg"),
    (Action.TO_TEXT, "ocr"),
)


@dataclass(frozen=True)
class Stage:
    """One piece of work. It is skipped when one of those that it needs has failed."""

    name: Action
    needs: tuple[Action, ...]
    is_postprocessor: bool


@dataclass(frozen=True)
class Plan:
    """The stages in the order in which they run: jobs, then postprocessors."""

    stages: tuple[Stage, ...]

    @property
    def names(self) -> tuple[Action, ...]:
        """The stages' names."""
        return tuple(stage.name for stage in self.stages)


def plan(file_type: FileType, actions: Iterable[str]) -> Plan:
    """Resolve the actions that fit a type of file, with all that they need; the rest is left out.

    Raises: UnsupportedFileType when none fits; ValueError for what is no action.
    """
    wanted = fitting(file_type, map(Action, actions))
    if not wanted:
        raise UnsupportedFileType
    needs = _NEEDS.get(file_type, {})
    found: dict[Action, None] = {}
    for action in ORDER:
        if action in wanted:
            found.update(dict.fromkeys(_resolved(action, needs)))
    stages = [Stage(name, needs.get(name, ()), name in _POSTPROCESSORS) for name in found]
    return Plan(tuple(sorted(stages, key=lambda stage: stage.is_postprocessor)))


def _resolved(action: Action, needs: Mapping[Action, tuple[Action, ...]]) -> Iterator[Action]:
    """An action behind all that it needs, depth first."""
    for needed in needs.get(action, ()):
        yield from _resolved(needed, needs)
    yield action


def queue_for(actions: Iterable[str]) -> str:
    """Return the queue of the dearest of some stages."""
    wanted = frozenset(map(Action, actions))
    return next((queue for action, queue in _QUEUES if action in wanted), "default")
