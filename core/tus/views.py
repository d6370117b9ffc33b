"""tus 1.0.0 over HTTP (https://tus.io/protocols/resumable-upload; platform, section 5).

Django's own asynchronous views, since a body has to be read while it arrives; who is
asking, and what errors look like, is told by the same code as everywhere.
"""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from core.accounts.models import User
from core.api.clients import authenticated, client_ip
from core.api.errors import PROBLEM_TYPE, Failure, failure_of, problem_body
from core.errors import JobError
from core.tus import finishing, headers, selectors, services, streaming
from core.tus.asgi import BODY
from core.tus.errors import AlreadyThere, Gone, TooLarge
from core.tus.headers import Chunk
from core.tus.inflow import Inflow
from core.tus.models import Status, TusUpload
from core.tus.threads import with_purpose, with_rows


@method_decorator(csrf_exempt, name="dispatch")  # DRF's session check has its own
class TusView(View):
    """What both addresses share: the protocol's version, the account, the form of errors."""

    account: User

    async def dispatch(  # type: ignore[override] # every method here is asynchronous
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """Answer one request."""
        try:
            if request.method != "OPTIONS":
                headers.require_version(request)
                self.account = await with_rows(authenticated, request)
            answer: HttpResponseBase = await super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        except Exception as error:
            failure = failure_of(error)
            if failure is None:
                raise
            answer = _refusal(failure)
            if isinstance(error, AlreadyThere):
                answer.headers["Upload-Resource"] = error.resource
        answer.headers["Tus-Resumable"] = headers.VERSION
        answer.headers["Cache-Control"] = "no-store"
        return answer

    async def options(  # type: ignore[override] # as above
        self,
        request: HttpRequest,  # noqa: ARG002 - Django passes it
        *args: Any,  # noqa: ARG002
        **kwargs: Any,  # noqa: ARG002
    ) -> HttpResponse:
        """Say what is offered; anybody may ask."""
        return HttpResponse(status=204, headers=headers.of_server())


class UploadsView(TusView):
    """The door for new uploads."""

    async def post(self, request: HttpRequest) -> HttpResponse:
        """Begin an upload, perhaps with its first bytes."""
        length_bytes, first = headers.length_of(request), headers.first_chunk_of(request)
        if first and (first.declared_bytes or 0) > length_bytes:
            raise TooLarge(length_bytes)
        upload = await with_purpose(
            services.create,
            owner=self.account,
            length_bytes=length_bytes,
            metadata_header=request.headers.get("Upload-Metadata", ""),
            client_ip=client_ip(request),
        )
        if first or not length_bytes:
            upload = await self._receive(upload, first or Chunk(0, 0, None), _body(request))
        location = {"Location": reverse("tus-upload", args=[upload.pk])}
        more = headers.of_upload(upload, upload.offset_bytes)
        return HttpResponse(status=201, headers={**location, **more})

    async def _receive(self, new: TusUpload, first: Chunk, body: Inflow) -> TusUpload:
        """Take the first bytes; a client that never learns the address gets no upload."""
        async with streaming.held(self.account, new.pk) as upload:
            try:
                await streaming.receive(upload, first, body)
            except JobError:
                # While it is held: whole as it may be, nobody else is to finish it.
                await with_purpose(services.end, upload)
                raise
        return upload


class UploadView(TusView):
    """One upload."""

    async def head(self, request: HttpRequest, upload_id: UUID) -> HttpResponse:  # noqa: ARG002
        """Say how much is there."""
        return await with_purpose(_state, self.account, upload_id)

    async def patch(self, request: HttpRequest, upload_id: UUID) -> HttpResponse:
        """Take the next bytes."""
        chunk = headers.chunk_of(request)
        async with streaming.held(self.account, upload_id) as upload:
            await streaming.receive(upload, chunk, _body(request))
            found = headers.of_upload(upload, upload.offset_bytes)
        return HttpResponse(status=204, headers=found)

    async def delete(self, request: HttpRequest, upload_id: UUID) -> HttpResponse:  # noqa: ARG002
        """Terminate an upload. What a complete one has become stays."""
        await with_purpose(_terminate, self.account, upload_id)
        return HttpResponse(status=204)


def _body(request: HttpRequest) -> Inflow:
    body: Inflow = request.scope[BODY]  # type: ignore[attr-defined] # an ASGIRequest has one
    return body


def _state(account: User, upload_id: UUID) -> HttpResponse:
    upload = selectors.upload_of(account, upload_id)
    try:
        finishing.finish_if_whole(upload)
        offset_bytes = selectors.offset_of(upload)
    except Gone:
        upload = finishing.completed_meanwhile(upload)
        offset_bytes = upload.length_bytes
    found = headers.of_upload(upload, offset_bytes)
    found["Upload-Length"] = str(upload.length_bytes)
    if upload.metadata_header:
        found["Upload-Metadata"] = upload.metadata_header
    return HttpResponse(headers=found)


def _terminate(account: User, upload_id: UUID) -> None:
    upload = selectors.upload_of(account, upload_id)
    if upload.status == Status.COMPLETING:
        finishing.finish_if_whole(upload)
    if upload.status == Status.COMPLETE:
        services.forget(upload)
    elif not services.end(upload):
        # Its last byte has come meanwhile.
        _terminate(account, upload_id)


def _refusal(failure: Failure) -> HttpResponse:
    version = {"Tus-Version": headers.VERSION} if failure.status == 412 else {}
    return JsonResponse(
        problem_body(failure),
        status=failure.status,
        headers={**failure.headers, **version},
        content_type=PROBLEM_TYPE,
    )
