"""A request's job that is tried again: its place in the queue, what was said of its first end."""

import uuid

import pytest
from django.db import transaction

from core.jobs import lifecycle
from core.jobs.models import Job, Status
from media_api import storage
from media_api.models import MediaRequest
from media_api.tests.requests_made import keep_input, make_request

pytestmark = pytest.mark.django_db(transaction=True)
HOOK = "http://127.0.0.1:9/hook"


@pytest.fixture(autouse=True)
def _by_itself(alone, settings, tmp_path):
    settings.MEDIA_API_PERSISTENCE = tmp_path / "media_api"
    settings.OUTBOUND_ALLOW = ["127.0.0.0/8"]


def cancelled(user, **values) -> MediaRequest:
    """Make a request that was cancelled, and whose input is kept."""
    with transaction.atomic():
        request = make_request(user, **values)
    keep_input(request)
    lifecycle.cancel(request.job_id)
    return MediaRequest.objects.get(pk=request.pk)


@pytest.mark.parametrize(
    "limits", [{"requests_queue_size": 1}, {"limits": {"active_per_user": 1}}], ids=["all", "own"]
)
def test_where_there_is_no_place_it_is_refused(user, configured, limits) -> None:
    configured(**limits)
    first, second = cancelled(user), cancelled(user, actions=["extract_audio"])
    lifecycle.retry(first.job_id)

    with pytest.raises(lifecycle.NotAllowed, match="try again later"):
        lifecycle.retry(second.job_id)

    assert Job.objects.get(pk=second.job_id).status == Status.CANCELLED


def test_whoever_has_not_heard_of_its_first_end_hears_of_its_last(user) -> None:
    request = cancelled(user, webhook_url=HOOK)
    first = request.webhook_job

    lifecycle.retry(request.job_id)
    lifecycle.cancel(request.job_id)

    request.refresh_from_db()
    first.refresh_from_db()
    assert first.status == Status.CANCELLED
    assert request.webhook_job.status == Status.QUEUED
    assert request.webhook_job != first


def test_an_attempt_that_ends_late_takes_nothing_of_the_next_along() -> None:
    rid = uuid.uuid4().hex
    with storage.attempt_folder(rid, 2) as newer:
        late = storage.attempt_folder(rid, 1)
        late.__enter__()
        newer.mkdir(exist_ok=True)
        (newer / "out.mp4").write_bytes(b"film")
        late.__exit__(None, None, None)
        placed = storage.place(rid, newer / "out.mp4")

    assert placed.read_bytes() == b"film"
    assert not (storage.data_folder(rid) / "scratch").exists()
