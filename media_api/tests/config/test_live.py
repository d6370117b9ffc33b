"""The settings of now: an edit is felt, a broken one is not, and some wait for a start."""

import logging
import os
from pathlib import Path

import pytest
from django.conf import LazySettings

from media_api.config.file import ConfigError
from media_api.config.live import Live, current
from media_api.config.schema import Config


class Clock:
    """A monotonic clock that a test turns."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config.yaml"


def edit(path: Path, text: str) -> None:
    """Write the file, at a time of its own however coarse the disk's clock is."""
    before_ns = path.stat().st_mtime_ns
    path.write_text(text)
    os.utime(path, ns=(before_ns + 10**9, before_ns + 10**9))


def test_an_invalid_file_stops_the_start(path: Path) -> None:
    path.write_text("requests_queue_size: many\n")

    with pytest.raises(ConfigError, match="requests_queue_size"):
        Live(path)


def test_a_broken_edit_keeps_the_old_settings_and_is_logged_once(
    path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    path.write_text("requests_queue_size: 3\n")
    live = Live(path, clock=clock)

    edit(path, "requests_queue_size: many\n")
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            clock.now_s += 5
            assert live.current().requests_queue_size == 3

    assert len(caplog.messages) == 1
    assert "requests_queue_size" in caplog.text

    edit(path, "requests_queue_size: 4\n")
    clock.now_s += 5
    assert live.current().requests_queue_size == 4


def test_a_file_that_vanished_keeps_the_old_settings_and_may_come_back(
    path: Path, clock: Clock
) -> None:
    path.write_text("requests_queue_size: 3\n")
    live = Live(path, clock=clock)

    path.unlink()
    clock.now_s += 5
    assert live.current().requests_queue_size == 3
    assert not path.exists()

    path.write_text("requests_queue_size: 4\n")
    clock.now_s += 5
    assert live.current().requests_queue_size == 4


def test_an_edit_is_felt_after_five_seconds_and_not_looked_for_before(
    path: Path, clock: Clock
) -> None:
    live = Live(path, clock=clock)
    edit(path, "requests_queue_size: 7\n")

    clock.now_s += 4.9
    assert live.current().requests_queue_size == 10
    clock.now_s += 0.1
    assert live.current().requests_queue_size == 7


def test_an_edit_within_the_same_second_is_felt_by_its_size(path: Path, clock: Clock) -> None:
    live = Live(path, clock=clock)
    before = path.stat()
    path.write_text("requests_queue_size: 7\n")
    os.utime(path, ns=(before.st_mtime_ns, before.st_mtime_ns))

    clock.now_s += 5
    assert live.current().requests_queue_size == 7


def test_what_needs_a_start_waits_for_it_and_the_rest_does_not(
    path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    path.write_text("worker_concurrency: 2\n")
    live = Live(path, clock=clock)
    text = (
        "worker_concurrency: 5\ndev_mode: true\n"
        "cleanup: {cleanup_interval: 1, request_files_ttl: 2}\n"
    )

    edit(path, text)
    clock.now_s += 5
    config = live.current()

    assert (config.worker_concurrency, config.dev_mode) == (2, False)
    assert config.cleanup.cleanup_interval == 3600
    assert config.cleanup.request_files_ttl == 2
    assert "takes effect at the next start" in caplog.text
    assert Live(path).current().worker_concurrency == 5


def test_a_secret_of_the_environment_outlives_an_edit(path: Path, clock: Clock) -> None:
    live = Live(path, {"summary.api_key": "of-the-environment"}, clock=clock)

    edit(path, "summary: {api_key: of-the-file}\n")
    clock.now_s += 5

    assert live.current().summary.api_key.get_secret_value() == "of-the-environment"


def test_the_process_has_its_settings_from_the_folder_that_the_platform_names(
    settings: LazySettings, tmp_path: Path
) -> None:
    assert (settings.MEDIA_API_PERSISTENCE / "config.yaml").is_file()
    assert current() == Config()

    settings.MEDIA_API_CONFIG = Live(tmp_path / "config.yaml", every_s=0)
    edit(tmp_path / "config.yaml", "requests_queue_size: 2\n")

    assert current().requests_queue_size == 2
