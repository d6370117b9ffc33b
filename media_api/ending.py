"""What a change of a request's job entails beside the events: its webhook, its input."""

from contextlib import suppress

from core.after_commit import after_commit
from core.jobs import lifecycle
from core.jobs.lifecycle import NotAllowed
from core.jobs.models import Job
from media_api import events, storage
from media_api.config.live import current
from media_api.models import InputType, MediaRequest
from media_api.pipeline.sources import SourceNotFound, permitted
from media_api.services import webhooks
from media_api.states import State, state_of


def job_changed(job: Job) -> None:
    """Do what a change demands, in its transaction; what touches the disk waits for the commit."""
    events.announce(job)
    if not job.is_finished:
        return
    request = MediaRequest.objects.filter(pk=job.params["rid"]).first()
    if request is None:
        return
    if request.webhook_url:
        webhooks.announce(request, job)
    if state_of(job) == State.FINISHED:
        after_commit(storage.remove_input, request.rid)


def require_input(job: Job) -> None:
    """Look whether a job can be tried again. Raises: `NotAllowed`."""
    request = MediaRequest.objects.filter(pk=job.params["rid"]).first()
    if request is None:
        raise NotAllowed("The request was deleted.")
    if not _is_input_there(request):
        raise NotAllowed("The input of this request is not kept any more.")


def forget(job: Job) -> None:
    """Take back what was said of the end of a job that is tried again."""
    request = MediaRequest.objects.filter(pk=job.params["rid"]).first()
    if request is None:
        return
    # Whoever has not heard of the first end hears of the last alone.
    if request.webhook_job_id is not None:
        with suppress(NotAllowed):
            lifecycle.cancel(request.webhook_job_id)
    MediaRequest.objects.filter(pk=request.pk).update(unmade={}, webhook_job=None)


def _is_input_there(request: MediaRequest) -> bool:
    """Tell whether there is what to work on; a link is not followed a second time for that.

    A path has to be one that its owner could still post: it was never a copy of the request's.
    """
    if request.input_type != InputType.PATH:
        return storage.raw_of(request.rid) is not None
    try:
        permitted(request.owner, request.input_value, current())
    except SourceNotFound:
        return False
    return True
