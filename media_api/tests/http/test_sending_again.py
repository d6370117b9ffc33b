"""Keys for what is sent twice, and uploads that come in pieces (contract, 8.7 and 8.8)."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from core.tus import parts
from core.tus.models import Status, TusUpload
from media_api import storage
from media_api.models import MediaRequest


@pytest.fixture
def uploaded(user):
    """Return a function that lays down a finished resumable upload and returns its id."""

    def make(content=b"film", filename="Film.MOV", owner=user, status=Status.COMPLETE):
        upload = TusUpload.objects.create(
            owner=owner,
            purpose="file",
            metadata_header=f"filename {_base64(filename)}",
            length_bytes=len(content),
            offset_bytes=len(content),
            status=status,
        )
        parts.make(owner.pk, upload.pk)
        parts.data_of(owner.pk, upload.pk).write_bytes(content)
        return str(upload.pk)

    return make


def _base64(text):
    import base64

    return base64.b64encode(text.encode()).decode()


UNKNOWN = (400, {"detail": "There is no finished upload with this uploadId"})


def said(answer):
    return answer.status_code, answer.json()


# ---- uploadId


def test_an_upload_that_is_unknown_or_not_finished_or_anothers_is_refused(
    post, uploaded, other_user, folders
):
    wrong = (
        "x", str(uuid.uuid4()), "../../etc",
        uploaded(owner=other_user), uploaded(status=Status.RECEIVING),
    )  # fmt: skip

    for upload_id in wrong:
        assert said(post("compress/", {"uploadId": upload_id})) == UNKNOWN
    assert folders() == []


def test_nobody_has_uploads(post, anybody, uploaded, configured):
    configured(auth={"required": False})

    assert said(post("compress/", {"uploadId": uploaded()}, client=anybody)) == UNKNOWN


def test_an_upload_that_is_empty_or_too_large_is_refused_and_kept(post, uploaded, configured):
    configured(max_upload_bytes=3)
    empty, large = uploaded(b""), uploaded(b"film")

    assert post("compress/", {"uploadId": empty}).json() == {"detail": "Uploaded file is empty"}
    assert post("compress/", {"uploadId": large}).status_code == 413
    assert TusUpload.objects.count() == 2


@pytest.mark.parametrize("name", ["uploadId", "upload_id"])
def test_a_finished_upload_becomes_the_input_once(post, uploaded, user, name):
    upload_id = uploaded()

    taken = post("compress/", {name: upload_id})

    assert taken.status_code == 200
    raw = storage.raw_of(taken.json()["rid"])
    assert (raw.name, raw.read_bytes(), raw.stat().st_mode & 0o777) == ("raw.mov", b"film", 0o600)
    row = MediaRequest.objects.get(pk=taken.json()["rid"])
    assert (row.input_type, row.original_name) == ("blob", "Film.MOV")
    assert not parts.data_of(user.pk, upload_id).exists()
    assert said(post("transcribe/", {"uploadId": upload_id})) == UNKNOWN


def test_an_upload_is_the_same_work_as_its_bytes_and_stays_when_refused(post, uploaded, folders):
    first = post("compress/", {}, b"film").json()["rid"]
    upload_id = uploaded()

    answer = post("compress/", {"uploadId": upload_id})

    assert said(answer) == (409, {"detail": "Already queued", "rid": first})
    assert folders() == [first]
    assert post("transcribe/", {"uploadId": upload_id}).status_code == 200


# ---- Idempotency-Key


def test_a_key_is_answered_with_the_request_that_it_made(post, configured, folders):
    configured(requests_queue_size=1)
    first = post("compress/", {}, b"film", Idempotency_Key="k")

    again = post("compress/", {}, b"film", Idempotency_Key="k")

    assert said(again) == said(first)
    assert folders() == [first.json()["rid"]]
    assert MediaRequest.objects.count() == 1


def test_a_key_is_answered_however_little_room_there_is(post, configured, folders):
    first = post("compress/", {}, b"film", Idempotency_Key="k")
    link = {"url": "https://disk.yandex.ru/i/abcdefghij1234"}
    second = post("compress/", link, Idempotency_Key="l")
    configured(min_free_disk_bytes=2**53, requests_queue_size=1)

    assert said(post("compress/", {}, b"film", Idempotency_Key="k")) == said(first)
    assert said(post("compress/", link, Idempotency_Key="l")) == said(second)
    assert post("compress/", {}, b"another", Idempotency_Key="k").status_code == 422
    for new in ({"Idempotency_Key": "new"}, {}):
        answer = post("compress/", {}, b"another", **new)
        assert (answer.status_code, answer["Retry-After"]) == (503, "300")
    assert folders() == [first.json()["rid"]]


def test_a_key_grown_old_is_no_key_when_there_is_no_room(post, configured):
    post("compress/", {}, b"film", Idempotency_Key="k")
    MediaRequest.objects.update(created_at=timezone.now() - timedelta(hours=25))
    configured(min_free_disk_bytes=2**53)

    assert post("compress/", {}, b"film", Idempotency_Key="k").status_code == 503


@pytest.mark.parametrize("length", [str(2**52), ""], ids=["declared", "in chunks"])
def test_a_known_key_does_not_fill_the_disk(post, api, configured, length):
    post("compress/", {}, b"film", Idempotency_Key="k")
    configured(min_free_disk_bytes=2**53, max_upload_bytes=2**53)

    answer = api.generic(
        "POST",
        "/api/v1/compress/",
        b"--x\r\n",
        "multipart/form-data; boundary=x",
        headers={"Idempotency-Key": "k"},
        CONTENT_LENGTH=length,
    )

    assert answer.status_code == 503


@pytest.mark.parametrize(
    ("route", "data", "content"),
    [("transcribe/", {}, b"film"), ("compress/", {"config": {}}, b"film"), ("compress/", {}, b"f")],
)
def test_a_key_stands_for_one_body(post, folders, route, data, content):
    first = post("compress/", {}, b"film", Idempotency_Key="k").json()["rid"]

    answer = post(route, data, content, Idempotency_Key="k")

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["header", "Idempotency-Key"]
    assert folders() == [first]


def test_a_key_is_its_owners(post, other_api, anybody, configured):
    configured(auth={"required": False}, deduplicate=False)
    senders = ({}, {"client": other_api}, {"client": anybody})

    rids = {
        post("compress/", {}, b"film", Idempotency_Key="k", **sender).json()["rid"]
        for sender in senders
    }

    assert len(rids) == 3
    again = post("compress/", {}, b"film", Idempotency_Key="k", client=anybody)
    assert again.json()["rid"] in rids


def test_a_key_stands_for_an_upload_that_was_taken_over(post, uploaded):
    data = {"uploadId": uploaded()}
    first = post("compress/", data, Idempotency_Key="k")

    assert said(post("compress/", data, Idempotency_Key="k")) == said(first)
    assert said(post("compress/", data, Idempotency_Key="other")) == UNKNOWN


def test_a_key_outlives_a_change_of_the_defaults(post, configured):
    first = post("compress/", {}, b"film", Idempotency_Key="k")
    configured(ffmpeg={"preset": "slow"})

    assert said(post("compress/", {}, b"film", Idempotency_Key="k")) == said(first)


def test_a_key_whose_request_was_deleted_is_free(post, api):
    first = post("compress/", {}, b"film", Idempotency_Key="k").json()["rid"]
    api.delete(f"/api/v1/requests/{first}/")

    answer = post("compress/", {}, b"film", Idempotency_Key="k")

    assert answer.status_code == 200
    assert answer.json()["rid"] != first
