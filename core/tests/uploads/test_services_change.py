"""`update`, `delete`, `reprocess`, `cancel`, `question`: refusals first."""

import uuid

import pytest

from core.errors import FieldErrors
from core.jobs.models import Job, Status
from core.tests.uploads.conftest import tiny_png
from core.tests.uploads.making import again, claimed, made, processed
from core.uploads import services
from core.uploads.errors import Conflict, NotFound, QuestionRequired
from core.uploads.models import Upload
from core.uploads.status import STATUSES, run_of, status_of, status_q

pytestmark = pytest.mark.django_db(transaction=True)

EVERY_SERVICE = [
    lambda **ids: services.update_upload(**ids, data={"filename": "x"}),
    services.delete_upload,
    services.reprocess_upload,
    services.cancel_upload,
    lambda **ids: services.ask_question(**ids, question="What?"),
]


@pytest.mark.parametrize("service", EVERY_SERVICE)
@pytest.mark.parametrize("kind", ["foreign", "deleted", "random", "malformed", "number", "none"])
def test_what_is_not_ones_own_is_not_found_and_stays_as_it_is(
    user, other_user, service, kind, heard
):
    theirs = processed(other_user)
    mine = made(user)
    services.delete_upload(owner=user, upload_id=mine.pk)
    before = list(Upload.objects.order_by("pk").values())
    heard.events()
    ids = {
        "foreign": theirs.pk,
        "deleted": str(mine.pk),
        "random": uuid.uuid4(),
        "malformed": "../x",
        "number": 7,
        "none": None,
    }

    with pytest.raises(NotFound) as refusal:
        service(owner=user, upload_id=ids[kind])

    assert (refusal.value.code, str(refusal.value)) == ("not_found", "not_found")
    assert list(Upload.objects.order_by("pk").values()) == before
    assert heard.names() == []


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"raw_text": 5}, "raw_text"),
        ({"raw_text": None}, "raw_text"),
        ({"processed_text": ["x"]}, "processed_text"),
        ({"processed_text": "a\0b"}, "processed_text"),
        ({"processed_text": "\ud800"}, "processed_text"),
        ({"filename": None}, "filename"),
        ({"output_format": "pdf"}, "output_format"),
        ({"ocr_mode": 1}, "ocr_mode"),
        ({"language_hint": "klingon"}, "language_hint"),
        ({"auto_language_detection": None}, "auto_language_detection"),
    ],
)
def test_a_bad_value_changes_nothing(user, data, field, heard):
    upload = processed(user)
    heard.events()

    with pytest.raises(FieldErrors) as refusal:
        services.update_upload(
            owner=user, upload_id=upload.pk, data={"filename": "changed", **data}
        )

    assert list(refusal.value.fields) == [field]
    assert again(upload).filename == upload.filename
    assert heard.names() == []


@pytest.mark.parametrize("data", [None, [], "text", 5])
def test_what_is_no_object_is_refused(user, data):
    upload = made(user)

    with pytest.raises(FieldErrors):
        services.update_upload(owner=user, upload_id=upload.pk, data=data)


def test_what_may_not_be_written_is_left_and_named(user):
    upload = processed(user)
    data = {
        "status": "processed",
        "image_path": "/etc/passwd",
        "image_hash": "0" * 64,
        "owner": "x",
        "id": "x",
        "stored_name": "../../x",
        "is_deleted": True,
        "processed_text": "t",
    }

    updated = services.update_upload(owner=user, upload_id=upload.pk, data=data)

    assert updated.ignored == [name for name in data if name != "processed_text"]
    now = again(upload)
    assert now.processed_text == "t"
    assert (now.stored_name, now.image_hash, now.is_deleted) == (
        upload.stored_name,
        upload.image_hash,
        False,
    )


@pytest.mark.parametrize("is_running", [False, True])
def test_texts_are_not_edited_while_a_run_is_under_way(user, is_running):
    upload = made(user)
    if is_running:
        claimed(upload)

    for name in ("raw_text", "processed_text"):
        with pytest.raises(Conflict):
            services.update_upload(owner=user, upload_id=upload.pk, data={name: "x"})

    assert again(upload).raw_text is None


def test_options_and_name_may_be_changed_meanwhile_and_start_nothing(user):
    upload = made(user)
    claimed(upload)

    services.update_upload(
        owner=user, upload_id=upload.pk, data={"ocr_mode": "high_accuracy", "filename": "b.png"}
    )

    assert (again(upload).ocr_mode, again(upload).filename) == ("high_accuracy", "b.png")
    assert Job.objects.count() == 1


def test_another_layout_is_made_from_the_raw_text(user):
    upload = processed(user, "one\ntwo\n\nthree")

    services.update_upload(owner=user, upload_id=upload.pk, data={"output_format": "paragraph"})

    assert again(upload).processed_text == "one two\n\nthree"


def test_a_text_that_comes_with_the_layout_wins(user):
    upload = processed(user, "one\ntwo")

    services.update_upload(
        owner=user,
        upload_id=upload.pk,
        data={"output_format": "paragraph", "processed_text": "mine"},
    )

    assert again(upload).processed_text == "mine"


def test_an_edited_text_keeps_its_blanks_and_is_found_by_search(user):
    upload = processed(user)

    services.update_upload(owner=user, upload_id=upload.pk, data={"raw_text": "  Инвойс № 5 \n"})

    assert again(upload).raw_text == "  Инвойс № 5 \n"
    assert "инвойс" in Upload.objects.get().search_text


def test_an_update_is_announced_to_others_and_rises_the_time(user, heard):
    upload = processed(user)
    heard.events()

    services.update_upload(
        owner=user, upload_id=upload.pk, data={"filename": "b"}, origin="socket-1"
    )

    event = heard.events()[0]
    assert (event.data["frame_type"], event.origin) == ("Upload.updated", "socket-1")
    assert again(upload).updated_at > upload.updated_at


def test_an_update_of_nothing_is_not_announced(user, heard):
    upload = processed(user)
    heard.events()

    updated = services.update_upload(owner=user, upload_id=upload.pk, data={"status": "error"})

    assert updated.ignored == ["status"]
    assert heard.names() == []


def test_a_second_delete_finds_nothing(user):
    upload = made(user)
    services.delete_upload(owner=user, upload_id=upload.pk)

    with pytest.raises(NotFound):
        services.delete_upload(owner=user, upload_id=upload.pk)


@pytest.mark.parametrize("is_running", [False, True])
def test_a_delete_ends_the_run(user, is_running):
    upload = made(user)
    if is_running:
        claimed(upload)

    services.delete_upload(owner=user, upload_id=upload.pk)

    assert Job.objects.get().status == Status.CANCELLED
    assert Upload.objects.get().is_deleted


def test_a_delete_says_which_upload_it_was(user, heard):
    upload = processed(user)
    heard.events()

    services.delete_upload(owner=user, upload_id=upload.pk, origin="socket-1")

    event = heard.events()[0]
    assert event.origin == "socket-1"
    assert event.text == (
        f'{{"type":"Upload.deleted","instance_id":"{upload.pk}","instance":{{"id":"{upload.pk}",'
        f'"owner":"{user.pk}","status":"processed","is_deleted":true}}}}'
    )


@pytest.mark.parametrize("is_running", [False, True])
def test_a_run_under_way_is_not_started_again(user, is_running):
    upload = made(user)
    if is_running:
        claimed(upload)

    with pytest.raises(Conflict):
        services.reprocess_upload(owner=user, upload_id=upload.pk)

    assert Job.objects.count() == 1


@pytest.mark.parametrize(
    "data", [{"language_hint": "xx"}, {"ocr_mode": "slow"}, {"output_format": 5}, [], "x"]
)
def test_a_reprocess_with_bad_options_starts_nothing(user, data):
    upload = processed(user)

    with pytest.raises(FieldErrors):
        services.reprocess_upload(owner=user, upload_id=upload.pk, data=data)

    assert Job.objects.count() == 1
    assert status_of(again(upload)) == "processed"


def test_a_reprocess_takes_the_new_options_and_keeps_the_others(user, heard):
    upload = processed(user, ocr_mode="high_accuracy")
    heard.events()

    services.reprocess_upload(
        owner=user,
        upload_id=upload.pk,
        data={"language_hint": "rus", "raw_text": "smuggled"},
        origin="socket-1",
    )

    now = again(upload)
    assert (status_of(now), run_of(now)) == ("pending", 2)
    assert (now.language_hint, now.ocr_mode, now.raw_text) == (
        "rus",
        "high_accuracy",
        "Hello world",
    )
    assert now.job.params["language_hint"] == "rus"
    event = heard.events()[0]
    assert (event.data["frame_type"], event.data["run"], event.origin) == (
        "Upload.updated",
        2,
        "socket-1",
    )


@pytest.mark.parametrize("make", [processed, lambda user: made(user, process=False)])
def test_only_a_run_can_be_cancelled(user, make):
    upload = make(user)

    with pytest.raises(Conflict):
        services.cancel_upload(owner=user, upload_id=upload.pk)


def test_a_cancelled_run_cannot_be_cancelled_again(user):
    upload = made(user)
    services.cancel_upload(owner=user, upload_id=upload.pk)

    with pytest.raises(Conflict):
        services.cancel_upload(owner=user, upload_id=upload.pk)


@pytest.mark.parametrize("question", [None, "", "  \n "])
def test_a_blank_question_is_refused(user, question):
    upload = processed(user)

    with pytest.raises(QuestionRequired):
        services.ask_question(owner=user, upload_id=upload.pk, question=question)


@pytest.mark.parametrize("question", [5, ["x"], "x" * 4001])
def test_a_question_of_a_wrong_form_is_refused(user, question):
    upload = processed(user)

    with pytest.raises(FieldErrors):
        services.ask_question(owner=user, upload_id=upload.pk, question=question)


def test_a_question_about_no_text_is_a_conflict(user):
    upload = made(user)

    with pytest.raises(Conflict):
        services.ask_question(owner=user, upload_id=upload.pk, question="What?")


def test_the_condition_of_every_status_matches_what_is_shown(user):
    """`status_q` is SQL for what `status_of` computes: they must agree on every upload."""
    uploads = [made(user, tiny_png(1), process=False), made(user, tiny_png(2))]
    uploads.append(made(user, tiny_png(3)))
    claimed(uploads[-1])
    uploads.append(processed(user, content=tiny_png(4)))
    uploads.append(made(user, tiny_png(5)))
    services.cancel_upload(owner=user, upload_id=uploads[-1].pk)
    uploads.append(processed(user, content=tiny_png(6)))
    services.reprocess_upload(owner=user, upload_id=uploads[-1].pk)
    services.cancel_upload(owner=user, upload_id=uploads[-1].pk)
    uploads.append(processed(user, content=tiny_png(7)))
    Job.objects.filter(pk=uploads[-1].job_id).delete()

    shown = {upload.pk: status_of(again(upload)) for upload in uploads}

    assert set(shown.values()) == set(STATUSES)
    for status in STATUSES:
        matched = set(Upload.objects.filter(status_q([status])).values_list("pk", flat=True))
        assert matched == {pk for pk, seen in shown.items() if seen == status}


def test_a_corrected_raw_text_is_followed_by_the_processed_text(user):
    upload = processed(user)

    services.update_upload(owner=user, upload_id=upload.pk, data={"raw_text": "# Right\n\nnow"})

    upload.refresh_from_db()
    assert upload.processed_text == "Right\n\nnow"


def test_a_processed_text_of_ones_own_is_kept_when_the_raw_text_is_corrected(user):
    upload = processed(user)
    services.update_upload(owner=user, upload_id=upload.pk, data={"processed_text": "My words"})

    services.update_upload(owner=user, upload_id=upload.pk, data={"raw_text": "Something else"})

    upload.refresh_from_db()
    assert (upload.raw_text, upload.processed_text) == ("Something else", "My words")
