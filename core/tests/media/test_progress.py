"""What ffmpeg says of its progress, read out of whatever it writes."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.media.errors import ProgramStalled
from core.media.progress import Progress, ProgressParser, Stall

# As ffmpeg 5.1.9 writes it; the three times are all the same, whatever their names say.
BLOCK = """\
frame=48
fps=23.50
stream_0_0_q=28.0
bitrate= 419.1kbits/s
total_size=104775
out_time_us=2000000
out_time_ms=2000000
out_time=00:00:02.000000
dup_frames=0
drop_frames=0
speed=1.96x
progress=continue
"""
NOTHING_YET = """\
frame=0
fps=0.00
total_size=N/A
out_time_us=N/A
out_time=N/A
speed=N/A
progress=continue
"""


def parsed(text: str) -> list[Progress]:
    parser = ProgressParser()
    blocks = [parser.feed(line) for line in text.splitlines()]
    return [block for block in blocks if block is not None]


def test_an_unfinished_block_says_nothing() -> None:
    assert parsed(BLOCK.rsplit("progress", 1)[0]) == []


def test_what_is_not_known_yet_is_nothing_and_no_error() -> None:
    assert parsed(NOTHING_YET) == [Progress(fps=0.0)]


@pytest.mark.parametrize("before", ["-9223372036854775807", "-21333"])
def test_time_before_the_beginning_counts_as_none(before: str) -> None:
    assert parsed(f"out_time_us={before}\nprogress=continue")[0].out_time_s == 0.0


def test_a_block_says_how_far_it_is() -> None:
    assert parsed(BLOCK) == [Progress(2.0, 48, 23.5, 1.96, 104_775)]


def test_the_last_block_is_marked() -> None:
    assert [block.is_end for block in parsed(BLOCK + BLOCK.replace("continue", "end"))] == [0, 1]


def test_a_block_knows_nothing_of_the_one_before() -> None:
    assert parsed(BLOCK + "progress=end")[1] == Progress(is_end=True)


@given(st.lists(st.text(max_size=40) | st.sampled_from(BLOCK.splitlines()), max_size=60))
def test_no_text_whatsoever_is_an_error(lines: list[str]) -> None:
    for block in parsed("\n".join(lines)):
        assert 0.0 <= block.out_time_s < math.inf
        assert min(block.frame, block.size_bytes) >= 0


@given(
    st.sampled_from(["frame", "fps", "total_size", "out_time_us", "speed", "progress"]),
    st.text(max_size=20) | st.sampled_from(["N/A", "nan", "inf", "-inf", "1e400", "9" * 400, "x"]),
)
def test_no_value_whatsoever_is_an_error(key: str, value: str) -> None:
    ended = ProgressParser()
    ended.feed(f"{key}={value}")
    assert isinstance(ended.feed("progress=end"), Progress)


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(allow_nan=False, max_value=1e6))
def test_the_share_done_lies_between_none_and_all_and_grows(
    early_s: float, more_s: float, duration_s: float
) -> None:
    early, late = Progress(early_s), Progress(early_s + more_s)
    assert 0.0 <= early.fraction(duration_s) <= late.fraction(duration_s) <= 1.0


def test_the_end_is_all_of_it_however_long_it_was_thought_to_be() -> None:
    assert Progress(1.0, is_end=True).fraction(60.0) == 1.0
    assert Progress(15.0).fraction(60.0) == 0.25


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_blocks_that_say_the_same_for_too_long_are_a_stall() -> None:
    clock = Clock()
    stall = Stall(5.0, clock)
    stall.see(Progress(1.0))
    clock.now_s += 5.0
    stall.see(Progress(1.0))
    clock.now_s += 0.1
    with pytest.raises(ProgramStalled):
        stall.see(Progress(1.0))


@pytest.mark.parametrize(
    "moved", [Progress(1.1, 5, size_bytes=7), Progress(1.0, 6), Progress(1.0, 5, size_bytes=8)]
)
def test_whatever_moves_is_no_stall(moved: Progress) -> None:
    clock = Clock()
    stall = Stall(5.0, clock)
    stall.see(Progress(1.0, 5, size_bytes=7))
    clock.now_s += 60.0
    stall.see(moved)
    clock.now_s += 5.0
    stall.see(moved)


def test_the_end_is_no_stall() -> None:
    clock = Clock()
    stall = Stall(5.0, clock)
    clock.now_s += 60.0
    stall.see(Progress(is_end=True))
