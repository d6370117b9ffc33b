"""What a job does to its upload: statuses, run numbers, frames; over every transition."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core.jobs import lifecycle
from core.jobs.models import Job, Status
from core.tests.uploads.making import again, claimed, made, outcome, processed, succeeded
from core.uploads import recognition, services, stream
from core.uploads.models import Upload
from core.uploads.status import error_of, progress_of, run_of, status_of

pytestmark = pytest.mark.django_db(transaction=True)


def shown(upload):
    upload = again(upload)
    return status_of(upload), run_of(upload)


def reprocess(upload, **data):
    return services.reprocess_upload(owner=upload.owner, upload_id=upload.pk, data=data)


def test_an_upload_without_a_job_is_uploaded_and_has_no_run(user):
    assert shown(made(user, process=False)) == ("uploaded", 0)


def test_a_run_goes_from_pending_over_processing_to_processed(user):
    upload = made(user)
    assert shown(upload) == ("pending", 1)

    job = claimed(upload)
    assert shown(upload) == ("processing", 1)

    succeeded(job)
    assert shown(upload) == ("processed", 1)
    assert progress_of(again(upload)) == 1.0


def test_a_failed_first_run_is_an_error_with_the_contracts_code(user):
    upload = made(user)
    lifecycle.fail(claimed(upload), "crashed", "The worker met an unexpected error.")

    assert shown(upload) == ("error", 1)
    assert error_of(again(upload)).code == "internal"


@pytest.mark.parametrize(
    ("code", "shown_code"),
    [
        ("unreadable_image", "unreadable_image"),
        ("too_many_pages", "too_many_pages"),
        ("worker_lost", "worker_lost"),
        ("timeout", "timeout"),
        ("stalled", "timeout"),
        ("memory", "engine_failed"),
        ("program_missing", "engine_missing"),
        ("something_new", "internal"),
    ],
)
def test_every_code_of_the_kernel_is_one_of_the_contract(user, code, shown_code):
    upload = made(user)
    lifecycle.fail(claimed(upload), code, "Why.")

    assert error_of(again(upload)).code == shown_code


def test_a_cancel_before_the_start_ends_the_run_that_was_to_come(user, heard):
    upload = made(user)
    heard.events()

    services.cancel_upload(owner=user, upload_id=upload.pk)

    assert shown(upload) == ("error", 1)
    assert error_of(again(upload)).code == "cancelled"
    assert heard.names() == ["ended error 1 cancelled", "Upload.updated error 1"]


def test_the_frames_of_a_run_in_their_order(user, heard):
    upload = made(user)
    job = claimed(upload)
    lifecycle.report(job, "read", 0, 0.5)
    succeeded(job)

    assert heard.names() == [
        "Upload.created pending 1",
        "stream 1 1",
        "ended processed 1",
        "Upload.updated processed 1",
    ]


def test_the_terminal_frame_is_flat_and_whole(user, heard):
    upload = made(user)
    succeeded(claimed(upload), "# Title", confidence=88.0, page_count=3)

    frame = next(event for event in heard.events() if event.name == "upload.ended").data["frame"]
    assert frame.pop("elapsed_ms") >= 0
    assert frame == {
        "type": "Upload.status",
        "id": str(upload.pk),
        "status": "processed",
        "raw_text": "# Title",
        "processed_text": "Title",
        "run": 1,
        "seq": 2,
        "progress": 1.0,
        "page": 3,
        "page_count": 3,
        "confidence": 88.0,
        "detected_language": "eng",
    }


def test_the_terminal_frame_of_an_error_says_why(user, heard):
    upload = made(user)
    lifecycle.fail(claimed(upload), "unreadable_image", "The picture is damaged.")

    frame = next(event for event in heard.events() if event.name == "upload.ended").data["frame"]
    assert frame["error"] == "The picture is damaged."
    assert frame["error_code"] == "unreadable_image"
    assert (frame["status"], frame["run"], frame["seq"]) == ("error", 1, 2)
    assert "raw_text" not in frame


def test_a_run_that_is_tried_again_is_pending_with_the_next_number(user, heard):
    upload = made(user)
    lifecycle.postpone(claimed(upload), "engine_failed", "The engine broke down.")

    assert shown(upload) == ("pending", 2)
    assert heard.names()[-1] == "Upload.updated pending 2"
    with pytest.raises(stream.StreamEnded):
        stream.StreamWriter(upload.pk, user.pk, 1).write("late", progress=0.5, page=1, page_count=1)


def test_a_lost_worker_lets_the_next_run_begin(user):
    upload = made(user)
    claimed(upload)
    Job.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))

    lifecycle.reap_stalled()

    assert shown(upload) == ("pending", 2)
    claimed(upload)
    assert shown(upload) == ("processing", 2)


def test_a_cancel_between_two_attempts_ends_the_second(user, heard):
    upload = made(user)
    lifecycle.postpone(claimed(upload), "engine_failed", "The engine broke down.")
    heard.events()

    services.cancel_upload(owner=user, upload_id=upload.pk)

    assert shown(upload) == ("error", 2)
    assert heard.names() == ["ended error 2 cancelled", "Upload.updated error 2"]


def test_runs_rise_over_every_way_a_run_can_end(user):
    """Each step ends or begins a run; the number shown never falls, and each run is newer."""
    upload = made(user, process=False)
    seen = [shown(upload)[1]]

    def look():
        seen.append(shown(upload)[1])

    reprocess(upload)
    look()
    services.cancel_upload(owner=user, upload_id=upload.pk)
    look()
    lifecycle.retry(Upload.objects.get().job_id)
    look()
    job = claimed(upload)
    look()
    lifecycle.postpone(job, "engine_failed", "Again.")
    look()
    services.cancel_upload(owner=user, upload_id=upload.pk)
    look()
    reprocess(upload)
    look()
    job = claimed(upload)
    services.cancel_upload(owner=user, upload_id=upload.pk)
    look()
    reprocess(upload)
    look()
    succeeded(claimed(upload))
    look()
    reprocess(upload)
    look()

    assert seen == [0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6]


def test_a_reprocess_keeps_the_old_text_until_the_new_run_ends(user):
    upload = processed(user, "old")

    reprocess(upload, ocr_mode="high_accuracy")

    assert shown(upload) == ("pending", 2)
    assert again(upload).raw_text == "old"
    job = claimed(upload)
    assert again(upload).raw_text == "old"
    succeeded(job, "new")
    assert again(upload).raw_text == "new"
    assert shown(upload) == ("processed", 2)


@pytest.mark.parametrize("way", ["fail", "cancel"])
def test_a_reprocess_that_fails_falls_back_to_text_and_status(user, heard, way):
    upload = processed(user, "old")
    reprocess(upload)
    job = claimed(upload)
    heard.events()

    if way == "fail":
        lifecycle.fail(job, "engine_failed", "The engine broke down.")
    else:
        services.cancel_upload(owner=user, upload_id=upload.pk)

    ended, updated = heard.events()
    code = "cancelled" if way == "cancel" else "engine_failed"
    assert (ended.data["frame"]["status"], ended.data["frame"]["error_code"]) == ("error", code)
    assert ended.data["frame"]["run"] == 2
    assert updated.data["status"] == "processed"
    assert '"raw_text":"old"' in updated.text
    assert '"error":null' in updated.text
    assert shown(upload) == ("processed", 2)


def test_the_first_run_of_a_stored_upload_that_fails_is_an_error(user):
    upload = made(user, process=False)
    reprocess(upload)
    lifecycle.fail(claimed(upload), "engine_failed", "The engine broke down.")

    assert shown(upload) == ("error", 1)


def test_a_retry_of_the_job_is_a_new_run_of_the_upload(user, heard):
    upload = made(user)
    lifecycle.fail(claimed(upload), "engine_failed", "The engine broke down.")
    heard.events()

    lifecycle.retry(Upload.objects.get().job_id)

    assert shown(upload) == ("pending", 2)
    assert heard.names() == ["Upload.updated pending 2"]


def test_a_retry_of_an_older_job_takes_the_upload_over(user):
    upload = made(user)
    first = claimed(upload)
    lifecycle.fail(first, "engine_failed", "The engine broke down.")
    reprocess(upload)
    succeeded(claimed(upload), "second")

    lifecycle.retry(first.pk)

    assert Upload.objects.get().job_id == first.pk
    assert shown(upload) == ("pending", 3)
    succeeded(claimed(upload), "third")
    assert again(upload).raw_text == "third"
    assert shown(upload) == ("processed", 3)


def test_an_older_job_cannot_be_retried_while_another_is_under_way(user):
    upload = made(user)
    first = claimed(upload)
    lifecycle.fail(first, "engine_failed", "The engine broke down.")
    reprocess(upload)

    with pytest.raises(lifecycle.NotAllowed):
        lifecycle.retry(first.pk)

    assert shown(upload) == ("pending", 2)


def test_a_job_that_is_no_longer_the_newest_writes_nothing(user):
    upload = made(user)
    old = claimed(upload)
    newer = Job.objects.create(kind="core.ocr", queue="ocr", owner=user, params=old.params)
    Upload.objects.update(job=newer)

    recognition.write_outcome(old, outcome("late"))

    assert Upload.objects.get().raw_text is None


def test_a_deleted_upload_gets_no_text_and_no_frames(user, heard):
    upload = made(user)
    job = claimed(upload)
    heard.events()

    services.delete_upload(owner=user, upload_id=upload.pk)

    assert heard.names() == ["Upload.deleted error 1"]
    assert Job.objects.get().status == Status.CANCELLED
    recognition.write_outcome(job, outcome("late"))
    assert Upload.objects.get().raw_text is None
    with pytest.raises(stream.StreamEnded):
        stream.StreamWriter(upload.pk, user.pk, 1).check()


def test_a_change_of_the_layout_during_a_run_counts_for_its_text(user):
    upload = made(user)
    job = claimed(upload)
    services.update_upload(owner=user, upload_id=upload.pk, data={"output_format": "paragraph"})

    succeeded(job, "one\ntwo")

    assert again(upload).processed_text == "one two"


def test_reports_of_progress_send_no_frames_of_their_own(user, heard):
    job = claimed(made(user))
    heard.events()

    for tenth in range(1, 10):
        lifecycle.report(job, "read", 0, tenth / 10)

    assert heard.names() == []
