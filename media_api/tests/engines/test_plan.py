"""Which stages a request has: the table of the contract, and what holds for every request."""

from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_api.engines.actions import FITTING, ROUTES, Action, fitting
from media_api.engines.errors import UnsupportedFileType
from media_api.engines.filetypes import FileType
from media_api.engines.plan import Plan, plan, queue_for

VIDEO, AUDIO, TEXT, IMAGE = FileType.VIDEO, FileType.AUDIO, FileType.TEXT, FileType.IMAGE
ALL = tuple(Action)


def names(file_type: FileType, *actions: str) -> list[str]:
    return [stage.name.value for stage in plan(file_type, actions).stages]


@pytest.mark.parametrize("file_type", [FileType.DOCUMENT, FileType.EXECUTABLE, FileType.OTHER])
def test_nothing_can_be_done_with_other_types(file_type: FileType) -> None:
    with pytest.raises(UnsupportedFileType) as refused:
        plan(file_type, ALL)

    assert refused.value.code == "unsupported_file_type"


@pytest.mark.parametrize(
    ("file_type", "actions"),
    [
        (AUDIO, ["compress"]),
        (TEXT, ["compress"]),
        (TEXT, ["transcribe", "extract_audio", "to_text"]),
        (IMAGE, ["compress", "transcribe", "extract_audio", "summarize"]),
        (FileType.PDF, ["summarize"]),
        (VIDEO, ["to_text"]),
        (VIDEO, []),
    ],
)
def test_a_request_of_which_no_action_fits_is_refused(
    file_type: FileType, actions: list[str]
) -> None:
    with pytest.raises(UnsupportedFileType):
        plan(file_type, actions)


def test_what_is_no_action_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="paint"):
        plan(VIDEO, ["paint"])


@pytest.mark.parametrize(
    ("file_type", "actions", "stages"),
    [
        (VIDEO, ["compress"], ["compress"]),
        (VIDEO, ["extract_audio"], ["extract_audio"]),
        (AUDIO, ["extract_audio"], ["extract_audio"]),
        (VIDEO, ["transcribe"], ["extract_audio", "transcribe"]),
        (AUDIO, ["transcribe"], ["transcribe"]),
        (VIDEO, ["summarize"], ["extract_audio", "transcribe", "summarize"]),
        (AUDIO, ["summarize"], ["transcribe", "summarize"]),
        (TEXT, ["summarize"], ["summarize"]),
        (IMAGE, ["to_text"], ["to_text"]),
        (FileType.PDF, ["to_text"], ["to_text"]),
        (
            VIDEO,
            ["compress", "transcribe", "extract_audio", "summarize"],
            ["extract_audio", "transcribe", "compress", "summarize"],
        ),
        (VIDEO, ["compress", "extract_audio"], ["extract_audio", "compress"]),
        (AUDIO, ["extract_audio", "transcribe"], ["transcribe", "extract_audio"]),
        (AUDIO, list(ALL), ["transcribe", "extract_audio", "summarize"]),
        (TEXT, list(ALL), ["summarize"]),
        (IMAGE, list(ALL), ["to_text"]),
    ],
)
def test_the_stages_are_those_of_the_contract_in_its_order(
    file_type: FileType, actions: list[str], stages: list[str]
) -> None:
    assert names(file_type, *actions) == stages


def test_a_stage_knows_what_it_needs_and_whether_it_comes_last() -> None:
    found = {stage.name: stage for stage in plan(VIDEO, ALL).stages}

    assert found[Action.TRANSCRIBE].needs == (Action.EXTRACT_AUDIO,)
    assert found[Action.SUMMARIZE].needs == (Action.TRANSCRIBE,)
    assert found[Action.EXTRACT_AUDIO].needs == found[Action.COMPRESS].needs == ()
    assert [name for name, stage in found.items() if stage.is_postprocessor] == ["summarize"]


@given(
    file_type=st.sampled_from(sorted(FITTING)),
    actions=st.lists(st.sampled_from(ALL), min_size=1, max_size=8),
)
def test_whatever_is_asked_each_stage_comes_once_and_behind_what_it_needs(
    file_type: FileType, actions: list[Action]
) -> None:
    fits = fitting(file_type, actions)
    found = plan(file_type, actions) if fits else Plan(())
    order = found.names

    assert fits <= set(order) <= FITTING[file_type]
    assert len(set(order)) == len(order)
    for at, stage in enumerate(found.stages):
        assert set(stage.needs) <= set(order[:at])
    is_last = [stage.is_postprocessor for stage in found.stages]
    assert is_last == sorted(is_last)
    wanted_by = {need for stage in found.stages for need in stage.needs}
    assert set(order) == fits | wanted_by
    assert not fits or plan(file_type, reversed(actions)) == found


@pytest.mark.parametrize(
    ("actions", "queue"),
    [
        (["summarize"], "default"),
        (["to_text"], "ocr"),
        (["extract_audio", "to_text"], "ffmpeg"),
        (["extract_audio", "transcribe"], "speech"),
        (["summarize", "transcribe", "compress"], "ffmpeg"),
        ([], "default"),
    ],
)
def test_a_request_waits_where_its_dearest_stage_is_done(actions: list[str], queue: str) -> None:
    assert queue_for(actions) == queue


def test_every_route_and_every_action_fits_some_type() -> None:
    usable = set(chain.from_iterable(FITTING.values()))

    assert set(ROUTES.values()) == usable == set(ALL)
    for a_few in combinations(ALL, 2):
        assert any(fitting(file_type, a_few) for file_type in FITTING)
