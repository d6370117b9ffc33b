"""A database that is locked and a disk that is full are said so, and are no crash."""

import asyncio
import json
from pathlib import Path

import pytest
from django.db import connection

from backend.body_limit import BodyLimit
from core.api.errors import is_out_of_order
from core.jobs.models import Job
from tests.support.fixtures import client_of
from tests.support.locking import locked


def start_job(client):
    return client.post("/api/v1/jobs/", {"kind": "core.selftest", "params": {}}, format="json")


@pytest.fixture
def operator(staff, access_token):
    """Return a client of somebody who may start a job."""
    return client_of(staff, access_token)


@pytest.mark.django_db(transaction=True)
def test_a_write_while_the_database_is_locked_is_503_and_changes_nothing(operator):
    with locked(impatient=connection):
        answer = start_job(operator)

    assert answer.status_code == 503
    assert answer["Retry-After"] == "10"
    assert "lock" not in answer.content.decode()
    assert not Job.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_same_write_passes_once_the_lock_is_gone(operator):
    with locked(impatient=connection):
        start_job(operator)

    assert start_job(operator).status_code == 201


async def keeps_on_a_full_disk(_scope, receive, _send) -> None:
    """Store a body where the kernel has no room (full(4))."""
    with Path("/dev/full").open("wb", buffering=0) as disk:
        disk.write((await receive())["body"])


async def fails_otherwise(_scope, receive, _send) -> None:
    """Read a file that is not there."""
    Path("/nothing/here").read_bytes()


def answers_of(application, path: str = "/") -> list[dict[str, object]]:
    scope = {"type": "http", "path": path, "headers": [(b"content-length", b"4")]}
    bodies = [
        {"type": "http.request", "body": b"body", "more_body": True},
        {"type": "http.request", "body": b"", "more_body": False},
    ]
    sent: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        return bodies.pop(0)

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    asyncio.run(BodyLimit(application)(scope, receive, send))
    return sent


def test_a_body_for_which_the_disk_has_no_room_is_503():
    start, body, end = answers_of(keeps_on_a_full_disk)

    assert start["status"] == 503
    assert (b"retry-after", b"10") in start["headers"]
    assert json.loads(body["body"])["code"] == "unavailable"
    assert end["more_body"] is False


@pytest.mark.parametrize("path", ["/api/v1/core/uploads/", "/api/v1/users/login/"])
def test_core_says_so_in_the_words_of_its_contract(path):
    start, body, _ = answers_of(keeps_on_a_full_disk, path)

    answer = json.loads(body["body"])
    assert start["status"] == 503
    assert (b"content-type", b"application/json") in start["headers"]
    assert (set(answer), answer["code"]) == ({"detail", "code"}, "unavailable")


def test_no_other_failure_is_taken_for_a_full_disk():
    with pytest.raises(FileNotFoundError):
        answers_of(fails_otherwise)
    assert not is_out_of_order(PermissionError(13, "no"))
    assert not is_out_of_order(ValueError())
