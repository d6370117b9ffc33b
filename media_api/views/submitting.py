"""The six routes by which a request comes (Media API contract, 2.2 to 2.6).

A form is read as it arrives, its file going straight into the request's folder; who asks,
and whether there is room, is looked at before the first byte of it is asked for.
"""

import logging
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.accounts.models import User
from core.api.clients import client_ip, throttle_key
from core.multipart import Begin, FormFile, FormReader, Limits, form_of, with_form
from media_api import storage
from media_api.backends import speech_languages
from media_api.config.live import current
from media_api.models import RequestType
from media_api.schemas.errors import Invalid
from media_api.schemas.submission import parse
from media_api.services import admission, taking
from media_api.services.errors import NotStored, TooLarge
from media_api.services.idempotency import Key, is_known, key_of, scope_of
from media_api.views.base import MediaView, account_in, asker_before_the_body
from media_api.views.schema import SUBMISSION

TEXT_BYTES = 2**20
# What a form has beside its file: heads, boundaries, the text.
FORM_BYTES = 2 * TEXT_BYTES
SMALL_BYTES = 2**16
_ASKER = "_media_asker"

logger = logging.getLogger(__name__)


class SubmitView(MediaView):
    """One of the six routes; `request_type` says which."""

    request_type: RequestType = RequestType.CUSTOM

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        """Remember who asked when the form began: tokens are shorter than some uploads."""
        made = super().initialize_request(request, *args, **kwargs)
        if asker := getattr(request, _ASKER, None):
            made.user = asker
        return made

    @extend_schema(**SUBMISSION)
    def post(self, request: Request) -> Response:
        """Take a request: `{"rid"}`."""
        rid = _rid_of(request._request)
        is_taken = False
        try:
            made = self._take(request, rid)
            is_taken = made == rid
            return Response({"rid": made})
        finally:
            if not is_taken:
                storage.remove_input(rid)

    def _take(self, request: Request, rid: str) -> str:
        """Return the rid of what is made, or was made before. Raises: `Invalid`, `Refused`."""
        form, config, owner = _form_of(request._request), current(), account_in(request)
        if form is None:
            _require_open(request._request, owner)
        data = form.texts.get("data") if form else _data_of(request._request)
        submission = parse(
            self.request_type,
            data,
            config,
            languages=speech_languages(config),
            allow=settings.OUTBOUND_ALLOW,
        )
        file = form.files.get("file") if form else None
        arrival = taking.Arrival(
            rid=rid,
            owner=owner,
            request_type=self.request_type,
            submission=submission,
            file=file,
            key=self._key(request, data, file),
            client=_client_of(request._request, owner),
        )
        made = taking.take(arrival, config)
        if form and made.rid == rid:
            form.keep()
        return made.rid

    def _key(self, request: Request, data: str | bytes | None, file: FormFile | None) -> Key | None:
        return key_of(
            _idempotency_key(request),
            owner=account_in(request),
            client=_client_of(request._request, account_in(request)),
            route=self.request_type,
            data=data.decode() if isinstance(data, bytes) else data or "",
            file_sha256=file.sha256 if file else "",
        )


def _client_of(request: HttpRequest, user: User | None) -> str:
    """Return what somebody without an account is known by; "" for everybody else."""
    return "" if user else throttle_key(client_ip(request))


def _form_of(request: HttpRequest) -> FormReader | None:
    """Return the form that has come, if it was one. Raises: `NotStored`, whatever refused it."""
    try:
        return form_of(request)
    except OSError as error:
        logger.exception("an upload could not be stored")
        raise NotStored from error


def _rid_of(request: HttpRequest) -> str:
    """Return the rid of this request, made at first use: its form's file lies under it."""
    rid: str | None = getattr(request, "_media_rid", None)
    if rid is None:
        rid = uuid.uuid4().hex
        request._media_rid = rid  # type: ignore[attr-defined]
    return rid


def _data_of(request: HttpRequest) -> bytes | str | None:
    """Return `data` of a body that is no multipart form: JSON is `data` itself."""
    if request.content_type == "application/json":
        return request.body
    if request.content_type == "application/x-www-form-urlencoded":
        return request.POST.get("data")
    return None


def _idempotency_key(request: Request) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not 1 <= len(key) <= 128:
        message = "Value should have 1 to 128 characters"
        loc: list[str | int] = ["header", "Idempotency-Key"]
        raise Invalid([{"loc": loc, "msg": message, "type": "value_error"}])
    return key


def reader_of(request: HttpRequest) -> FormReader:
    """Return what reads a form, or refuse it before it is read (`core.multipart`)."""
    user, config = asker_before_the_body(request, SubmitView), current()
    setattr(request, _ASKER, user)
    _require_open(request, user)
    rid = _rid_of(request)

    async def place(part: Begin, texts: Mapping[str, str]) -> Path | None:  # noqa: ARG001
        if part.name != "file":
            return None
        return storage.make_data_folder(rid) / f"raw{storage.suffix_of(part.filename or '')}"

    limits = Limits(
        whole_bytes=config.max_upload_bytes + FORM_BYTES,
        text_bytes=TEXT_BYTES,
        before_files_bytes=FORM_BYTES,
    )
    return FormReader(
        request.headers["Content-Type"],
        place,
        limits=limits,
        is_hashed=True,
        chunk_bytes=config.file_read_chunk_size,
    )


def _require_open(request: HttpRequest, user: User | None) -> None:
    """Look whether there is room for one more. Raises: `Throttled`, `Refused`."""
    config = current()
    client = _client_of(request, user)
    admission.require_turn(user, client, config)
    text = request.META.get("CONTENT_LENGTH") or "0"
    declared_bytes = int(text) if text.isdigit() else 0
    whole_bytes = config.max_upload_bytes + FORM_BYTES
    if declared_bytes > whole_bytes:
        raise TooLarge
    if is_known(request.headers.get("Idempotency-Key"), scope_of(user, client)):
        # What was taken already is answered whatever waits, and however little room there is:
        # the body is read to be compared, so it has to fit and no more.
        admission.require_disk(min(config.min_free_disk_bytes, declared_bytes or whole_bytes))
        return
    # What is small is read sooner than the queue is counted; it is counted anyway in the end.
    if not 0 < declared_bytes <= SMALL_BYTES:
        admission.require_place(user, client, config)
    admission.require_disk(config.min_free_disk_bytes)


def submit_view(request_type: RequestType) -> Callable[..., Any]:
    """Return the view of one route."""
    return with_form(SubmitView.as_view(request_type=request_type), reader_of)
