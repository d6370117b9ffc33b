"""The set-up: what is missing is installed, what is there is not, what broke is repaired."""

import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from backend.bootstrap import debian, environment, setup
from backend.bootstrap.problems import SetupImpossible
from tests.support.running import ROOT

PROGRAMS = ["ffmpeg", "ffprobe", "tesseract", "pdftoppm", "file", "setpriv", "npm"]
BASE = [*PROGRAMS, "redis-server", "env"]


@pytest.fixture
def checkout(tmp_path) -> Path:
    """Return a checkout whose requirements are none: pip and npm have nothing to fetch."""
    return check_out(tmp_path)


def check_out(folder: Path) -> Path:
    """Write a checkout into a folder; return the folder."""
    shutil.copytree(ROOT / "backend" / "bootstrap", folder / "backend" / "bootstrap")
    (folder / "requirements").mkdir()
    (folder / "requirements" / "base.txt").write_text("# nothing\n")
    (folder / "requirements" / "dev.txt").write_text("# nothing for tests\n")
    name_scripts(folder, "1.0.0")
    return folder


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> tuple[Path, Path]:
    """Return a checkout that was set up, and a copy of it to be put back in its place."""
    folder = check_out(tmp_path_factory.mktemp("set-up"))
    done = set_up(folder)
    assert done.returncode == 0, done.stderr
    return folder, shutil.copytree(folder, folder.with_name("kept"), symlinks=True)


@pytest.fixture
def done(kept) -> Path:
    """Return a checkout that was set up once, at the path where it was; do what you like to it."""
    folder, copy = kept
    shutil.rmtree(folder)
    return shutil.copytree(copy, folder, symlinks=True)


def name_scripts(checkout: Path, version: str, **needed: str) -> None:
    """Write what npm reads, with a lock that says the same."""
    own = {"name": "checkout", "version": version}
    top = {**own, "dependencies": needed}
    lock = {**own, "lockfileVersion": 3, "requires": True, "packages": {"": top}}
    (checkout / "package.json").write_text(json.dumps(top))
    (checkout / "package-lock.json").write_text(json.dumps(lock))


def set_up(checkout: Path, purpose: str = "run", **changes: str):
    """Run the set-up as make does."""
    return subprocess.run(
        [sys.executable, "-m", "bootstrap.setup", "--for", purpose],
        cwd=checkout / "backend",
        env={**os.environ, **changes},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def programs(folder: Path, *names: str) -> str:
    """Return a PATH with these programs of the system and nothing else."""
    folder.mkdir(exist_ok=True)
    for name in names:
        if found := shutil.which(name):
            (folder / name).symlink_to(found)
    return str(folder)


def test_without_apt_one_line_names_what_to_install(checkout):
    path = programs(checkout / "bin", "redis-server", "setpriv", "ffmpeg")

    done = set_up(checkout, PATH=path)

    assert done.returncode == 1
    text = (done.stdout + done.stderr).strip()
    assert len(text.splitlines()) == 1
    assert text.startswith("Install these packages, then try again: ")
    for package in ("ffmpeg", "poppler-utils", "tesseract-ocr", "tesseract-ocr-rus"):
        assert package in text
    assert not (checkout / ".venv").exists()


def test_a_failing_apt_is_one_line_with_its_reason(checkout):
    path = programs(checkout / "bin", *[name for name in BASE if name != "pdftoppm"], "sh")
    for name in ("apt-get", "sudo", "dpkg"):
        fake = checkout / "bin" / name
        fake.write_text(
            '#!/bin/sh\n[ "$0" = sudo ] && exec "$@"\necho "E: no network" >&2\nexit 1\n'
        )
        fake.chmod(0o755)

    done = set_up(checkout, PATH=path)

    assert done.returncode == 1
    assert (
        done.stderr.strip().splitlines()[-1].startswith("apt-get could not install poppler-utils")
    )
    assert "Traceback" not in done.stderr


def test_the_second_set_up_does_nothing(done):
    before = {path: path.lstat().st_mtime_ns for path in installed(done)}

    second = set_up(done)

    assert before
    assert second.returncode == 0
    assert second.stdout == ""
    assert {path: path.lstat().st_mtime_ns for path in installed(done)} == before


def installed(checkout: Path) -> list[Path]:
    """Return every file that the set-up has installed."""
    return [*(checkout / ".venv").rglob("*"), *(checkout / "node_modules").rglob("*")]


def test_a_set_up_for_tests_serves_a_run_too(checkout):
    assert set_up(checkout, "test").returncode == 0

    assert set_up(checkout, "run").stdout == ""


def test_changed_requirements_are_installed(done):
    (done / "requirements" / "base.txt").write_text("# something else\n")

    assert "Installing Python packages" in set_up(done).stdout
    assert set_up(done).stdout == ""


def test_what_a_killed_set_up_left_is_thrown_away(done):
    (done / ".setup" / "unfinished").touch()
    rubbish = done / ".venv" / "half-installed"
    rubbish.touch()

    assert set_up(done).returncode == 0

    assert not rubbish.exists()
    assert not (done / ".setup" / "unfinished").exists()


def test_an_environment_without_its_python_is_made_again(done):
    (done / ".venv" / "bin" / "python").unlink()

    assert set_up(done).returncode == 0

    assert (done / ".venv" / "bin" / "python").exists()


def test_a_package_that_cannot_be_installed_is_said_and_tried_again_next_time(checkout):
    lock = checkout / "requirements" / "base.txt"
    lock.write_text("./no-such-folder\n")

    failed = set_up(checkout)

    assert failed.returncode == 1
    assert failed.stderr.strip().splitlines()[-1].startswith("pip could not install")
    lock.write_text("# nothing\n")
    assert set_up(checkout).returncode == 0


def test_scripts_that_the_lock_does_not_name_are_a_failure_and_tried_again(checkout):
    name_scripts(checkout, "1.0.0")
    (checkout / "package.json").write_text('{"dependencies": {"no-such-script": "1.0.0"}}')

    failed = set_up(checkout)

    assert failed.returncode == 1
    assert failed.stderr.strip().splitlines()[-1].startswith("npm could not install")
    assert not (checkout / "node_modules" / "installed").exists()
    name_scripts(checkout, "1.0.0")
    assert set_up(checkout).returncode == 0


def test_scripts_are_installed_again_when_their_lock_has_changed(done):
    rubbish = done / "node_modules" / "left-over"
    rubbish.touch()
    name_scripts(done, "1.0.1")

    assert "Installing scripts of the pages" in set_up(done).stdout
    assert not rubbish.exists()
    assert set_up(done).stdout == ""


def test_installed_scripts_need_no_network(done):
    again = set_up(done, npm_config_registry="http://127.0.0.1:9/", http_proxy="127.0.0.1:9")

    assert again.returncode == 0, again.stderr


def test_the_lock_of_the_scripts_names_no_address_and_pins_each_content():
    text = (ROOT / "package-lock.json").read_text()
    packages = json.loads(text)["packages"]
    own = packages.pop("")

    assert "resolved" not in text
    assert all(package["integrity"].startswith("sha512-") for package in packages.values())
    assert own["dependencies"] == json.loads((ROOT / "package.json").read_text())["dependencies"]
    assert all(version[0].isdigit() for version in own["dependencies"].values())


def test_two_set_ups_at_once_wait_for_each_other(checkout):
    command = [sys.executable, "-m", "bootstrap.setup", "--for", "run"]
    both = [
        subprocess.Popen(command, cwd=checkout / "backend", stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    texts = [one.communicate(timeout=180)[0] for one in both]

    assert [one.returncode for one in both] == [0, 0]
    assert sorted(text.count("Installing Python") for text in texts) == [0, 1]


def test_redis_comes_without_a_service(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    debian.offer_redis(tmp_path)

    version = subprocess.run(
        [tmp_path / "redis-server", "--version"], capture_output=True, text=True, check=True
    )
    assert version.stdout.startswith("Redis server v=")
    assert "redis-server" not in debian.missing_packages("run")


def test_everything_for_tests_is_there():
    assert debian.missing_packages("test") == []


def test_the_browser_of_the_tests_is_asked_for_only_by_tests(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", programs(tmp_path / "bin", *BASE))

    assert "chromium" not in debian.missing_packages("run")
    assert debian.is_ubuntu() or "chromium" in debian.missing_packages("test")


def test_the_stamp_of_an_environment_names_this_python_and_these_packages(tmp_path):
    lock = tmp_path / "base.txt"
    lock.write_text("a==1\n")
    first = environment.digest(lock)
    lock.write_text("a==2\n")

    assert environment.digest(lock) != first
    assert environment.installed(tmp_path) == []


def test_the_set_up_needs_nothing_but_the_standard_library(tmp_path):
    venv.create(tmp_path / "bare", with_pip=False)
    python = tmp_path / "bare" / "bin" / "python"

    done = subprocess.run(
        [python, "-I", "-c", "import sys; sys.path.insert(0, '.'); import bootstrap.setup"],
        cwd=ROOT / "backend",
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr


def test_an_old_python_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(setup, "OLDEST_PYTHON", (99, 0))
    monkeypatch.setenv("PATH", str(tmp_path))  # no newer one to go on under

    with pytest.raises(SetupImpossible, match=r"Install Python 3\.11 or newer"):
        setup.require_python()
