"""Requests at every point of their way, for tests of what shows them."""

from typing import Any

from django.utils import timezone

from core.accounts.models import User
from core.jobs import lifecycle
from core.jobs.models import Job
from media_api import storage
from media_api.kinds.request import MediaJob
from media_api.models import InputType, MediaRequest

STAGES = ["extract_audio", "transcribe"]


def make_request(owner: User | None, *, name: str = "film.mov", **values: Any) -> MediaRequest:
    """Make a request that waits; no worker is told of it."""
    request = MediaRequest(
        owner=owner,
        request_type=values.pop("request_type", "transcribe"),
        actions=values.pop("actions", ["transcribe"]),
        input_type=InputType.BLOB,
        original_name=name,
        **values,
    )
    request.job = lifecycle.enqueue(
        MediaJob,
        owner=owner,
        params={"rid": request.rid, "actions": request.actions},
    )
    request.save()
    return request


def keep_input(request: MediaRequest, content: bytes = b"bytes") -> None:
    """Lay the input where it lies."""
    (storage.make_data_folder(request.rid) / "raw.mov").write_bytes(content)


def goes_on(request: MediaRequest, **values: Any) -> MediaRequest:
    """Have a request be at work on its second stage, or wherever `values` of its job say."""
    request.stages = request.stages or STAGES
    request.save()
    now = timezone.now()
    running = {
        "status": "running", "started_at": now, "stage": "transcribe", "stage_index": 1,
        "stage_count": 2, "progress": 0.5, "attempt": 1,
    }  # fmt: skip
    if values.get("status", "running") != "running":
        running["finished_at"] = now
    Job.objects.filter(pk=request.job_id).update(**{**running, **values})
    return MediaRequest.objects.select_related("job").get(pk=request.pk)
