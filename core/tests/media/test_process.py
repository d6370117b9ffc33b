"""Starting a program: what it is given, what comes back, how failures are named."""

import contextlib
import os
import threading
from pathlib import Path

import pytest

from core.errors import JobError
from core.media import process
from core.media.errors import ProgramFailed, ProgramMissing
from core.media.process import Limits, run
from core.tests.media.programs import is_alive, python, read_pid, wait_until

SECRETS = {
    "SECRET_KEY": "s1",
    "JWT_SIGNING_KEY": "s2",
    "DATABASE_URL": "s3",
    "REDIS_URL": "s4",
    "AWS_SECRET_ACCESS_KEY": "s5",
    "LD_PRELOAD": "",
    "PYTHONPATH": "s6",
}


def test_a_program_that_is_not_installed_is_named_missing() -> None:
    with pytest.raises(ProgramMissing) as caught:
        run(["medialoom-no-such-program", "x"])
    assert caught.value.code == "program_missing"


def test_a_file_that_may_not_be_executed_is_missing_and_its_path_is_not_told(
    tmp_path: Path,
) -> None:
    plain = tmp_path / "plain"
    plain.write_text("no program")
    with pytest.raises(ProgramMissing) as caught:
        run([plain])
    assert str(tmp_path) not in str(caught.value)


def test_a_failing_program_gives_its_status_and_last_lines() -> None:
    with pytest.raises(ProgramFailed) as caught:
        run(["sh", "-c", "echo one; echo two >&2; exit 3"])
    assert caught.value.returncode == 3
    assert sorted(caught.value.tail) == ["one", "two"]
    assert caught.value.code == "program_failed"


def test_a_program_ended_by_a_signal_gives_it_as_a_negative_status() -> None:
    with pytest.raises(ProgramFailed) as caught:
        run(["sh", "-c", "kill -SEGV $$"])
    assert caught.value.returncode == -11


def test_messages_hold_no_path_and_no_argument() -> None:
    with pytest.raises(ProgramFailed) as caught:
        run(["/bin/sh", "-c", "exit 1", "secret-argument"])
    assert str(caught.value) == "sh failed (exit status 1)."


def test_a_file_of_no_known_format_is_a_failure_not_a_crash(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_bytes(b"\x7fELF\0\0\0\0")
    broken.chmod(0o700)
    with pytest.raises(ProgramFailed):
        run([broken])


def test_arguments_arrive_as_they_are_and_no_shell_reads_them() -> None:
    hostile = ["$(id)", "`id`", "; id", "a b", "", "*", "'", '"', "--", "-n", "\n", "a=b", "ü"]
    script = "import sys; sys.stdout.buffer.write('\\0'.join(sys.argv[1:]).encode())"
    done = run(python(script, *hostile), capture=True)
    assert done.stdout.decode().split("\0") == hostile


def test_a_program_whose_name_looks_like_an_option_or_an_assignment_is_run(tmp_path: Path) -> None:
    for name in ("--version", "A=b", "-c"):
        program = tmp_path / name
        program.write_text("#!/bin/sh\necho ran")
        program.chmod(0o700)
        assert run([program], capture=True).stdout == b"ran\n"


def test_no_secret_reaches_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    names = {line.split("=")[0] for line in run(["env"]).tail}
    assert not names & set(SECRETS)
    assert names <= {*process.INHERITED, "LC_ALL", "MEDIALOOM_RUN", "PWD", "OLDPWD", "_", "SHLVL"}


def test_a_program_gets_the_variables_that_the_caller_adds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_THREAD_LIMIT", "2")
    lines = run(["env"], env={"OMP_THREAD_LIMIT": "1", "EXTRA": "yes"}).tail
    assert "OMP_THREAD_LIMIT=1" in lines
    assert "EXTRA=yes" in lines
    assert "LC_ALL=C.UTF-8" in lines


def test_a_program_starts_in_the_folder_that_it_is_told(tmp_path: Path) -> None:
    assert run(["pwd", "-P"], cwd=tmp_path).tail == (str(tmp_path.resolve()),)


def test_a_program_inherits_no_open_file_of_ours(tmp_path: Path) -> None:
    with (tmp_path / "open").open("wb") as held:
        os.set_inheritable(held.fileno(), True)
        script = "import os; print(sorted(os.listdir('/proc/self/fd')))"
        # The fourth is the listing's own.
        assert run(python(script)).tail == ("['0', '1', '2', '3']",)


def test_standard_input_is_empty_unless_given() -> None:
    assert run(["cat"], capture=True).stdout == b""


def test_standard_input_and_captured_output_of_any_size_pass_without_deadlock() -> None:
    data = os.urandom(8 * 1024 * 1024)
    assert run(["cat"], stdin=data, capture=True).stdout == data


def test_a_program_that_stops_reading_its_input_is_no_error() -> None:
    data = b"first\n" + b"x" * 4_000_000
    assert run(["head", "-n", "1"], stdin=data, capture=True).stdout == b"first\n"


def test_lines_of_both_outputs_reach_the_callback_in_order() -> None:
    seen: list[str] = []
    done = run(["sh", "-c", "for i in 1 2 3; do echo $i; done"], on_line=seen.append)
    assert seen == ["1", "2", "3"]
    assert done.tail == ("1", "2", "3")
    run(["sh", "-c", "echo problem >&2"], on_line=seen.append)
    assert seen[-1] == "problem"


def test_a_progress_bar_gives_a_line_at_each_carriage_return() -> None:
    seen: list[str] = []
    run(["printf", r"10%%\r20%%\r\n30%%"], on_line=seen.append)
    assert seen == ["10%", "20%", "30%"]


def test_output_that_is_not_utf_8_is_read() -> None:
    assert run(["printf", r"\377\376 caf\351\n"]).tail == ("\ufffd\ufffd caf\ufffd",)


def test_with_capture_the_callback_only_gets_the_error_output() -> None:
    seen: list[str] = []
    done = run(["sh", "-c", "echo out; echo err >&2"], capture=True, on_line=seen.append)
    assert (done.stdout, seen) == (b"out\n", ["err"])


def test_the_tail_is_the_last_hundred_lines() -> None:
    assert run(["seq", "1", "1000"]).tail == tuple(str(n) for n in range(901, 1001))


def test_everything_written_just_before_the_end_is_read() -> None:
    for _ in range(20):
        assert run(["sh", "-c", "seq 1 5000; exec true"]).tail[-1] == "5000"
        assert run(["seq", "1", "5000"], capture=True).stdout.endswith(b"\n5000\n")


def test_a_helper_left_behind_neither_delays_the_end_nor_survives_it(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    run(["sh", "-c", 'sleep 600 & echo $! > "$0"', note])
    assert not is_alive(read_pid(note))


def test_a_helper_that_left_the_session_and_holds_the_pipe_cannot_hang_a_run(
    tmp_path: Path,
) -> None:
    note = tmp_path / "pid"
    script = 'setsid sh -c \'echo $$ > "$0"; exec sleep 600\' "$0" & '
    script += 'while [ ! -s "$0" ]; do :; done; echo done'
    assert run(["sh", "-c", script, note]).tail == ("done",)
    wait_until(lambda: not is_alive(read_pid(note)))  # killed, and not waited for: it is not ours


def test_runs_in_many_threads_do_not_disturb_each_other() -> None:
    outputs: dict[int, bytes] = {}

    def work(number: int) -> None:
        for _ in range(5):
            outputs[number] = run(["echo", str(number)], capture=True).stdout

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outputs == {number: f"{number}\n".encode() for number in range(8)}


def _open_files() -> list[str]:
    return sorted(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names are enough


def test_a_run_leaves_no_file_open_whether_it_succeeds_or_fails() -> None:
    run(["true"])
    before = _open_files()
    for script in ("true", "false", "exec sleep 600"):
        with contextlib.suppress(JobError):
            run(["sh", "-c", script], stdin=b"x", limits=Limits(wall_s=0.3))
    assert _open_files() == before
