"""What of an upload can be downloaded: the file itself, its pages as pictures, its text."""

import json
from pathlib import PurePath
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request

from core.api.downloads import Download, download, is_known
from core.errors import FieldErrors
from core.uploads import schema, selectors, storage
from core.uploads.errors import Conflict
from core.uploads.models import Upload
from core.uploads.pages import page_png
from core.uploads.status import status_of
from core.uploads.views.base import AnyNegotiation, UploadsView

INLINE_TYPES = ("image/png", "image/jpeg", "image/webp", "image/gif")
TEXT_TYPES = {"md": "text/markdown", "txt": "text/plain", "json": "application/json"}
WIDTH_MIN, WIDTH_MAX, WIDTH = 16, 4096, 1000


class FileView(UploadsView):
    """A view that answers with a file."""

    content_negotiation_class = AnyNegotiation


class ImageView(FileView):
    """The stored bytes, as they were sent."""

    @extend_schema(
        operation_id="uploads_image",
        tags=schema.TAGS,
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, upload_id: UUID) -> HttpResponseBase:
        """Download the original; `Range`, `If-Range`, `If-None-Match` and HEAD are known."""
        upload = selectors.upload_of(self.user, upload_id)
        prefix = settings.ACCEL_REDIRECT_PREFIX.rstrip("/") if storage.is_local() else ""
        source = Download(
            file=storage.open_stored(upload.stored_name),
            content_type=upload.mime_type,
            etag=f'"{upload.image_hash}"',
            filename=_name(upload, PurePath(upload.stored_name).suffix),
            is_inline=upload.mime_type in INLINE_TYPES,
            accel_path=f"{prefix}/{storage.FOLDER}/{upload.stored_name}" if prefix else "",
        )
        return download(request.method or "GET", request.headers, source)


class PageView(FileView):
    """A page as a picture."""

    @extend_schema(
        operation_id="uploads_page",
        tags=schema.TAGS,
        parameters=[OpenApiParameter("width", int, description="Pixels, 16 to 4096, else 1000.")],
        responses={(200, "image/png"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, upload_id: UUID, number: int) -> HttpResponse:
        """Draw a page, counted from 1, upright; `If-None-Match` is known."""
        upload = selectors.upload_of(self.user, upload_id)
        width = _width(request.query_params.get("width"))
        etag = f'"{upload.image_hash}-{number}-{width}"'
        answer: HttpResponse
        # Drawing takes most of a second, and the bytes of an upload never change.
        if is_known(request.headers, etag):
            answer = HttpResponseNotModified()
        else:
            picture = page_png(upload, number, width=width)
            answer = HttpResponse(picture, content_type="image/png")
        answer["ETag"] = etag
        # Kept, but asked for each time: a deleted upload is gone from the browser at once.
        answer["Cache-Control"] = "private, no-cache"
        answer["X-Content-Type-Options"] = "nosniff"
        answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
        return answer


class TextView(FileView):
    """The text as a file."""

    @extend_schema(
        operation_id="uploads_text",
        tags=schema.TAGS,
        parameters=[OpenApiParameter("format", str, enum=list(TEXT_TYPES))],
        responses={
            (200, "text/markdown"): OpenApiResponse(OpenApiTypes.STR),
            (200, "text/plain"): OpenApiTypes.STR,
            (200, "application/json"): OpenApiTypes.OBJECT,
        },
    )
    def get(self, request: Request, upload_id: UUID) -> HttpResponse:
        """Download the text: markdown, plain, or JSON with pages, blocks and boxes."""
        upload = selectors.upload_of(self.user, upload_id)
        form = request.query_params.get("format") or "md"
        if form not in TEXT_TYPES:
            raise FieldErrors({"format": f"One of {', '.join(TEXT_TYPES)}, please."})
        if upload.raw_text is None:
            raise Conflict("The upload has no recognised text yet.")
        answer = HttpResponse(
            _text(upload, form), content_type=f"{TEXT_TYPES[form]}; charset=utf-8"
        )
        disposition = content_disposition_header(True, _name(upload, f".{form}"))
        answer["Content-Disposition"] = disposition or "attachment"
        answer["Cache-Control"] = "private"
        answer["X-Content-Type-Options"] = "nosniff"
        return answer


def _text(upload: Upload, form: str) -> str:
    if form == "md":
        return upload.raw_text or ""
    if form == "txt":
        return upload.processed_text or ""
    return json.dumps(
        {
            "id": str(upload.pk),
            "filename": upload.filename,
            "status": status_of(upload),
            "page_count": upload.page_count,
            "detected_language": upload.detected_language,
            "confidence": upload.confidence,
            "engine": upload.engine,
            "raw_text": upload.raw_text,
            "processed_text": upload.processed_text,
            "pages": upload.pages or [],
        },
        ensure_ascii=False,
    )


def _name(upload: Upload, extension: str) -> str:
    """Return a file name with the extension that its content has."""
    return (PurePath(upload.filename).stem or upload.image_hash[:16]) + extension


def _width(text: str | None) -> int:
    if not text:
        return WIDTH
    if not (text.isascii() and text.isdigit() and len(text) <= 5):
        raise FieldErrors({"width": "A whole number of pixels is expected."})
    return min(max(int(text), WIDTH_MIN), WIDTH_MAX)
