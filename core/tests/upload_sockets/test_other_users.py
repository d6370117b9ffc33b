"""Nobody sees, hears or touches another's uploads (core contract, 2.7)."""

from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from rest_framework.test import APIClient

from core.accounts.models import User
from core.jobs.models import Job
from core.tests.upload_sockets.conftest import encoded, picture
from core.uploads.models import Upload
from tests.support.waiting import wait_until

UPLOADS = "/api/v1/core/uploads/"
COMMANDS = {
    "retrieve": {},
    "update": {"data": {"raw_text": "mine now"}},
    "delete": {},
    "question": {"question": "What does it say?"},
    "cancel": {},
    "reprocess": {"data": {}},
    "subscribe": {},
}


@pytest.mark.case("core", 25)
@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_on_anothers_upload_finds_nothing(connect, user, other_user, name):
    theirs = connect(other_user)
    upload_id = theirs.create(picture("Private"), process=False)["instance"]["id"]
    before = Upload.objects.values().get(pk=upload_id)

    answer = connect(user).command(name, instance_id=upload_id, **COMMANDS[name])

    assert (answer["code"], answer["error"]) == ("not_found", "not_found")
    assert Upload.objects.values().get(pk=upload_id) == before
    assert theirs.is_quiet()


def test_anothers_events_are_not_heard(connect, other_user):
    mine = connect()

    connect(other_user).create(picture("Silence"), process=False)

    assert mine.is_quiet()
    assert mine.command("list")["list"] == []


@pytest.mark.case("core", 27)
@pytest.mark.parametrize("whose", ["another's", "nobody's", "deleted"])
def test_an_instance_socket_of_no_own_upload_is_closed(connect, other_user, whose):
    upload_id = str(uuid4())
    if whose == "another's":
        upload_id = connect(other_user).create(picture("X"), process=False)["instance"]["id"]
    elif whose == "deleted":
        socket = connect()
        upload_id = socket.create(picture("X"), process=False)["instance"]["id"]
        socket.command("delete", instance_id=upload_id)

    refused = connect(upload_id=upload_id)

    assert refused.rest() == [{"type": "error", "code": "not_found", "error": "not_found"}]
    assert refused.connection.close_code == 4404


@pytest.mark.case("core", 26)
def test_an_instance_socket_hears_its_upload_only(connect):
    general = connect()
    upload_id = general.create(picture("The one"), process=False)["instance"]["id"]
    narrow = connect(upload_id=upload_id)

    other_id = general.create(picture("Another one"))["instance"]["id"]
    general.statuses_until_end(other_id)
    general.command("reprocess", instance_id=upload_id)
    frames = [narrow.receive() for _ in range(4)]

    ids = {frame.get("id") or frame["instance"]["id"] for frame in frames}
    assert ids == {upload_id}


def test_an_instance_socket_takes_commands_for_its_upload_only(connect):
    general = connect()
    first = general.create(picture("First"), process=False)["instance"]["id"]
    second = general.create(picture("Second"), process=False)["instance"]["id"]
    narrow = connect(upload_id=first)

    assert narrow.command("retrieve")["instance"]["id"] == first
    assert narrow.command("retrieve", instance_id=second)["code"] == "not_found"
    assert [item["id"] for item in narrow.command("list")["list"]] == [first]
    assert narrow.command("subscribe")["instance_id"] == first
    for name in ("create", "begin", "part", "commit"):
        assert narrow.command(name, data={})["code"] == "not_allowed"


@pytest.mark.case("core", 30)
def test_a_delete_is_answered_once_and_told_once(connect):
    sender, other_tab = connect(), connect()
    upload_id = sender.create(picture("Gone"), process=False)["instance"]["id"]
    other_tab.until(lambda frame: frame["type"] == "Upload.created")

    answer = sender.command("delete", instance_id=upload_id)
    told = other_tab.receive()

    assert (answer["type"], answer["instance_id"]) == ("Upload.deleted", upload_id)
    assert answer["instance"]["is_deleted"] is True
    assert (told["type"], told["instance_id"]) == ("Upload.deleted", upload_id)
    assert "request_id" not in told
    assert sender.is_quiet()
    assert other_tab.is_quiet()
    assert sender.command("delete", instance_id=upload_id)["code"] == "not_found"


def files_of(user) -> list[Path]:
    """Return every file of an account's below the media root."""
    folders = Path(settings.MEDIA_ROOT).rglob(str(user.pk))
    return [path for folder in folders for path in folder.rglob("*") if path.is_file()]


def scratch_folders(job) -> list[Path]:
    """Return what is left of a job's attempts."""
    return list(Path(settings.SCRATCH_ROOT).glob(f"{job.pk}.*"))


@pytest.mark.case("core", 56)
def test_deleting_an_account_ends_everything(connect, api, user, long_document):
    socket = connect()
    upload_id = socket.create(long_document)["instance"]["id"]
    socket.until(lambda frame: frame.get("streamed_text"))
    job = Job.objects.get()
    assert len(files_of(user)) == 1
    assert scratch_folders(job) != []

    assert api.delete("/api/v1/users/profile/delete/").status_code == 204

    socket.rest()
    assert socket.connection.close_code == 4401
    assert not User.objects.filter(pk=user.pk).exists()
    assert not Upload.objects.filter(pk=upload_id).exists()
    assert not Job.objects.exists()
    assert files_of(user) == []
    # The worker has noticed, and left off: its folder goes with its attempt.
    wait_until(lambda: scratch_folders(job) == [])


def test_a_create_of_an_account_that_was_deleted_a_moment_ago_is_refused_4401(connect, user):
    socket = connect()
    socket.command("ping")
    user.delete()  # without the event that closes its sockets, as if that were still on its way

    socket.send({"type": "create", "data": {"image_base64": encoded(picture("Too late"))}})
    frames = socket.rest()

    assert [frame["code"] for frame in frames] == ["token_invalid"]
    assert socket.connection.close_code == 4401
    assert not Upload.objects.exists()


def test_a_post_of_an_account_that_was_deleted_a_moment_ago_is_401(platform, user):
    client = APIClient()
    client.force_authenticate(User.objects.get(pk=user.pk))
    user.delete()

    answer = client.post(UPLOADS, {"image_base64": encoded(picture("Too late"))}, format="json")

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer.data == {"detail": "The token is not valid any more."}
