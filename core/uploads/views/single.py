"""`uploads/<id>/` and what can be done with one upload."""

from typing import Any
from uuid import UUID

from django.http import HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.http import parse_etags
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.uploads import schema, selectors, services
from core.uploads.models import Upload
from core.uploads.options import OptionsForm, UpdateForm
from core.uploads.serializers import upload_body
from core.uploads.types import UploadBody
from core.uploads.views.base import UploadsView, body_of

UPDATE_SCHEMA: dict[str, Any] = {
    "tags": schema.TAGS,
    "request": UpdateForm,
    "responses": schema.UploadSerializer,
}


class UploadView(UploadsView):
    """One of the caller's uploads."""

    @extend_schema(operation_id="uploads_get", tags=schema.TAGS, responses=schema.UploadSerializer)
    def get(self, request: Request, upload_id: UUID) -> HttpResponseBase:
        """Show one upload; while it is processed, with the text so far."""
        upload = selectors.upload_of(self.user, upload_id)
        body = selectors.live_body(upload)
        etag = _etag(upload, body)
        known = parse_etags(request.headers.get("If-None-Match", ""))
        if etag in known or "*" in known:
            return _tagged(HttpResponseNotModified(), etag)
        return _tagged(Response(body), etag)

    @extend_schema(operation_id="uploads_replace", **UPDATE_SCHEMA)
    def put(self, request: Request, upload_id: UUID) -> Response:
        """Change texts, name or options; what is left out stays."""
        return self._update(request, upload_id)

    @extend_schema(operation_id="uploads_update", **UPDATE_SCHEMA)
    def patch(self, request: Request, upload_id: UUID) -> Response:
        """Change texts, name or options."""
        return self._update(request, upload_id)

    @extend_schema(operation_id="uploads_delete", tags=schema.TAGS, responses={204: None})
    def delete(self, request: Request, upload_id: UUID) -> Response:  # noqa: ARG002
        """Delete one upload, ending its recognition."""
        services.delete_upload(owner=self.user, upload_id=upload_id)
        return Response(status=204)

    def _update(self, request: Request, upload_id: UUID) -> Response:
        updated = services.update_upload(
            owner=self.user, upload_id=upload_id, data=body_of(request)
        )
        return Response(upload_body(updated.upload))


class ReprocessView(UploadsView):
    """The door to recognise again."""

    @extend_schema(
        operation_id="uploads_reprocess",
        tags=schema.TAGS,
        request=OptionsForm,
        responses={202: schema.UploadSerializer},
    )
    def post(self, request: Request, upload_id: UUID) -> Response:
        """Recognise again, with other options if any are given."""
        upload = services.reprocess_upload(
            owner=self.user, upload_id=upload_id, data=body_of(request)
        )
        return _accepted(upload)


class CancelView(UploadsView):
    """The door to end a recognition."""

    @extend_schema(
        operation_id="uploads_cancel",
        tags=schema.TAGS,
        request=None,
        responses={202: schema.UploadSerializer},
    )
    def post(self, request: Request, upload_id: UUID) -> Response:  # noqa: ARG002
        """End the recognition that waits or is under way."""
        return _accepted(services.cancel_upload(owner=self.user, upload_id=upload_id))


class QuestionView(UploadsView):
    """The door for questions about the text."""

    @extend_schema(
        operation_id="uploads_question",
        tags=schema.TAGS,
        request=schema.QuestionForm,
        responses={202: schema.UploadSerializer},
    )
    def post(self, request: Request, upload_id: UUID) -> Response:
        """Ask about the text of a processed upload."""
        question = body_of(request).get("question")
        upload = services.ask_question(owner=self.user, upload_id=upload_id, question=question)
        return _accepted(upload)


def _accepted(upload: Upload) -> Response:
    return Response(upload_body(upload), status=202)


def _etag(upload: Upload, body: UploadBody) -> str:
    """Return the weak tag of what is shown: the upload's row, its job's and its stream."""
    moment = f"{upload.updated_at.timestamp():.6f}"
    revision = upload.job.revision if upload.job else 0
    return f'W/"{moment}-{revision}-{body.get("seq", 0)}"'


def _tagged(answer: HttpResponseBase, etag: str) -> HttpResponseBase:
    answer["ETag"] = etag
    answer["Cache-Control"] = "private, no-cache"
    return answer
