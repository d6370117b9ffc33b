"""`/healthz`, `/readyz` and `/metrics`."""

import json
import os
import resource
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from backend.health import takes_files
from core.jobs.models import Job
from tests.support.waiting import wait_until


def get(url: str) -> tuple[int, bytes]:
    """Return the status and body of a page."""
    try:
        with urllib.request.urlopen(url, timeout=180) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def readiness(platform) -> dict[str, object]:
    """Return what `/readyz` says, its status included."""
    status, body = get(platform.url + "/readyz")
    return {"status": status, **json.loads(body)}


def is_ready(platform) -> bool:
    """Whether every part answers."""
    return readiness(platform)["status"] == 200


@pytest.mark.xdist_group("platform")
class TestReadiness:
    """Of a running platform."""

    def test_it_is_ready_with_database_redis_and_a_worker(self, platform):
        wait_until(lambda: is_ready(platform))

        assert readiness(platform) == {
            "status": 200,
            "ready": True,
            "database": "ok",
            "redis": "ok",
            "worker": "ok",
            "disk": "ok",
        }

    def test_it_is_not_ready_while_no_worker_was_heard_from_although_the_upkeep_runs(
        self, platform
    ):
        wait_until(lambda: is_ready(platform))

        for child in platform.started:
            if child.name.startswith("worker"):
                child.kill()

        wait_until(lambda: not is_ready(platform))
        assert readiness(platform)["worker"] == "away"
        assert readiness(platform)["database"] == "ok"
        assert platform.upkeep.process.poll() is None
        assert get(platform.url + "/healthz") == (200, b"ok\n")

    def test_a_worker_that_ends_in_order_is_not_waited_for(self, platform):
        wait_until(lambda: is_ready(platform))

        platform.worker.stop()

        assert readiness(platform)["worker"] == "away"

    def test_it_is_not_ready_without_redis_and_recovers(self, platform, machine):
        wait_until(lambda: is_ready(platform))

        machine.stop_redis()
        try:
            away = readiness(platform)
        finally:
            machine.restart_redis()

        assert away == {
            "status": 503,
            "ready": False,
            "database": "ok",
            "redis": "away",
            "worker": "away",
            "disk": "ok",
        }
        wait_until(lambda: is_ready(platform))


@contextmanager
def no_file_may_grow() -> Iterator[None]:
    """Have the kernel refuse every byte that this process writes to a file (setrlimit(2))."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_it_is_not_ready_without_its_folder_and_names_the_disk(client, db, settings, tmp_path):
    settings.DATA_DIR = tmp_path / "unmounted"

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["ready"] is False
    assert answer.json()["disk"] == "not writable"
    assert answer.json()["database"] == "ok"
    assert str(tmp_path) not in answer.content.decode()


def test_a_disk_that_takes_no_byte_takes_no_files(tmp_path):
    with no_file_may_grow():
        refused = takes_files(tmp_path)

    assert not refused
    assert takes_files(tmp_path)


def test_a_folder_where_nobody_can_write_takes_no_files():
    assert not takes_files(Path("/proc"), min_free_bytes=0)


def test_a_disk_with_less_room_than_is_wanted_takes_no_files(tmp_path):
    disk = os.statvfs(tmp_path)
    whole_bytes = disk.f_blocks * disk.f_frsize

    assert not takes_files(tmp_path, min_free_bytes=whole_bytes + 1)


def test_asking_leaves_nothing_in_the_folder(tmp_path):
    assert takes_files(tmp_path)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["/readyz", "/metrics"])
@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_they_can_only_be_read(client, staff, path, method):
    client.force_login(staff)

    assert getattr(client, method)(path).status_code == 405


def test_metrics_are_not_for_everybody(client):
    assert client.get("/metrics").status_code == 403


def test_metrics_are_not_for_every_account(client, user):
    client.force_login(user)

    assert client.get("/metrics").status_code == 403


def test_a_forged_forwarding_header_does_not_open_the_metrics(client, db, settings):
    from ipaddress import ip_network

    settings.METRICS_ALLOW = [ip_network("10.0.0.0/8")]

    answer = client.get("/metrics", HTTP_X_FORWARDED_FOR="10.1.2.3")

    assert answer.status_code == 403


def test_metrics_are_for_allowed_networks(client, db, settings):
    from ipaddress import ip_network

    settings.METRICS_ALLOW = [ip_network("10.0.0.0/8")]

    assert client.get("/metrics", REMOTE_ADDR="10.1.2.3").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="11.1.2.3").status_code == 403


def figures(client) -> dict[str, dict[tuple[str, ...], float]]:
    """Return the samples by name and labels."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(client.get("/metrics").content.decode()):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


def test_metrics_count_jobs_queues_sockets_and_the_process(client, staff):
    from django.core.cache import cache

    cache.clear()
    Job.objects.create(kind="core.selftest", queue="default", params={})
    Job.objects.create(kind="core.selftest", queue="default", params={}, status="succeeded")
    Job.objects.create(kind="core.selftest", queue="default", params={})
    client.force_login(staff)

    shown = figures(client)

    assert shown["medialoom_jobs"][("core.selftest", "queued")] == 2
    assert shown["medialoom_jobs"][("core.selftest", "succeeded")] == 1
    assert set(shown["medialoom_queue_messages"]) == {
        ("ffmpeg",),
        ("ocr",),
        ("speech",),
        ("io",),
        ("default",),
    }
    assert shown["medialoom_queue_served"].keys() == shown["medialoom_queue_messages"].keys()
    assert () in shown["medialoom_sockets"]
    assert shown["process_resident_memory_bytes"][()] > 0


def test_metrics_do_without_redis(client, staff, machine):
    client.force_login(staff)
    machine.stop_redis()
    try:
        shown = figures(client)
    finally:
        machine.restart_redis()

    assert "medialoom_sockets" in shown
    assert "medialoom_queue_messages" not in shown
