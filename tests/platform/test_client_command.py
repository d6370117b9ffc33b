"""The client's command is beside the environment's programs after a set-up."""

import subprocess
import sys
from pathlib import Path

import pytest

from backend.bootstrap import commands

ROOT = Path(commands.__file__).resolve().parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a checkout with this environment's Python and this client."""
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (programs / "python").chmod(0o755)
    (tmp_path / "medialoom").symlink_to(ROOT / "medialoom")
    return tmp_path


def test_a_damaged_launcher_is_written_anew(checkout):
    launcher = checkout / ".venv" / "bin" / "medialoom"
    launcher.write_text("#!/bin/false\n")

    commands.offer(checkout)

    assert "from medialoom.cli import main" in launcher.read_text()


def test_the_command_runs_from_any_folder(checkout):
    commands.offer(checkout)

    done = subprocess.run(
        [checkout / ".venv" / "bin" / "medialoom", "--help"],
        cwd="/", capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert "medialoom login" in done.stdout


def test_a_second_set_up_leaves_the_launcher_alone(checkout):
    commands.offer(checkout)
    launcher = checkout / ".venv" / "bin" / "medialoom"
    before = launcher.stat().st_ino

    commands.offer(checkout)

    assert launcher.stat().st_ino == before


def test_the_package_is_found_from_any_folder(checkout):
    packages = checkout / ".venv" / "lib" / "python3.11" / "site-packages"
    packages.mkdir(parents=True)
    (packages / "medialoom").symlink_to("/nowhere")
    commands.offer(checkout)
    words = [sys.executable, "-c", "import medialoom; print(medialoom.Client.__name__)"]

    done = subprocess.run(
        words,
        cwd="/",
        env={"PYTHONPATH": str(packages)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "Client\n"
    assert sorted(path.name for path in packages.iterdir()) == ["medialoom"]


def test_a_package_that_was_installed_is_left_alone(checkout):
    installed = checkout / ".venv" / "lib" / "python3.11" / "site-packages" / "medialoom"
    installed.mkdir(parents=True)

    commands.offer(checkout)

    assert installed.is_dir()
    assert not installed.is_symlink()
