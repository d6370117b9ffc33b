"""Per cent of a stage: whole, never falling, never a hundred before the end."""

from hypothesis import given
from hypothesis import strategies as st

from core.media.progress import Progress, ProgressParser
from media_api.engines.percent import Percent


def at(seconds: float) -> Progress:
    return Progress(out_time_s=seconds)


def test_without_a_duration_a_pass_stays_at_its_beginning() -> None:
    percent = Percent(0.0, passes=2)

    assert [percent.at(at(9.0)), percent.at(at(9.0), 2), percent.at(at(1.0), 2)] == [0, 50, 50]


def test_what_ffmpeg_does_not_know_or_says_in_the_negative_counts_as_nothing() -> None:
    percent, parser = Percent(2.0), ProgressParser()

    for value in ("N/A", "-9000000", "nonsense"):
        parser.feed(f"out_time_us={value}")
        block = parser.feed("progress=continue")
        assert block is not None
        assert percent.at(block) == 0


def test_one_pass_is_told_as_it_goes_and_never_ends_by_itself() -> None:
    percent = Percent(10.0)

    told = [percent.at(at(seconds)) for seconds in (0.0, 0.19, 4.36, 9.99, 10.0, 11.0, 1e9)]

    assert told == [0, 1, 43, 99, 99, 99, 99]
    assert Percent(10.0).at(Progress(out_time_s=10.0, is_end=True)) == 99


def test_the_second_of_two_passes_begins_at_fifty() -> None:
    percent = Percent(10.0, passes=2)

    first = [percent.at(at(seconds), 1) for seconds in (0.0, 5.0, 10.0)]
    second = [percent.at(at(seconds), 2) for seconds in (0.0, 5.0, 10.0)]

    assert first == [0, 25, 49]
    assert second == [50, 75, 99]


@given(
    duration_s=st.floats(0, 1e6),
    steps=st.lists(st.tuples(st.integers(1, 2), st.floats(-1, 1e7))),
)
def test_it_never_falls_and_stays_within_bounds(
    duration_s: float, steps: list[tuple[int, float]]
) -> None:
    percent = Percent(duration_s, passes=2)

    told = [percent.at(at(max(0.0, seconds)), number) for number, seconds in steps]

    assert told == sorted(told)
    assert all(0 <= each <= 99 for each in told)
