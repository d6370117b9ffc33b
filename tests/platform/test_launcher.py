"""`python -m backend.run`: it starts, heals what dies, and leaves nothing behind."""

import os
import signal
from pathlib import Path

import pytest

from tests.platform.launching import Launched, refusal
from tests.support.waiting import wait_until

# These share one running platform, and so one worker of the test run.
shared = pytest.mark.xdist_group("launched")


def test_five_failed_starts_in_a_row_stop_the_whole_platform(launch, tmp_path):
    programs = tmp_path / "programs"
    programs.mkdir()
    broken = programs / "redis-server"
    broken.write_text("#!/bin/sh\nexit 9\n")
    broken.chmod(0o755)

    platform = launch(PATH=f"{programs}:{os.environ['PATH']}")

    assert platform.process.wait(180) == 3
    assert platform.text().count("redis failed to start (exit status 9") == 5
    assert "redis failed to start five times in a row: the platform stops." in platform.text()
    assert platform.processes() == []


@shared
def test_a_second_platform_on_the_same_data_is_refused(launched: Launched):
    status, text = refusal(launched.folder)

    assert status == 1
    expected = f"Medialoom runs on {launched.folder} already (process {launched.process.pid})."
    assert text.strip() == expected


@shared
def test_it_says_where_it_serves_and_keeps_its_data_and_who_may_log_in(launched: Launched):
    text = launched.text()

    assert f"http://127.0.0.1:{launched.port}" in text
    assert str(launched.folder) in text
    assert "First account: admin@localhost" in text


@shared
def test_everything_it_writes_lies_in_the_data_folder_and_is_not_for_others(launched: Launched):
    written = {entry.name for entry in launched.folder.iterdir()}

    assert {"db.sqlite3", "media", "redis.sock", "secret_key", "static", "tmp"} <= written
    assert (launched.folder / "secret_key").stat().st_mode & 0o777 == 0o600
    assert all(entry.stat().st_mode & 0o007 == 0 for entry in launched.folder.iterdir())


@shared
def test_the_web_process_spools_bodies_into_the_data_folder(launched: Launched):
    environ = Path(f"/proc/{launched.pid_of('web')}/environ").read_bytes().decode()

    assert f"TMPDIR={launched.folder}/tmp\0" in environ


@shared
def test_the_worker_is_polite_and_gives_tesseract_one_thread(launched: Launched):
    pid = launched.pid_of("worker")
    niceness = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[16])

    assert niceness == 5
    assert "OMP_THREAD_LIMIT=1\0" in Path(f"/proc/{pid}/environ").read_bytes().decode()


@shared
@pytest.mark.parametrize("name", ["web", "worker", "redis"])
def test_a_process_that_dies_is_named_and_started_again(launched: Launched, name):
    launched.wait_until_ready()
    before = launched.pid_of(name)
    said = launched.text().count(f"{name} died") + launched.text().count(f"{name} failed")

    os.kill(before, signal.SIGKILL)

    wait_until(lambda: launched.pid_of(name) != before)
    launched.wait_until_ready()
    text = launched.text()
    assert text.count(f"{name} died") + text.count(f"{name} failed") == said + 1
    assert "terminated by SIGKILL" in text


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_every_process(launch, number):
    platform = launch()
    wait_until(lambda: len(platform.processes()) > 5)

    assert platform.stop(number) == 0

    assert platform.processes() == []


def test_a_killed_launcher_takes_every_process_with_it_and_can_start_again(launch):
    first = launch()
    first.wait_until_ready()

    first.stop(signal.SIGKILL)

    wait_until(lambda: not first.processes(), timeout_s=20)
    again = launch()
    again.wait_until_ready()
    assert "First account" not in again.text()


@shared
def test_a_killed_worker_takes_its_children_with_it(launched: Launched):
    launched.wait_until_ready()
    worker = launched.pid_of("worker")
    # It is ready to serve before its workers have begun.
    children = wait_until(Path(f"/proc/{worker}/task/{worker}/children").read_text).split()

    os.kill(worker, signal.SIGKILL)

    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children), timeout_s=20)


def test_a_data_folder_with_a_long_path_works(launch):
    platform = launch("x" * 110)

    platform.wait_until_ready()

    assert not (platform.folder / "redis.sock").exists()
    assert platform.stop() == 0
