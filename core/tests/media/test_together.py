"""Programs at once: one failure, one cancel, and nothing left running."""

from pathlib import Path

import pytest

from core.media.errors import ProgramFailed
from core.media.process import run
from core.media.together import Check, together


def go_on() -> None:
    """A check that never cancels."""


def sleeping(check: Check) -> None:
    run(["sleep", "600"], check=check)


def failing(check: Check) -> None:
    run(["false"], check=check)


class Cancelled(Exception):  # noqa: N818
    """What a cancelled job raises."""


def test_a_failure_ends_the_others_and_is_what_is_raised() -> None:
    with pytest.raises(ProgramFailed):
        together(sleeping, failing, sleeping, check=go_on)


def test_a_cancel_ends_them_all() -> None:
    asked: list[None] = []

    def cancel_when_they_run() -> None:
        asked.append(None)
        if len(asked) > 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        together(sleeping, sleeping, check=cancel_when_they_run)


def test_nothing_is_started_after_a_cancel(tmp_path: Path) -> None:
    def cancel() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        together(lambda check: (tmp_path / "started").touch(), check=cancel)

    assert not list(tmp_path.iterdir())


def test_a_cancel_at_the_last_moment_is_heard() -> None:
    is_over: list[None] = []

    def cancel_at_the_end() -> None:
        if is_over:
            raise Cancelled

    with pytest.raises(Cancelled):
        together(lambda check: is_over.append(None), check=cancel_at_the_end)


def test_they_run_at_the_same_time(tmp_path: Path) -> None:
    """Each end of a pipe waits for the other to be opened (fifo(7))."""
    run(["mkfifo", str(tmp_path / "pipe")])
    heard = []

    def listening(check: Check) -> None:
        heard.append(run(["cat", str(tmp_path / "pipe")], capture=True, check=check).stdout)

    def speaking(check: Check) -> None:
        run(["tee", str(tmp_path / "pipe")], stdin=b"hello", check=check)

    together(listening, speaking, check=go_on)

    assert heard == [b"hello"]
