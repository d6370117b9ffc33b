"""A program that hangs, outgrows its memory, its time or its room is ended and named so."""

import time
from pathlib import Path

import pytest

from core.errors import TemporaryFailure
from core.media import watch
from core.media.errors import (
    OutputTooLarge,
    ProgramFailed,
    ProgramOutOfMemory,
    ProgramStalled,
    ProgramTimeout,
)
from core.media.process import Limits, run
from core.tests.media.programs import (
    alive_with_argument,
    is_alive,
    python,
    read_pid,
    unique_seconds,
)

MIB = 1024 * 1024

HOG = """
    import time
    held = []
    while True:
        held.append(bytearray(b"x") * (8 * 1024 * 1024))
        time.sleep(0.01)
"""


def test_a_silent_program_is_stalled() -> None:
    seconds = unique_seconds()
    with pytest.raises(ProgramStalled) as caught:
        run(["sh", "-c", 'echo last words; exec sleep "$0"', seconds], limits=Limits(stall_s=0.5))
    assert caught.value.code == "stalled"
    assert caught.value.tail == ("last words",)
    assert isinstance(caught.value, TemporaryFailure)
    assert not alive_with_argument(seconds)


def test_a_program_that_keeps_talking_is_not_stalled() -> None:
    script = "for i in $(seq 12); do echo $i; sleep 0.2; done"
    assert len(run(["sh", "-c", script], limits=Limits(stall_s=2.0)).tail) == 12


def test_bytes_without_a_line_end_break_the_silence() -> None:
    script = "for i in $(seq 12); do printf .; sleep 0.2; done"
    assert run(["sh", "-c", script], limits=Limits(stall_s=2.0)).tail == ("." * 12,)


def test_the_time_of_our_own_callback_is_not_the_programs_silence() -> None:
    lines: list[str] = []

    def slow(line: str) -> None:
        lines.append(line)
        time.sleep(0.7)

    run(["sh", "-c", "echo 1; sleep 0.2; echo 2"], limits=Limits(stall_s=0.6), on_line=slow)
    assert lines == ["1", "2"]


@pytest.mark.parametrize("script", ["while :; do :; done", "while :; do echo x; done"])
def test_a_program_over_its_time_is_a_timeout_busy_or_talking(script: str) -> None:
    with pytest.raises(ProgramTimeout) as caught:
        run(["sh", "-c", script], limits=Limits(wall_s=0.5, stall_s=30))
    assert caught.value.code == "timeout"


def test_a_program_that_ignores_the_polite_signal_is_killed(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    script = 'trap "" TERM; echo $$ > "$0"; while :; do sleep 0.1; done'
    with pytest.raises(ProgramTimeout):
        run(["sh", "-c", script, note], limits=Limits(wall_s=0.5))
    assert not is_alive(read_pid(note))


def test_a_program_may_clean_up_when_it_is_asked_to_end(tmp_path: Path) -> None:
    note = tmp_path / "note"
    script = "trap 'echo tidy > \"$0\"; exit' TERM; while :; do sleep 0.05; done"
    with pytest.raises(ProgramTimeout):
        run(["sh", "-c", script, note], limits=Limits(wall_s=0.5))
    assert note.read_text() == "tidy\n"


def test_a_stopped_program_is_ended() -> None:
    with pytest.raises(ProgramTimeout):
        run(["sh", "-c", "kill -STOP $$"], limits=Limits(wall_s=0.5))


def test_a_memory_hog_is_named_memory() -> None:
    with pytest.raises(ProgramOutOfMemory) as caught:
        run(python(HOG), limits=Limits(memory_bytes=128 * MIB))
    assert caught.value.code == "memory"


def test_the_memory_of_all_its_children_counts() -> None:
    child = "held = bytearray(b'x') * (60 * 1024 * 1024); import time; time.sleep(600)"
    script = f"""
        import subprocess, sys
        args = [sys.executable, "-I", "-S", "-c", {child!r}]
        for process in [subprocess.Popen(args) for _ in range(3)]:
            process.wait()
    """
    with pytest.raises(ProgramOutOfMemory):
        run(python(script), limits=Limits(memory_bytes=128 * MIB, wall_s=60))


def test_a_program_within_its_memory_is_left_alone() -> None:
    script = "held = bytearray(b'x') * (32 * 1024 * 1024); import time; time.sleep(0.8)"
    run(python(script), limits=Limits(memory_bytes=128 * MIB))


def test_a_reservation_that_no_watch_could_see_in_time_is_refused_and_named_memory() -> None:
    script = "held = bytearray(64 * 1024 ** 3)"
    with pytest.raises(ProgramOutOfMemory):
        run(python(script), limits=Limits(memory_bytes=128 * MIB))


def test_a_file_larger_than_allowed_is_named_too_large(tmp_path: Path) -> None:
    target = tmp_path / "big"
    with pytest.raises(OutputTooLarge) as caught:
        run(["dd", "if=/dev/zero", f"of={target}", "bs=64k"], limits=Limits(file_size_bytes=MIB))
    assert caught.value.code == "too_large"
    assert target.stat().st_size <= MIB


def test_a_program_that_survives_the_signal_for_a_large_file_is_named_alike(tmp_path: Path) -> None:
    # Python ignores SIGXFSZ and gets the error of write(2) instead.
    script = "import sys; f = open(sys.argv[1], 'wb'); f.write(bytes(2 ** 21)); f.close()"
    with pytest.raises(OutputTooLarge):
        run(python(script, str(tmp_path / "big")), limits=Limits(file_size_bytes=MIB))


def test_words_about_memory_mean_nothing_where_no_limit_was_set() -> None:
    with pytest.raises(ProgramFailed):
        run(["sh", "-c", "echo Out of memory; echo File too large; exit 1"])


def test_captured_output_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "CAPTURE_MAX_BYTES", MIB)
    with pytest.raises(OutputTooLarge):
        run(["cat", "/dev/zero"], capture=True)


def _peak_kib() -> int:
    words = Path("/proc/self/status").read_text().split()
    return int(words[words.index("VmHWM:") + 1])


def test_a_hundred_megabytes_without_a_line_end_take_no_memory() -> None:
    run(["true"])
    # The peak begins anew (proc(5)): a test before this one may have had far more.
    Path("/proc/self/clear_refs").write_text("5")
    before_kib = _peak_kib()
    done = run(["head", "-c", "100000000", "/dev/zero"])
    assert _peak_kib() - before_kib < 4 * 1024
    assert [len(line) for line in done.tail] == [8 * 1024]


def test_a_crash_leaves_no_core_file(tmp_path: Path) -> None:
    with pytest.raises(ProgramFailed):
        run(["sh", "-c", "ulimit -c; kill -ABRT $$"], cwd=tmp_path)
    assert list(tmp_path.iterdir()) == []
