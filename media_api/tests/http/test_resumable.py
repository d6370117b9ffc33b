"""Requests that come by resumable upload: purpose `request` (platform contract, section 5)."""

import json
import os

import pytest
from django.db import transaction

from core.errors import TemporaryFailure, Throttled
from core.jobs import lifecycle
from core.tus import finishing, parts, services, upkeep
from core.tus.errors import TooLarge
from core.tus.models import Status, TusUpload
from core.tus.purposes import purpose_named
from media_api import storage
from media_api.models import MediaRequest
from media_api.services.submitting import _lock_queue
from media_api.tests.http.test_on_the_wire import Server
from media_api.tests.made import Requests
from media_api.upkeep import clean
from tests.support.environment import FOLDER
from tests.support.throttling import forget
from tests.support.tus_client import TusClient, metadata
from tests.support.waiting import wait_until

HOME = FOLDER / "resumed"
FILM = b"half a film, and the other half"
LINK = "https://disk.yandex.ru/i/abcdefghij1234"


@pytest.fixture(scope="module")
def served(django_db_setup, django_db_blocker):
    """Return a web process of this file's own; nobody works on what it takes."""
    with django_db_blocker.unblock():
        server = Server(HOME)
    yield server
    for child in server.children:
        child.kill()


@pytest.fixture(autouse=True)
def persistence(alone, settings, transactional_db):
    """Let this process see the files of the server's; start each test without any."""
    for names in ("media*", "uploads*"):
        forget(names)
    settings.MEDIA_API_PERSISTENCE = HOME
    for rid in storage.rids_with_input():
        storage.remove_all(rid)


@pytest.fixture
def tus(served, user, access_token):
    """Return a client of `user`'s."""
    if served.web.process.poll() is not None:
        served.start()
    return TusClient(f"http://127.0.0.1:{served.port}", access_token(user))


def begun(user, content=FILM, route="compress", data="{}"):
    """Begin an upload in this process, and lay down all of its bytes but no note of them."""
    upload = services.create(
        owner=user,
        length_bytes=len(content),
        metadata_header=metadata(purpose="request", filename="Film.MP4", route=route, data=data),
        client_ip=None,
    )
    parts.data_of(user.pk, upload.pk).write_bytes(content)
    return upload


def address(rid):
    return f"/api/v1/requests/{rid}/"


def test_a_finished_upload_is_a_request_as_a_post_of_it(tus, user):
    data = {"config": {"preset": "SLOW", "video": {"width": 320, "height": 180}}}
    where = tus.made(
        len(FILM), purpose="request", filename="Film.MP4", route="compress", data=json.dumps(data)
    )

    first = tus.patch(where, FILM[:10])
    upload = TusUpload.objects.get()
    inode = parts.data_of(user.pk, upload.pk).stat().st_ino
    last = tus.patch(where, FILM[10:], 10)

    request = MediaRequest.objects.get()
    assert "Upload-Resource" not in first.headers
    assert last.headers["Upload-Resource"] == address(request.rid)
    assert tus.head(where).headers["Upload-Resource"] == address(request.rid)
    raw = storage.data_folder(request.rid) / "raw.mp4"
    assert raw.read_bytes() == FILM
    assert (raw.stat().st_ino, raw.stat().st_nlink) == (inode, 1)  # It was never copied.
    assert (raw.stat().st_mode & 0o777, raw.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert (request.owner, request.request_type, request.job.status) == (user, "compress", "queued")
    assert (request.original_name, request.input_type) == ("Film.MP4", "blob")
    assert request.config["ffmpeg"]["preset"] == "slow"
    assert request.config["ffmpeg"]["video"]["width"] == 320
    assert not parts.folder_of(user.pk, upload.pk).exists()


def test_the_address_is_that_of_the_request(tus, api):
    answer = tus.create(len(FILM), FILM, purpose="request", route="custom", data=(
        '{"actions": ["compress", "extract-audio"]}'
    ))  # fmt: skip

    found = api.get(answer.headers["Upload-Resource"]).json()

    assert answer.status_code == 201
    assert (found["status"], sorted(found["actions"])) == (0, ["compress", "extract_audio"])


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"data": "{}"}, "route"),
        ({"route": "status", "data": "{}"}, "route"),
        ({"route": "compress"}, "data"),
        ({"route": "compress", "data": "{not json"}, "data"),
        ({"route": "compress", "data": '{"config": {"preset": "x"}}'}, "data.config.preset"),
        ({"route": "custom", "data": '{"actions": []}'}, "data.actions"),
        ({"route": "transcribe", "data": '{"url": "' + LINK + '"}'}, "data"),
        ({"route": "compress", "data": '{"path": "/etc/passwd"}'}, "data"),
        ({"route": "compress", "data": '{"uploadId": "x"}'}, "data"),
    ],
    ids=str,
)
def test_what_a_post_refuses_is_refused_before_a_byte_is_sent(tus, more, field):
    answer = tus.create(len(FILM), purpose="request", **more)

    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]
    assert not TusUpload.objects.exists()


def test_an_empty_file_is_refused(tus):
    answer = tus.create(0, purpose="request", route="compress", data="{}")

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["Upload-Length"])


def test_more_than_the_media_api_takes_is_413(tus, user, configured):
    answer = tus.create(5 * 2**30 + 1, purpose="request", route="compress", data="{}")
    assert answer.status_code == 413
    configured(max_upload_bytes=3)
    with pytest.raises(TooLarge):
        begun(user)


def test_the_limits_of_a_post_hold_at_the_creation(user, configured):
    configured(requests_queue_size=1)
    Requests(user).queued()
    with pytest.raises(TemporaryFailure) as full:
        begun(user)
    configured(min_free_disk_bytes=2**53)
    with pytest.raises(TemporaryFailure) as no_room:
        begun(user)
    configured(limits={"posts_per_minute": 3})
    begun(user)
    with pytest.raises(Throttled):
        begun(user)

    assert (full.value.retry_after_s, no_room.value.retry_after_s) == (30, 300)
    assert TusUpload.objects.count() == 1


def test_a_users_requests_at_once_are_limited_to_the_last_byte(user, configured):
    upload = begun(user)
    configured(limits={"active_per_user": 1})
    waiting = Requests(user).queued()

    with pytest.raises(Throttled) as early:
        begun(user, b"another")
    with pytest.raises(Throttled) as late:
        finishing.finish_if_whole(upload)
    assert early.value.retry_after_s == late.value.retry_after_s == 30
    lifecycle.cancel(waiting.job_id)
    upkeep.sweep()

    assert TusUpload.objects.get().resource == address(upload.pk.hex)
    assert MediaRequest.objects.count() == 2


def test_a_queue_that_has_filled_meanwhile_keeps_the_file_until_there_is_room(tus, user):
    where = tus.made(len(FILM), purpose="request", route="compress", data="{}")
    waiting = [Requests(user).queued() for _ in range(10)]

    refused = tus.patch(where, FILM)

    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "30")
    assert tus.head(where).status_code == 503
    assert TusUpload.objects.get().status == Status.COMPLETING
    assert MediaRequest.objects.count() == 10
    assert sorted(storage.rids_with_input()) == sorted(each.rid for each in waiting)
    lifecycle.cancel(waiting[0].job_id)
    upkeep.sweep()
    assert MediaRequest.objects.count() == 11
    rid = TusUpload.objects.get().pk.hex
    assert tus.patch(where, b"", len(FILM)).headers["Upload-Resource"] == address(rid)


def test_the_same_work_is_named_and_made_once(tus, api):
    meta = {"purpose": "request", "route": "compress", "data": "{}"}
    first = tus.create(len(FILM), FILM, **meta).headers["Upload-Resource"]
    where = tus.made(len(FILM), **meta)

    again = tus.patch(where, FILM)

    assert again.status_code == 409
    assert (again.json()["detail"], again.json()["code"]) == ("Already queued", "conflict")
    assert again.headers["Upload-Resource"] == first
    # Who repeats what was answered with 409 sends nothing twice.
    head = tus.head(where)
    assert (head.status_code, head.headers["Upload-Offset"]) == (200, str(len(FILM)))
    assert head.headers["Upload-Resource"] == first
    assert storage.rids_with_input() == [MediaRequest.objects.get().rid]
    api.post(f"{first}cancel/")
    assert tus.create(len(FILM), FILM, **meta).status_code == 201


def test_a_server_killed_between_the_last_byte_and_the_row_is_replaced(served, tus, user):
    where = tus.made(len(FILM), purpose="request", route="compress", data="{}")
    data = parts.data_of(user.pk, TusUpload.objects.get().pk)
    with tus.patching(where, len(FILM)) as wire, transaction.atomic():
        _lock_queue()  # Nobody makes a request now.
        wire.send(FILM)
        wait_until(lambda: data.stat().st_size == len(FILM))
        served.web.kill()
    assert not MediaRequest.objects.exists()
    served.start()

    found = tus.head(where)

    assert found.headers["Upload-Resource"] == address(MediaRequest.objects.get().rid)
    upkeep.sweep()
    assert tus.head(where).headers["Upload-Resource"] == found.headers["Upload-Resource"]
    assert MediaRequest.objects.count() == 1


@pytest.mark.parametrize("left", [FILM, b"part of a copy"], ids=["linked", "copied in part"])
def test_what_a_process_has_left_before_the_row_is_made_anew(user, left):
    upload = begun(user)
    folder = storage.make_data_folder(upload.pk.hex)
    if left == FILM:
        (folder / "raw.mp4").hardlink_to(parts.data_of(user.pk, upload.pk))
    else:
        (folder / "raw.mp4").write_bytes(left)
    TusUpload.objects.update(status=Status.COMPLETING)
    upload.refresh_from_db()

    finishing.finish_if_whole(upload)

    assert storage.raw_of(MediaRequest.objects.get().rid).read_bytes() == FILM


def test_a_process_that_dies_after_the_row_leaves_nothing_to_do(user, api):
    upload = begun(user)
    TusUpload.objects.update(status=Status.COMPLETING)
    path = parts.data_of(user.pk, upload.pk)

    # It dies before the return of this is noted.
    resource = purpose_named("request").completed(upload, path)
    upload.refresh_from_db()
    request = MediaRequest.objects.get()
    assert (upload.status, upload.resource) == (Status.COMPLETE, resource)
    assert api.delete(resource).status_code == 204

    upkeep.sweep()
    finishing.finish_if_whole(upload)
    assert not MediaRequest.objects.exists()
    assert storage.raw_of(request.rid) is None
    long_ago = 1e9
    os.utime(path.parent, (long_ago, long_ago))
    upkeep.sweep()
    assert not path.exists()


def test_an_upload_that_is_terminated_leaves_nothing(user, served, tus):
    where = tus.made(len(FILM), purpose="request", route="compress", data="{}")
    tus.patch(where, FILM[:5])

    assert tus.send("DELETE", where).status_code == 204
    assert not TusUpload.objects.exists()
    assert storage.rids_with_input() == []
    assert clean() == 0
