"""What of the Media API the platform's own settings say, read by a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support.running import ROOT


def python(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env={**os.environ, "DATA_DIR": str(folder), "REDIS_URL": "", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_invalid_file_stops_the_platform_with_one_line(tmp_path: Path) -> None:
    (tmp_path / "media_api").mkdir()
    (tmp_path / "media_api" / "config.yaml").write_text("requests_queue_size: many\n")

    done = python(tmp_path, "-m", "backend.run")

    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert line.startswith("config.yaml: requests_queue_size: ")
    assert line.endswith("not 'many'.")


def test_the_environment_brings_secrets_backends_and_the_address_of_redis(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "config.yaml").write_text("dev_mode: true\n")
    show = (
        "import backend.settings as s; c = s.MEDIA_API_CONFIG.current();"
        "print(s.REDIS_URL, s.MEDIA_API_BACKENDS, c.summary.token, s.CORS_ALLOW_ALL_ORIGINS)"
    )

    done = python(
        tmp_path,
        *("-c", show),
        REDIS_CONNECTION_STRING="redis://old-name:6379/3",
        MEDIA_API_PERSISTENCE=str(tmp_path / "elsewhere"),
        MEDIA_API_BACKENDS="summary.mine=package.module.Class",
        MEDIA_API_SUMMARY_GIGACHAT_API_TOKEN="of-the-environment",
    )

    assert done.stdout == (
        "redis://old-name:6379/3 "
        "{'transcription': {}, 'summary': {'mine': 'package.module.Class'}} "
        "of-the-environment True\n"
    ), done.stderr
    assert not (tmp_path / "media_api").exists()


def test_a_backend_that_is_no_dotted_path_stops_the_start(tmp_path: Path) -> None:
    done = python(tmp_path, "-m", "backend.run", MEDIA_API_BACKENDS="speech.mine=os")

    assert done.returncode == 2
    assert done.stderr.startswith("MEDIA_API_BACKENDS must be a list of items such as ")
