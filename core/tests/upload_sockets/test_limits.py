"""Quotas, which REST and sockets share (core contract, 3.6), and paths of the server."""

import os
from pathlib import Path

import httpx
import pytest
from django.conf import settings

from core.accounts.models import Role
from core.realtime.publish import connection
from core.tests.upload_sockets.conftest import PATH, UploadClient, encoded, picture
from tests.support.fixtures import client_of
from tests.support.running import free_port

UPLOADS = "/api/v1/core/uploads/"


@pytest.fixture
def strict(platform, open_socket, user, access_token):
    """Return the function that opens a socket on a server with other settings."""
    servers = []
    connection().flushdb()  # What other tests have used up of the hour.

    def start(**env: str) -> UploadClient:
        port = free_port()
        servers.append(platform.start_web(port, **env))
        platform.wait_for_web(port)
        address = f"ws://127.0.0.1:{port}"
        client = open_socket(f"{PATH}?token={access_token(user)}", base=address, close_timeout=0.5)
        socket = UploadClient(client.connection)
        socket.base = f"http://127.0.0.1:{port}"
        return socket

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def bearer(user, access_token) -> dict[str, str]:
    """Return the header of REST calls as `user`."""
    return {"Authorization": f"Bearer {access_token(user)}"}


def body(text: str) -> dict[str, object]:
    """Return a new upload as REST takes it."""
    return {"image_base64": encoded(picture(text)), "process": False}


@pytest.mark.case("core", 51)
def test_the_sixth_upload_of_a_demo_user_is_throttled(connect, user, access_token):
    user.role = Role.DEMO
    user.save()
    socket = connect()
    for number in range(5):
        assert socket.create(picture(f"Demo {number}"), process=False)["duplicate"] is False

    sixth = socket.create(picture("Demo six"), process=False)
    by_rest = client_of(user, access_token).post(
        UPLOADS, {"image_base64": encoded(picture("Demo six"))}, format="json"
    )
    again = socket.create(picture("Demo 3"))

    assert (sixth["code"], "retry_after" in sixth) == ("throttled", False)
    assert by_rest.status_code == 429
    assert again["duplicate"] is True


@pytest.mark.case("core", 51)
def test_one_upload_more_than_an_address_may_is_throttled(strict, bearer):
    socket = strict(CORE_UPLOADS_PER_IP_HOUR="2")
    for number in range(2):
        assert "instance" in socket.create(picture(f"Here {number}"), process=False)

    third = socket.create(picture("Here three"), process=False)
    by_rest = httpx.post(
        socket.base + UPLOADS, json=body("Here three"), headers=bearer, timeout=180
    )

    assert third["code"] == "throttled"
    assert (by_rest.status_code, int(by_rest.headers["Retry-After"]) > 0) == (429, True)
    assert 0 < third["retry_after"] <= 3600
    assert socket.create(picture("Here 1"))["duplicate"] is True


@pytest.mark.case("core", 51)
def test_one_upload_more_than_a_token_may_is_throttled(strict, api, bearer):
    socket = strict(CORE_UPLOADS_PER_TOKEN_HOUR="2")
    key = api.post("/api/v1/users/tokens/", {"name": "scanner"}, format="json").data["key"]
    for number in range(2):
        made = socket.create(picture(f"Token {number}"), process=False, token=key)
        assert made["duplicate"] is False

    assert socket.create(picture("Token 3"), process=False, token=key)["code"] == "throttled"
    address = f"{socket.base}{UPLOADS}{key}/"
    assert httpx.post(address, json=body("Token 3"), headers=bearer, timeout=180).status_code == 429
    assert socket.create(picture("Token 4"), process=False)["duplicate"] is False
    assert socket.create(picture("Token 1"), token=key)["duplicate"] is True


@pytest.fixture
def inbox(tmp_path) -> Path:
    """Return a folder with a picture in it and, beside it, one that is out of bounds."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    (folder / "scan.png").write_bytes(picture("In the inbox"))
    (tmp_path / "secret.png").write_bytes(picture("Outside"))
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    (folder / "unreadable").mkdir()
    os.mkfifo(folder / "pipe.png")
    return folder


@pytest.mark.case("core", 22)
def test_paths_that_are_not_to_be_had_all_look_alike(strict, inbox):
    socket = strict(CORE_IMAGE_PATH_ROOTS=str(inbox))
    paths = [
        str(inbox.parent / "secret.png"),
        "../secret.png",
        "unreadable/../../secret.png",
        "link.png",
        "pipe.png",
        "unreadable",
        "/dev/zero",
        "missing.png",
        "scan.png\x00",
        ".",
    ]

    answers = [socket.command("create", data={"image_path": path}) for path in paths]

    for path, answer in zip(paths, answers, strict=True):
        assert answer["code"] == "invalid", path
        if "\x00" not in path:
            assert answer["error"] == {"image_path": "Not available."}, path


@pytest.mark.case("core", 23)
@pytest.mark.parametrize("is_absolute", [True, False])
def test_a_file_inside_a_root_is_copied(strict, inbox, is_absolute):
    socket = strict(CORE_IMAGE_PATH_ROOTS=str(inbox))
    before = (inbox / "scan.png").read_bytes()
    path = str(inbox / "scan.png") if is_absolute else "scan.png"

    made = socket.command("create", data={"image_path": path, "process": False})["instance"]

    assert (inbox / "scan.png").read_bytes() == before
    assert not made["image_path"].startswith("/")
    (kept,) = Path(settings.MEDIA_ROOT).rglob(made["image_path"])
    assert kept.read_bytes() == before
    assert made["filename"] == "scan.png"
