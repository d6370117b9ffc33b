"""`cancel`, `retry` and `delete` of a request."""

import os
import shutil
import uuid
from contextlib import suppress

from django.db import transaction

from core.accounts.models import User
from core.jobs import lifecycle
from core.jobs.models import Job
from media_api import events, storage
from media_api.config.schema import Config
from media_api.models import InputType, MediaRequest, RequestType
from media_api.pipeline.sources import SourceNotFound, permitted
from media_api.selectors import request_of
from media_api.services.errors import InputGone, IsOver, NotFound, NotRetriable
from media_api.services.fingerprints import of_path, of_url
from media_api.services.submitting import Draft, submit
from media_api.states import State, state_of


def cancel(*, user: User | None, rid: str) -> MediaRequest:
    """End a request that waits or runs; its programs are killed. Raises: `NotFound`, `IsOver`."""
    request = _found(user, rid)
    try:
        request.job = lifecycle.cancel(request.job.pk)
    except lifecycle.NotAllowed as error:
        raise IsOver from error
    return request


def delete(*, user: User | None, rid: str) -> None:
    """Remove a request and all that is of it; what runs is ended first. Raises: `NotFound`."""
    remove(_found(user, rid))


def remove(request: MediaRequest) -> None:
    """Remove a request, its job and its files.

    Rows first: files without a row are found by the cleaner, a row without files by a user.
    """
    with transaction.atomic():
        # Told first: 5 is the end of it, and the 4 that comes on the way is nobody's business.
        events.announce_deleted(request.rid)
        with suppress(lifecycle.NotAllowed):
            lifecycle.cancel(request.job_id)
        # The request goes with its job.
        Job.objects.filter(pk=request.job_id).delete()
    storage.remove_all(request.rid)


def retry(*, user: User | None, rid: str, config: Config) -> MediaRequest:
    """Make the same request anew, of the input that is still there and may still be used.

    Raises: `NotFound`, `NotRetriable`, `InputGone`, `AlreadyQueued`, `TooManyActive`, `QueueFull`.
    """
    request = _found(user, rid)
    if state_of(request.job) not in (State.CANCELED, State.DONE_PARTIALLY):
        raise NotRetriable
    draft = _draft_again(request, config)
    try:
        if request.input_type != InputType.PATH:
            _link_input(request.rid, draft.rid)
        return submit(
            draft,
            queue_size=config.requests_queue_size,
            deduplicate=config.deduplicate,
            active_limit=config.limits.active_per_user,
        )
    except BaseException:
        storage.remove_input(draft.rid)
        raise


def _found(user: User | None, rid: str) -> MediaRequest:
    request = request_of(user, rid)
    if request is None:
        raise NotFound
    return request


def _draft_again(request: MediaRequest, config: Config) -> Draft:
    return Draft(
        rid=uuid.uuid4().hex,
        owner=request.owner,
        request_type=RequestType(request.request_type),
        actions=tuple(request.actions),
        config=request.config,
        input_type=InputType(request.input_type),
        input_value=request.input_value,
        source=_source_of(request, config),
        original_name=request.original_name,
        client=request.client,
        webhook_url=request.webhook_url,
        webhook_secret=request.webhook_secret,
    )


def _source_of(request: MediaRequest, config: Config) -> str:
    """Name the input. Raises: `InputGone`, for a path that may not be used any more too."""
    if request.input_type == InputType.URL:
        return of_url(request.input_value)
    if request.input_type == InputType.PATH:
        try:
            return of_path(permitted(request.owner, request.input_value, config))
        except (SourceNotFound, OSError) as error:
            raise InputGone from error
    # Of bytes `input_value` is their hash: it names them wherever they lie.
    return request.input_value


def _link_input(rid: str, new_rid: str) -> None:
    """Give the input to the new request too. Raises: `InputGone`."""
    source = storage.raw_of(rid)
    if source is None:
        raise InputGone
    target = storage.make_data_folder(new_rid) / source.name
    try:
        os.link(source, target)
    except FileNotFoundError as error:
        raise InputGone from error
    except OSError:  # A disk without links.
        shutil.copyfile(source, target)
        target.chmod(storage.FILE_MODE)
