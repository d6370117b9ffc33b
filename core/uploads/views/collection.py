"""`uploads/`: the list, and the door for new ones."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import NotFound as NoSuchPage
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from core.accounts.models import User
from core.api.clients import client_ip
from core.uploads import schema, selectors, services
from core.uploads.errors import NotFound
from core.uploads.models import Upload
from core.uploads.serializers import upload_body
from core.uploads.views.base import UploadsView, body_of

ARRAY_MAX = 500
CREATE_SCHEMA: dict[str, Any] = {
    "tags": schema.TAGS,
    "request": {
        "multipart/form-data": schema.UploadFileForm,
        "application/json": schema.UploadJsonForm,
    },
    "responses": {
        201: schema.UploadSerializer,
        200: OpenApiResponse(schema.UploadSerializer, "The same content was there before."),
    },
}


class UploadPages(PageNumberPagination):
    """Numbered pages, for clients that ask for them."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200


class UploadListView(UploadsView):
    """A user's uploads, and the door for new ones."""

    @extend_schema(
        operation_id="uploads_list",
        tags=schema.TAGS,
        parameters=[*schema.FILTERS, *schema.PAGING],
        responses=schema.UploadSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """List the caller's uploads, newest first."""
        query = request.query_params
        filters = selectors.filters_from({**query.dict(), "status": query.getlist("status")})
        uploads = selectors.filtered(selectors.uploads_of(self.user), filters)
        if "page" in query or "page_size" in query:
            pages = UploadPages()
            rows = pages.paginate_queryset(uploads, request, view=self) or []
            return pages.get_paginated_response([upload_body(upload) for upload in rows])
        return _array(request, self.user, uploads, filters.ordering)

    @extend_schema(operation_id="uploads_create", **CREATE_SCHEMA)
    def post(self, request: Request) -> Response:
        """Send a file, and have it recognised."""
        return _create(self, request)


class TokenUploadView(UploadsView):
    """The same door, with an API token in the address that counts uploads apart."""

    @extend_schema(operation_id="uploads_create_with_token", **CREATE_SCHEMA)
    def post(self, request: Request, token: str) -> Response:
        """Send a file, counted by an API token."""
        return _create(self, request, token=token)


def _create(view: UploadsView, request: Request, **more: str) -> Response:
    created = services.create_upload(
        owner=view.user, data={**body_of(request), **more}, ip=client_ip(request)
    )
    headers = {"X-Duplicate": "true"} if created.is_duplicate else {}
    status = 200 if created.is_duplicate else 201
    return Response(upload_body(created.upload), status=status, headers=headers)


def _array(request: Request, user: User, uploads: QuerySet[Upload], ordering: str) -> Response:
    total = uploads.count()
    before = request.query_params.get("before")
    rows, next_id = selectors.page_of(
        uploads,
        ordering=ordering,
        limit=ARRAY_MAX,
        before=_cursor(user, before) if before else None,
    )
    headers = {"X-Total-Count": str(total)}
    if next_id is not None:
        url = replace_query_param(request.build_absolute_uri(), "before", str(next_id))
        headers["Link"] = f'<{url}>; rel="next"'
    return Response([upload_body(upload) for upload in rows], headers=headers)


def _cursor(user: User, text: str) -> UUID:
    try:
        return selectors.place_of(user, text)
    except NotFound as error:
        raise NoSuchPage("There is no such page.") from error
