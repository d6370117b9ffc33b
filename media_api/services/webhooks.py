"""Telling another server that a request has ended (Media API contract, 8.4)."""

from core.jobs.models import Job
from core.net.errors import ForbiddenAddress
from core.webhooks.services import announce as call
from media_api.models import MediaRequest
from media_api.progress import error_of
from media_api.states import state_of

EVENT = "request.completed"


def announce(request: MediaRequest, job: Job) -> None:
    """Queue the call, in the transaction that ends the request; its job is its delivery log."""
    outputs = (job.result or {}).get("outputs", [])
    body = {
        "event": EVENT,
        "rid": request.rid,
        "status": int(state_of(job)),
        "outputs": [output["name"] for output in outputs],
        "error": error_of(job),
    }
    try:
        delivery = call(request.webhook_url, request.webhook_secret, body, owner=request.owner)
    except ForbiddenAddress:
        return  # Allowed when it was asked for, and not any more.
    MediaRequest.objects.filter(pk=request.pk).update(webhook_job=delivery)
