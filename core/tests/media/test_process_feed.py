"""Programs that are fed with what is still arriving."""

import pytest

from core.media.errors import ProgramFailed, ProgramTimeout
from core.media.process import Limits, run
from core.tests.media.programs import is_alive, python, read_pid

ECHO = "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())"


class Pieces:
    """A feed that gives these pieces, one a call; None is a moment without any."""

    def __init__(self, *pieces):
        self.pieces = list(pieces)
        self.asked = []

    def read(self, size, /):
        self.asked.append(size)
        return self.pieces.pop(0) if self.pieces else b""


class Endless:
    """A feed that always has more, or never anything."""

    def __init__(self, piece):
        self.piece, self.calls = piece, 0

    def read(self, size, /):
        self.calls += 1
        return self.piece


class BrokenFeedError(Exception):
    pass


def test_a_feed_that_raises_ends_the_program(tmp_path):
    pid_file = tmp_path / "pid"

    class Raising:
        def read(self, size, /):
            if pid_file.exists() and pid_file.read_text():
                raise BrokenFeedError

    script = (
        f"import os, sys, pathlib; pathlib.Path({str(pid_file)!r}).write_text(str(os.getpid()));"
        "sys.stdin.read()"
    )
    with pytest.raises(BrokenFeedError):
        run(python(script), stdin=Raising())
    assert not is_alive(read_pid(pid_file))


def test_a_feed_that_never_has_anything_is_bounded_by_the_limits():
    feed = Endless(None)
    with pytest.raises(ProgramTimeout):
        run(python(ECHO), stdin=feed, limits=Limits(wall_s=1.5))
    assert 1 < feed.calls < 200, "it is asked now and then, not all the time"


def test_a_program_that_fails_is_not_fed_to_the_end():
    with pytest.raises(ProgramFailed):
        run(["sh", "-c", "exit 3"], stdin=Endless(b"x" * 1000))


def test_a_program_may_stop_reading_before_its_feed_ends():
    done = run(["head", "-c", "5"], stdin=Endless(b"abc"), capture=True)
    assert done.stdout == b"abcab"


def test_pieces_arrive_whole_and_in_order():
    pieces = [bytes([at]) * (at * 1000 + 1) for at in range(100)]
    done = run(python(ECHO), stdin=Pieces(*pieces), capture=True)
    assert done.stdout == b"".join(pieces)


def test_what_is_not_there_yet_is_waited_for():
    done = run(python(ECHO), stdin=Pieces(None, b"a", None, None, b"b", None, b""), capture=True)
    assert done.stdout == b"ab"


def test_a_feed_is_asked_only_for_what_the_program_takes():
    class Counting(Endless):
        asked_while_asleep = 0

        def read(self, size, /):
            self.calls += 1
            return b"x" * size if self.calls < 1000 else b""

    feed = Counting(b"")
    seen = []
    script = (
        "import time, sys; time.sleep(0.8); print('awake', flush=True); sys.stdin.buffer.read()"
    )
    run(python(script), stdin=feed, on_stdout=lambda _line: seen.append(feed.calls))
    # A pipe holds 64 KiB; each call gave as much.
    assert seen[0] <= 4
    assert feed.calls == 1000


def test_an_empty_feed_is_an_empty_input():
    assert run(python(ECHO), stdin=Pieces(), capture=True).stdout == b""


def test_output_is_heard_while_the_feed_has_nothing():
    heard = []

    class UntilHeard:
        def __init__(self):
            self.has_given = False

        def read(self, size, /):
            if not self.has_given:
                self.has_given = True
                return b"one\n"
            return b"" if heard else None

    run(["cat"], stdin=UntilHeard(), on_line=heard.append)
    assert heard == ["one"]


def test_a_feed_that_has_nothing_is_asked_again_each_time_and_no_more():
    feed = Pieces(*[None] * 10, b"")
    run(python(ECHO), stdin=feed)
    assert len(feed.asked) == 11
