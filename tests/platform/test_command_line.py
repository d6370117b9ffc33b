"""`manage.py` where it cannot do its work: one sentence for the operator, and no traceback."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.platform.launching import environment
from tests.support.running import ROOT

COMMAND = "create_runner_registration_token"


def managed(folder: Path, *words: str, **changes: str) -> tuple[int, str, str]:
    """Run a command on a data folder; return its status and what it wrote on both streams."""
    done = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT, env=environment(folder, **changes), capture_output=True, text=True,
        timeout=180, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def test_a_data_folder_that_cannot_be_made_is_one_sentence(tmp_path) -> None:
    (tmp_path / "file").write_text("not a folder")

    status, out, said = managed(tmp_path / "file" / "var", COMMAND)

    assert (status, out) == (2, "")
    assert said.startswith("DATA_DIR: the folder ")
    assert len(said.splitlines()) == 1


def test_a_data_folder_that_cannot_be_written_to_is_one_sentence() -> None:
    # A folder in which nobody may make a file, root neither.
    status, out, said = managed(Path("/proc/self"), COMMAND)

    assert (status, out) == (2, "")
    assert said.startswith("DATA_DIR: /proc/")
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("database", ["", "sqlite:////nowhere/at/all.sqlite3"])
def test_a_folder_that_is_not_the_platforms_is_one_sentence(tmp_path, database) -> None:
    changes = {"DATABASE_URL": database} if database else {}

    status, out, said = managed(tmp_path / "another", COMMAND, **changes)

    assert (status, out) == (1, "")
    assert said.startswith("The database cannot be used: ")
    assert "DATA_DIR and DATABASE_URL must be those of the platform" in said
    assert len(said.splitlines()) == 1


def test_whoever_wants_the_traceback_gets_it(tmp_path) -> None:
    status, _out, said = managed(tmp_path / "another", COMMAND, "--traceback")

    assert status == 1
    assert "Traceback (most recent call last)" in said


def test_a_command_that_is_none_is_named_as_before(tmp_path) -> None:
    status, _out, said = managed(tmp_path / "another", "create_runner_token")

    assert status == 1
    assert "Unknown command: 'create_runner_token'" in said
