"""`uploads/<id>/` and its actions; and that nobody reaches another's upload by any of them."""

import uuid

import pytest

from core.jobs import lifecycle
from core.tests.uploads.conftest import UPLOADS, tiny_png
from core.tests.uploads.making import again, claimed, made, processed, succeeded
from core.uploads import services
from core.uploads.models import Upload
from core.uploads.stream import StreamWriter

pytestmark = pytest.mark.django_db(transaction=True)

ROUTES = [
    ("get", ""),
    ("head", ""),
    ("put", ""),
    ("patch", ""),
    ("delete", ""),
    ("post", "reprocess/"),
    ("post", "cancel/"),
    ("post", "question/"),
    ("get", "image/"),
    ("head", "image/"),
    ("get", "pages/1.png"),
    ("get", "text/"),
    ("get", "text/?format=json"),
]


def call(client, method, upload_id, rest):
    kwargs = {} if method in ("get", "head") else {"data": {}, "format": "json"}
    return getattr(client, method)(f"{UPLOADS}{upload_id}/{rest}", **kwargs)


@pytest.mark.parametrize(("method", "rest"), ROUTES)
def test_anothers_upload_looks_like_one_that_never_was(api, user, other_user, method, rest):
    theirs = processed(other_user)
    mine = made(user)
    services.delete_upload(owner=user, upload_id=mine.pk)
    before = list(Upload.objects.order_by("pk").values())

    answers = [call(api, method, some, rest) for some in (theirs.pk, mine.pk, uuid.uuid4())]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert list(Upload.objects.order_by("pk").values()) == before


@pytest.mark.parametrize(("method", "rest"), ROUTES)
def test_without_a_login_there_is_nothing(client, user, method, rest):
    upload = made(user)

    assert getattr(client, method)(f"{UPLOADS}{upload.pk}/{rest}").status_code == 401


def test_staff_have_no_rights_here(staff, user, access_token):
    from tests.support.fixtures import client_of

    upload = processed(user)

    assert client_of(staff, access_token).get(f"{UPLOADS}{upload.pk}/").status_code == 404


@pytest.mark.case("core", 52)
def test_one_upload_is_one_object(api, user):
    upload, _ = made(user), made(user, tiny_png(1))

    body = api.get(f"{UPLOADS}{upload.pk}/").json()

    assert isinstance(body, dict)
    assert body["id"] == str(upload.pk)


def test_while_it_is_processed_it_shows_the_text_so_far(api, user):
    upload = made(user)
    claimed(upload)
    writer = StreamWriter(upload.pk, user.pk, 1)
    writer.resume()
    writer.write("Dear ", progress=0.25, page=1, page_count=1)

    body = api.get(f"{UPLOADS}{upload.pk}/").json()

    assert body["status"] == "processing"
    assert (body["streamed_text"], body["run"], body["seq"]) == ("Dear ", 1, 2)
    assert body["progress"] == 0.25
    assert body["raw_text"] is None


def test_once_it_is_processed_there_is_no_stream(api, user):
    body = api.get(f"{UPLOADS}{processed(user).pk}/").json()

    assert "streamed_text" not in body
    assert (body["raw_text"], body["processed_text"]) == ("Hello world", "Hello world")


def test_a_client_that_polls_gets_304_until_something_changes(api, user):
    upload = made(user)
    address = f"{UPLOADS}{upload.pk}/"

    def poll(etag=""):
        answer = api.get(address, headers={"If-None-Match": etag})
        return answer.status_code, answer["ETag"]

    etags = [poll()[1]]

    def changed():
        status, etag = poll(etags[-1])
        assert status == 200
        assert poll(etag) == (304, etag)
        etags.append(etag)

    assert etags[0].startswith('W/"')
    assert poll(etags[0])[0] == 304
    job = claimed(upload)
    changed()
    writer = StreamWriter(upload.pk, user.pk, 1)
    writer.resume()
    writer.write("Dear ", progress=0.25, page=1, page_count=1)
    changed()
    lifecycle.report(job, "read", 0, 0.5)
    changed()
    succeeded(job)
    changed()
    services.update_upload(owner=user, upload_id=upload.pk, data={"raw_text": "x"})
    changed()
    assert len(set(etags)) == 6


@pytest.mark.parametrize("method", ["put", "patch"])
def test_an_update_is_partial_by_either_method(api, user, method):
    upload = processed(user)

    answer = call_with(api, method, upload, processed_text="mine", status="error", image_path="x")

    assert answer.status_code == 200
    body = answer.json()
    assert (body["processed_text"], body["raw_text"]) == ("mine", "Hello world")
    assert (body["status"], body["image_path"]) == ("processed", upload.stored_name)


def call_with(api, method, upload, **data):
    return getattr(api, method)(f"{UPLOADS}{upload.pk}/", data, format="json")


@pytest.mark.parametrize(
    "data", [{"raw_text": 5}, {"filename": None}, {"ocr_mode": "x"}, {"language_hint": "xx"}]
)
def test_a_bad_update_is_400_by_field(api, user, data):
    answer = call_with(api, "patch", processed(user), **data)

    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == list(data)


@pytest.mark.parametrize("body", ["[]", "5", '"x"', "{", "null"])
def test_an_update_that_is_no_object_is_400(api, user, body):
    upload = processed(user)

    answer = api.patch(f"{UPLOADS}{upload.pk}/", body, content_type="application/json")

    assert answer.status_code == 400


def test_a_conflict_is_409_with_detail_and_code(api, user):
    upload = made(user)

    for answer in (
        call_with(api, "patch", upload, raw_text="x"),
        call(api, "post", upload.pk, "reprocess/"),
        call(api, "get", upload.pk, "text/"),
        api.post(f"{UPLOADS}{upload.pk}/question/", {"question": "What?"}, format="json"),
    ):
        assert answer.status_code == 409
        assert set(answer.json()) == {"detail", "code"}
        assert answer.json()["code"] == "conflict"


def test_a_delete_is_204_and_then_404_everywhere(api, user):
    upload = processed(user)

    answer = call(api, "delete", upload.pk, "")

    assert (answer.status_code, answer.content) == (204, b"")
    assert call(api, "get", upload.pk, "").status_code == 404
    assert call(api, "delete", upload.pk, "").status_code == 404
    assert api.get(UPLOADS).json() == []


def test_a_reprocess_is_202_with_the_upload(api, user):
    upload = processed(user)

    answer = api.post(f"{UPLOADS}{upload.pk}/reprocess/", {"language_hint": "rus"}, format="json")

    assert answer.status_code == 202
    body = answer.json()
    assert (body["status"], body["run"], body["language_hint"]) == ("pending", 2, "rus")
    assert body["raw_text"] == "Hello world"


def test_a_reprocess_needs_no_body(api, user):
    upload = processed(user)

    assert api.post(f"{UPLOADS}{upload.pk}/reprocess/").status_code == 202


def test_a_cancel_is_202_and_then_409(api, user):
    upload = made(user)

    answer = call(api, "post", upload.pk, "cancel/")

    assert answer.status_code == 202
    assert (answer.json()["status"], answer.json()["error_code"]) == ("error", "cancelled")
    assert call(api, "post", upload.pk, "cancel/").status_code == 409


def test_the_jobs_own_doors_act_on_the_upload(api, user):
    upload = made(user)
    job = f"/api/v1/jobs/{upload.job_id}/"

    assert api.post(f"{job}cancel/").status_code == 202
    assert api.get(f"{UPLOADS}{upload.pk}/").json()["error_code"] == "cancelled"
    assert api.post(f"{job}retry/").status_code == 202
    body = api.get(f"{UPLOADS}{upload.pk}/").json()
    assert (body["status"], body["run"]) == ("pending", 2)


def test_a_recognition_is_not_started_as_a_job(api, user):
    upload = made(user, process=False)

    answer = api.post(
        "/api/v1/jobs/",
        {"kind": "core.ocr", "params": {"upload_id": str(upload.pk)}},
        format="json",
    )

    assert answer.status_code == 403
    assert again(upload).job is None


@pytest.mark.parametrize(
    ("question", "status"), [(None, 400), ("", 400), ("x" * 4001, 400), (5, 400), ("a\0b", 400)]
)
def test_questions_are_checked(api, user, question, status):
    upload = processed(user)

    answer = api.post(f"{UPLOADS}{upload.pk}/question/", {"question": question}, format="json")

    assert answer.status_code == status
    assert again(upload).followup_qa == []


def test_without_an_engine_questions_are_503(api, user, settings):
    settings.CORE_QNA_ENGINE = "off"
    upload = processed(user)

    answer = api.post(f"{UPLOADS}{upload.pk}/question/", {"question": "Why?"}, format="json")

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


def test_the_languages_are_listed(api):
    body = api.get("/api/v1/core/languages/").json()

    assert set(body["installed"]) >= {"eng", "fra", "rus"}
    assert body["osd"] is True
    assert body["engine"] in ("tesserocr", "pytesseract")
    assert "osd" not in body["installed"]
