"""Standard output kept apart, and a lower priority."""

import os

import pytest

from core.media.errors import ProgramFailed
from core.media.process import run
from core.tests.media.programs import python

BOTH = """
    import sys
    print("out", flush=True)
    print("err", file=sys.stderr, flush=True)
    sys.exit(int(sys.argv[1]))
"""


def test_what_is_heard_apart_reaches_neither_the_other_listener_nor_the_error() -> None:
    apart: list[str] = []
    rest: list[str] = []
    with pytest.raises(ProgramFailed) as failure:
        run(python(BOTH, "3"), on_stdout=apart.append, on_line=rest.append)
    assert (apart, rest, failure.value.tail) == (["out"], ["err"], ("err",))


def test_without_a_listener_of_its_own_standard_output_is_heard_with_the_rest() -> None:
    heard: list[str] = []
    done = run(python(BOTH, "0"), on_line=heard.append)
    assert sorted(heard) == sorted(done.tail) == ["err", "out"]


def test_an_exception_of_the_listener_ends_the_program() -> None:
    def refuse(line: str) -> None:
        raise KeyError(line)

    with pytest.raises(KeyError, match="out"):
        run(python("import time; print('out', flush=True); time.sleep(600)"), on_stdout=refuse)


@pytest.mark.parametrize("added", [0, 7])
def test_a_program_runs_at_the_priority_that_was_asked_for(added: int) -> None:
    done = run(python("import os; print(os.nice(0))"), nice=added, capture=True)
    assert int(done.stdout) == min(19, os.nice(0) + added)


def test_a_failure_at_a_lower_priority_is_named_after_the_program_itself() -> None:
    with pytest.raises(ProgramFailed, match=r"^sh failed \(exit status 4\)\.$"):
        run(["sh", "-c", "exit 4"], nice=5)
