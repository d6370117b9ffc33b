"""Requests that come by resumable upload (`core.tus.purposes`): purpose `request`.

What a POST would refuse is refused at the creation, as far as it can be told by then. The whole
file is linked into the request's folder; the request's row and the note that the upload was taken
are one transaction, so that a process which dies before it is replaced and one which dies after it
leaves nothing to do. The rid is the upload's id.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from django.conf import settings
from django.urls import reverse

from core.errors import FieldErrors, TemporaryFailure, Throttled
from core.tus import services as tus
from core.tus.errors import AlreadyThere, TooLarge
from core.tus.models import TusUpload
from core.tus.purposes import Purpose
from media_api import storage
from media_api.backends import speech_languages
from media_api.config.live import current
from media_api.config.schema import Config
from media_api.models import ROUTES, RequestType
from media_api.schemas.errors import Fault, Invalid
from media_api.schemas.submission import Submission, parse
from media_api.services import admission, taking
from media_api.services import errors as refusals


class RequestUpload(Purpose):
    """A request, with `route` (the last part of its address) and `data` (its JSON) as metadata."""

    name = "request"

    def created(self, upload: TusUpload) -> None:
        """Refuse what the POST would refuse before it reads the file.

        Raises: `FieldErrors`, `Throttled`, `TooLarge`, `TemporaryFailure` with its time to wait.
        """
        config = current()
        with _in_words_of_tus(config):
            admission.require_turn(upload.owner, "", config)
            _route_of(upload)
            _submission_of(upload, config)
            taking.require_size(upload.length_bytes, config)
            admission.require_place(upload.owner, "", config)
            admission.require_disk(config.min_free_disk_bytes)

    def completed(self, upload: TusUpload, path: Path) -> str:
        """Make the request. Raises: what `created` does; `AlreadyThere` names the same work."""
        config, rid = current(), upload.pk.hex
        address = _address_of(rid)
        with _in_words_of_tus(config):
            admission.require_place(upload.owner, "", config)  # Sooner than the file is hashed.
            arrival = taking.Arrival(
                rid=rid,
                owner=upload.owner,
                request_type=_route_of(upload),
                submission=_submission_of(upload, config),
                file=None,
                key=None,
            )
            storage.remove_input(rid)  # What a process has left that died here.
            try:
                taking.take_over(
                    arrival, config, _whole(upload, path), partial(tus.note_taken, upload, address)
                )
            except BaseException:
                storage.remove_input(rid)
                raise
        return address


def _address_of(rid: str) -> str:
    return reverse("media-request", args=[rid]).rstrip("/") + "/"


def _whole(upload: TusUpload, path: Path) -> tus.FinishedFile:
    return tus.FinishedFile(upload.pk, path, upload.filename, upload.filetype, upload.length_bytes)


def _route_of(upload: TusUpload) -> RequestType:
    """Return what is asked for. Raises: `FieldErrors`."""
    route = ROUTES.get(upload.metadata.get("route", ""))
    if route is None:
        raise FieldErrors({"route": f"route must be one of {', '.join(ROUTES)}."})
    return route


def _submission_of(upload: TusUpload, config: Config) -> Submission:
    """Return `data`, checked; the upload is its one source. Raises: `Invalid`, `SeveralSources`."""
    said = parse(
        _route_of(upload),
        upload.metadata.get("data"),
        config,
        languages=speech_languages(config),
        allow=settings.OUTBOUND_ALLOW,
    )
    if any(source is not None for source in (said.url, said.path, said.upload_id)):
        raise refusals.SeveralSources
    return said


@contextmanager
def _in_words_of_tus(config: Config) -> Iterator[None]:
    """Say refusals of the Media API as those of a resumable upload are said."""
    try:
        yield
    except Invalid as error:
        raise FieldErrors(_by_field(error.errors)) from error
    except refusals.AlreadyQueued as error:
        raise AlreadyThere(str(error), _address_of(str(error.body["rid"]))) from error
    except refusals.TooLarge as error:
        raise TooLarge(config.max_upload_bytes) from error
    except refusals.TooManyActive as error:
        raise Throttled(error.retry_after_s) from error
    except refusals.Refused as error:
        if error.status < 500:
            raise FieldErrors({_field_of(error): str(error)}) from error
        later = TemporaryFailure(str(error))
        later.retry_after_s = error.retry_after_s
        raise later from error


def _by_field(faults: list[Fault]) -> dict[str, list[str]]:
    """Return messages by where they belong, such as `data.config.preset`."""
    found = defaultdict(list)
    for fault in faults:
        found[".".join(map(str, fault["loc"][1:]))].append(fault["msg"])
    return found


def _field_of(error: refusals.Refused) -> str:
    return "Upload-Length" if isinstance(error, refusals.EmptyFile) else "data"
