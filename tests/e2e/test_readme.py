"""What README.md tells a newcomer to type does what it says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from core.uploads.models import Upload
from tests.e2e import scans
from tests.support.fixtures import PASSWORD

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text()
HOST = "127.0.0.1:8000"


def block(language: str, containing: str) -> str:
    """Return the code block of a language that holds a certain text."""
    blocks = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    return next(block for block in blocks if containing in block)


@pytest.fixture
def host(platform) -> str:
    return platform.url.removeprefix("http://")


def run(folder: Path, host: str, email: str, password: str) -> "subprocess.CompletedProcess[str]":
    """Run the example, with another address, account and password in the places for them."""
    (folder / "read.py").write_text(block("python", "websockets").replace(HOST, host))
    script = block("sh", "curl").replace(HOST, host).replace(".venv/bin/python", sys.executable)
    script = script.replace("admin@localhost", email).replace("…", password)
    python = Path(sys.executable).parent
    return subprocess.run(
        ["sh", "-c", script],
        cwd=folder,
        env={**os.environ, "PATH": f"{python}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def test_the_example_ends_where_the_file_is_refused(host: str, user, tmp_path) -> None:
    (tmp_path / "scan.png").write_bytes(b"only words")

    done = run(tmp_path, host, user.email, PASSWORD)

    assert done.returncode == 0, done.stderr
    assert "unsupported_media" in done.stdout
    assert not Upload.objects.exists()


def test_the_example_prints_the_text_while_it_grows(host: str, user, tmp_path) -> None:
    (tmp_path / "scan.png").write_bytes(scans.png("A page of the loom", lines=12))

    done = run(tmp_path, host, user.email, PASSWORD)

    assert done.returncode == 0, done.stderr
    text = Upload.objects.get().raw_text
    assert done.stdout.rstrip().endswith(text.rstrip())
    assert len(re.findall(r"^ *\d+% ", done.stdout, re.MULTILINE)) > 2


def test_the_files_that_the_readme_leads_to_exist() -> None:
    links = re.findall(r"\]\(([^)]+)\)", README)

    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_picture_is_small_enough_to_be_kept() -> None:
    assert (ROOT / "docs/images/dashboard.png").stat().st_size < 200 * 1024
