"""What the files of the deployment promise, read as their programs read them."""

import configparser
import re
import subprocess

import pytest
import yaml
from django.conf import settings as django_settings

from backend.settings import env
from tests.support.running import ROOT

PROCESSES = {"redis", "web", "worker", "encoder", "mover", "beat", "live"}
SERVICES = {"proxy", "prepare", "web", "worker", "beat", "redis", "postgres"}


@pytest.fixture(scope="module")
def compose() -> dict:
    """Return docker-compose.yml with its anchors resolved."""
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


@pytest.fixture(scope="module")
def processes() -> configparser.RawConfigParser:
    """Return processes.conf."""
    parser = configparser.RawConfigParser(inline_comment_prefixes=(";",))
    parser.read(ROOT / "backend" / "processes.conf")
    return parser


PROCESSES = {"redis", "web", "worker", "encoder", "mover", "beat", "live"}


def queues_in(command: str) -> set[str]:
    """Return the queues that a worker's command names."""
    found = re.search(r"-Q (\S+)", command)
    return set(found[1].split(",")) if found else set()


def test_compose_has_every_part(compose):
    assert set(compose["services"]) >= SERVICES


def test_compose_has_a_worker_for_each_queue(compose):
    alone = [
        queues_in(service["command"])
        for name, service in compose["services"].items()
        if name.startswith("worker-")
    ]

    assert set().union(*alone) == set(django_settings.JOB_QUEUES)
    assert sum(map(len, alone)) == len(django_settings.JOB_QUEUES)


def test_the_worker_that_is_scaled_takes_every_queue_and_has_no_name_or_port(compose):
    worker = compose["services"]["worker"]

    assert queues_in(worker["command"]) == set(django_settings.JOB_QUEUES)
    assert not {"container_name", "ports", "hostname"} & set(worker)


def test_exactly_one_service_keeps_the_clock(compose):
    keepers = [
        name
        for name, service in compose["services"].items()
        if re.search(r" -B\b", str(service.get("command", "")))
    ]

    assert keepers == ["beat"]
    assert queues_in(compose["services"]["beat"]["command"]) == {django_settings.MAINTENANCE_QUEUE}


def test_every_service_that_stays_has_a_health_check(compose):
    without = [name for name, each in compose["services"].items() if "healthcheck" not in each]

    assert without == ["prepare"]


def test_every_dependency_exists_and_waits_for_something(compose):
    for service in compose["services"].values():
        for name, how in service.get("depends_on", {}).items():
            needed = compose["services"][name]
            is_done = how["condition"] == "service_completed_successfully"
            assert ("healthcheck" in needed) != is_done


def test_compose_sets_only_variables_that_are_read(compose):
    foreign = {"OMP_THREAD_LIMIT", "TMPDIR", "WORKER_NAME"}

    assert set(compose["services"]["web"]["environment"]) - set(env.DECLARED) <= foreign


def test_compose_hands_every_setting_of_videos_to_every_part(compose):
    wanted = {name for name in env.DECLARED if name.startswith("TRANSCODE_")}

    for name in ("prepare", "web", "worker", "worker-ffmpeg", "worker-io", "beat", "live"):
        given = compose["services"][name]["environment"]
        assert {key: given.get(key) for key in wanted} == {key: f"${{{key}:-}}" for key in wanted}


def test_the_port_of_live_streams_is_the_same_inside_and_outside(compose):
    port = f"${{TRANSCODE_LIVE_RTMP_PORT:-{env.DECLARED['TRANSCODE_LIVE_RTMP_PORT']}}}"

    assert compose["services"]["live"]["ports"] == [f"{port}:{port}"]


def test_no_secret_has_a_default(compose):
    environment = compose["services"]["web"]["environment"]

    for name in ("SECRET_KEY", "JWT_SIGNING_KEY", "DATABASE_URL"):
        assert re.search(r"\$\{[A-Z_]+:\?", environment[name])


def test_the_image_has_what_the_set_up_installs_and_is_not_root():
    text = (ROOT / "Dockerfile").read_text()

    for package in ("ffmpeg", "file", "libmagic1", "poppler-utils", "tesseract-ocr-osd"):
        assert package in text
    assert text.index("USER medialoom") < text.index("CMD")


def test_one_file_declares_the_processes_of_a_machine(processes):
    programs = {name.partition(":")[2] for name in processes.sections() if "program:" in name}

    assert programs == PROCESSES


@pytest.mark.parametrize("name", sorted(PROCESSES))
def test_each_process_dies_with_its_manager_and_gives_up_after_five_starts(processes, name):
    section = processes[f"program:{name}"]

    assert section["command"].startswith("setpriv --pdeathsig KILL ")
    assert section["autorestart"] == "true"
    assert section["startretries"] == "4"


def test_each_queue_of_a_machine_has_one_worker_and_the_upkeep_has_its_own(processes):
    workers = [processes[f"program:{name}"]["command"] for name in ("worker", "encoder", "mover")]
    beat = processes["program:beat"]["command"]

    taken = [queue for command in workers for queue in queues_in(command)]
    assert sorted(taken) == sorted(django_settings.JOB_QUEUES)
    assert " -c 1 " in workers[1]  # Encodes take turns.
    assert queues_in(beat) == {django_settings.MAINTENANCE_QUEUE}


@pytest.mark.parametrize("target", ["run", "test", "test-postgres", "lint", "bench", "lock"])
def test_make_explains_its_targets(target):
    listed = subprocess.run(
        ["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout

    assert re.search(rf"^{target} +\S", listed, re.MULTILINE)


@pytest.mark.parametrize("name", ["base", "dev"])
def test_the_lock_files_pin_everything_and_name_no_address(name):
    lines = (ROOT / "requirements" / f"{name}.txt").read_text().splitlines()

    assert lines
    assert all(re.match(r"[a-z0-9._-]+(\[.*\])?==\S+", line) for line in lines)
    assert "://" not in "".join(lines)


def test_every_direct_requirement_is_locked():
    wanted = re.findall(
        r"^([A-Za-z][\w.-]*)",
        "".join((ROOT / "requirements" / f"{name}.in").read_text() for name in ("base", "dev")),
        re.MULTILINE,
    )
    locked = (ROOT / "requirements" / "dev.txt").read_text()

    assert [
        name for name in wanted if not re.search(rf"^{re.escape(name.lower())}==", locked, re.M)
    ] == []
