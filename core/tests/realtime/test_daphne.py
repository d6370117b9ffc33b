"""The same sockets under the other supported server."""

import sys

import pytest

from core.jobs import lifecycle
from core.jobs.models import Job
from core.kinds.selftest import Selftest
from core.realtime import close_codes
from core.tests.realtime.conftest import wait_for_port
from tests.support.running import Child, Platform, free_port

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def daphne(running: Platform):
    """Return the address of a platform that daphne serves."""
    port = free_port()
    env = {**running.env, "ASGI_SERVER": "daphne", "PORT": str(port)}
    child = Child("daphne", [sys.executable, "-m", "backend.serve"], env)
    wait_for_port(port)
    yield f"ws://127.0.0.1:{port}"
    child.stop()


def test_the_server_for_development_serves_sockets_too(open_socket, running):
    port = free_port()
    command = [sys.executable, "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"]
    child = Child("runserver", command, running.env)
    wait_for_port(port)
    client = open_socket("/ws/jobs/", base=f"ws://127.0.0.1:{port}")

    assert [frame["code"] for frame in client.rest()] == ["auth_required"]
    assert "ASGI/Daphne" in child.text()
    child.stop()


def test_a_refusal_can_be_read(open_socket, daphne):
    client = open_socket("/ws/jobs/", base=daphne)

    assert [frame["code"] for frame in client.rest()] == ["auth_required"]
    assert client.connection.close_code == close_codes.UNAUTHENTICATED


def test_malformed_messages_leave_the_socket_open(open_socket, daphne, user, access_token):
    client = open_socket(f"/ws/jobs/?token={access_token(user)}", base=daphne)

    assert client.ask("not json")["code"] == "bad_request"
    assert client.ask(b"bytes")["code"] == "bad_request"
    assert client.ask({"type": "nope"})["code"] == "unsupported_command"


def test_a_job_is_followed_to_its_end(open_socket, daphne, user, access_token):
    token = access_token(user)
    client = open_socket("/ws/jobs/", base=daphne, subprotocols=["jwt", token])
    assert client.subprotocol == "jwt"
    assert client.ask({"type": "nope"})["type"] == "error"
    job = Job.objects.create(owner=user, kind=Selftest.name, queue="nobody")
    claimed = lifecycle.claim(job.pk, holder="test")
    for number in range(50):
        lifecycle.report(claimed, "stage 1", 0, number / 50)
    lifecycle.succeed(claimed, {})

    frames = [client.receive()]
    while frames[-1]["status"] != "succeeded":
        frames.append(client.receive())
    revisions = [frame["revision"] for frame in frames]
    assert revisions == sorted(set(revisions))
