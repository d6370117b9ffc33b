"""The tasks of a studio edit."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import FieldErrors
from transcode.engines import studio
from transcode.engines.studio import Cut, Join, Watermark

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["name", "options", "start", "end", "file"]), inner)
    ),
    max_leaves=8,
)


def cut(**options: Any) -> dict[str, Any]:
    return {"name": "cut", "options": options}


def read(*tasks: Any, duration_s: float = 10.0) -> list[studio.Task]:
    return studio.read_tasks(list(tasks), duration_s=duration_s)


@pytest.mark.parametrize("given", [None, [], {}, "cut", b"cut", 3, {"name": "cut"}])
def test_no_list_of_tasks_is_refused(given: Any) -> None:
    with pytest.raises(FieldErrors) as refused:
        studio.read_tasks(given, duration_s=10)
    assert set(refused.value.fields) == {"tasks"}


def test_more_than_ten_tasks_are_refused() -> None:
    with pytest.raises(FieldErrors):
        read(*[cut(start=0)] * 11)


@pytest.mark.parametrize(
    "task",
    [
        *(None, "cut", 1, {}, {"name": "cut"}, {"name": "cut", "options": []}),
        *({"name": "erase", "options": {}}, {"name": None, "options": {}}),
        *({"name": ["cut"], "options": {}}, {"name": "add-intro", "options": {}}),
        *({"name": "add-outro", "options": {"file": ""}},),
        *({"name": "add-watermark", "options": {"file": 3}},),
        *(cut(), cut(start=None), cut(start=-1), cut(start=1.5), cut(start="x"), cut(start=True)),
        *(cut(start=float("nan")), cut(start=float("inf")), cut(end=0), cut(start=3, end=3)),
        *(cut(start=4, end=3), cut(start="1" * 5000), cut(start="٣"), cut(start=[1])),
        *(cut(start=10), cut(end=11), cut(start=2, end=10**18), cut(start=10**400)),
    ],
)
def test_a_task_that_makes_no_sense_is_refused_by_its_number(task: Any) -> None:
    with pytest.raises(FieldErrors) as refused:
        read(cut(start=0), task)
    assert set(refused.value.fields) == {"tasks[1]"}


def test_a_cut_lies_inside_of_what_the_cuts_before_have_left() -> None:
    with pytest.raises(FieldErrors):
        read(cut(start=4), cut(start=6))
    assert read(cut(start=4), cut(start=5)) == [Cut(4, None), Cut(5, None)]


def test_tasks_are_read_in_their_order() -> None:
    assert read(
        cut(start="2", end=8.0),
        {"name": "add-intro", "options": {"file": "tasks[1][options][file]"}},
        {"name": "add-outro", "options": {"file": "b"}},
        {"name": "add-watermark", "options": {"file": "c"}},
    ) == [Cut(2, 8), Join("intro", "tasks[1][options][file]"), Join("outro", "b"), Watermark("c")]


def test_the_last_second_may_be_one_that_is_only_begun() -> None:
    assert read(cut(end=11), duration_s=10.4) == [Cut(None, 11)]
    assert studio.final_duration([Cut(None, 11)], 10.4, {}) == 10.4


def test_behind_an_added_clip_no_end_is_too_late() -> None:
    join = {"name": "add-outro", "options": {"file": "a"}}
    assert len(read(join, cut(end=500))) == 2
    assert len(read(join, cut(start=500))) == 2


def test_a_cut_that_leaves_nothing_of_all_clips_is_refused() -> None:
    tasks = [Join("outro", "a"), Cut(500, None)]
    with pytest.raises(FieldErrors) as refused:
        studio.final_duration(tasks, 10, {"a": 5.0})
    assert set(refused.value.fields) == {"tasks[1]"}


def test_the_duration_of_the_result_is_the_sum_of_what_is_kept() -> None:
    tasks = [Cut(2, 8), Join("intro", "a"), Watermark("w"), Join("outro", "b"), Cut(None, 9)]
    assert studio.final_duration(tasks[:3], 10, {"a": 1.5}) == 7.5
    assert studio.final_duration(tasks, 10, {"a": 1.5, "b": 4}) == 9


@given(JSON)
def test_any_text_is_read_or_refused(given: Any) -> None:
    try:
        tasks = studio.read_tasks(given, duration_s=10)
    except FieldErrors:
        return
    assert 1 <= len(tasks) <= 10


def test_runners_are_told_tasks_in_the_words_of_the_protocol() -> None:
    assert studio.payload_of(Cut(1, None)) == {"name": "cut", "options": {"start": 1}}
    assert studio.payload_of(Cut(None, 4)) == {"name": "cut", "options": {"end": 4}}
    assert studio.payload_of(Join("outro", "a"), "https://x/a") == {
        "name": "add-outro",
        "options": {"file": "https://x/a"},
    }
    assert studio.payload_of(Watermark("a"), "https://x/a") == {
        "name": "add-watermark",
        "options": {
            "file": "https://x/a",
            "watermarkSizeRatio": 0.1,
            "horitonzalMarginRatio": 0.05,
            "verticalMarginRatio": 0.05,
        },
    }
