"""`create` in every order and race (core contract, 2.4, 4.3)."""

from concurrent.futures import ThreadPoolExecutor
from itertools import chain, pairwise
from pathlib import Path

import httpx
import pytest
from django.conf import settings
from django.utils import timezone

from core.tests.upload_sockets.conftest import encoded, picture
from core.uploads.models import Upload
from core.uploads.upkeep import purge_deleted
from tests.support.fixtures import client_of

UPLOADS = "/api/v1/core/uploads/"


@pytest.mark.case("core", 13)
def test_a_picture_is_created_streamed_and_processed(connect, slow_document):
    socket = connect()

    created = socket.create(slow_document)
    frames = socket.statuses_until_end(created["instance"]["id"])
    updated = socket.receive()

    assert (created["type"], created["duplicate"]) == ("Upload.created", False)
    assert created["instance"]["status"] == "pending"
    *partials, last = frames
    texts = [frame["streamed_text"] for frame in partials]
    assert texts[0] == ""
    assert len(set(texts)) > 2
    assert all(after.startswith(before) for before, after in pairwise(texts))
    assert last["status"] == "processed"
    assert last["raw_text"].startswith(texts[-1])
    assert (updated["type"], updated["instance"]["status"]) == ("Upload.updated", "processed")
    places = [(frame["run"], frame["seq"]) for frame in frames]
    assert places == sorted(set(places))
    assert socket.is_quiet()


@pytest.mark.case("core", 14)
def test_the_same_bytes_again_are_a_duplicate(connect):
    socket, other_tab = connect(), connect()
    first = socket.create(picture("Twice"), process=False)
    other_tab.until(lambda frame: frame["type"] == "Upload.created")

    second = socket.create(picture("Twice"))

    assert second["duplicate"] is True
    assert second["instance"]["id"] == first["instance"]["id"]
    assert second["options_differ"] is False
    assert second["instance"]["status"] == "uploaded"
    assert other_tab.is_quiet()
    assert socket.is_quiet()


@pytest.mark.case("core", 15)
def test_ten_parallel_creates_make_one_upload(connect, platform, user, access_token):
    data = picture("Ten at once")
    sockets = [connect() for _ in range(5)]
    headers = {"Authorization": f"Bearer {access_token(user)}"}

    def by_socket(socket):
        return socket.create(data)["duplicate"]

    def by_rest(_):
        answer = httpx.post(
            platform.url + UPLOADS,
            json={"image_base64": encoded(data)},
            headers=headers,
            timeout=180,
        )
        assert answer.status_code == (200 if answer.headers.get("x-duplicate") else 201)
        return answer.status_code == 200

    with ThreadPoolExecutor(10) as pool:
        # Both are on their way before either is waited for.
        answers = pool.map(by_socket, sockets), pool.map(by_rest, range(5))
        duplicates = list(chain(*answers))

    assert sorted(duplicates) == [False] + [True] * 9
    assert Upload.objects.count() == 1


@pytest.mark.case("core", 16)
def test_anothers_bytes_are_a_new_upload(connect, user, other_user):
    mine = connect(user).create(picture("Both"), process=False)
    theirs = connect(other_user).create(picture("Both"), process=False)

    assert theirs["duplicate"] is False
    assert theirs["instance"]["id"] != mine["instance"]["id"]


@pytest.mark.case("core", 19)
def test_a_hash_alone_finds_an_own_upload(connect):
    socket = connect()
    created = socket.create(picture("Known"), process=False)
    sha256 = created["instance"]["image_hash"].upper()

    answer = socket.command("create", data={"image_hash": sha256})

    assert answer["duplicate"] is True
    assert answer["instance"]["id"] == created["instance"]["id"]


@pytest.mark.case("core", 20)
def test_a_hash_of_anothers_upload_finds_nothing(connect, other_user):
    theirs = connect(other_user).create(picture("Theirs"), process=False)
    sha256 = theirs["instance"]["image_hash"]

    answer = connect().command("create", data={"image_hash": sha256})

    assert answer["error"] == {"image_hash": "No upload with this hash; send the content."}


@pytest.mark.case("core", 24)
def test_deleted_bytes_come_back_as_a_new_upload_whose_file_a_purge_keeps(
    connect, user, access_token
):
    socket = connect()
    first = socket.create(picture("Again"), process=False)["instance"]
    socket.command("delete", instance_id=first["id"])

    second = socket.create(picture("Again"), process=False)
    Upload.objects.filter(pk=first["id"]).update(deleted_at=timezone.now().replace(year=2020))
    purge_deleted()

    assert second["duplicate"] is False
    assert second["instance"]["id"] != first["id"]
    assert not Upload.objects.filter(pk=first["id"]).exists()
    answer = client_of(user, access_token).get(f"{UPLOADS}{second['instance']['id']}/image/")
    assert answer.status_code == 200


@pytest.mark.case("core", 61)
def test_an_upload_may_wait_until_it_is_asked_for(connect):
    socket = connect()
    created = socket.create(picture("Later on"), process=False)
    upload_id = created["instance"]["id"]
    assert created["instance"]["status"] == "uploaded"
    assert created["instance"]["run"] == 0

    answer = socket.command("reprocess", instance_id=upload_id)
    frames = socket.statuses_until_end(upload_id)

    assert (answer["type"], answer["instance"]["status"]) == ("Upload.updated", "pending")
    assert (frames[-1]["status"], frames[-1]["run"]) == ("processed", 1)
    assert frames[-1]["raw_text"] == "Later on"


def test_a_message_with_an_escaped_slash_is_base64_all_the_same(connect):
    text = encoded(picture("Escaped")).replace("/", "\\/")
    socket = connect()

    socket.send('{"type":"create","data":{"process":false,"image_base64":"' + text + '"}}')

    assert socket.receive()["duplicate"] is False


def test_nothing_is_left_behind_by_a_refused_create(connect):
    socket = connect()
    socket.create(b"nothing of use" * 50)

    folder = Path(settings.MEDIA_ROOT)
    assert [path for path in folder.rglob("*") if path.is_file() and "incoming" in str(path)] == []
