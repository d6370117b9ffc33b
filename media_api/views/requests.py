"""One's requests: the list, one of them, cancel, retry, delete (Media API contract, section 8)."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response

from media_api import listing
from media_api.config.live import current
from media_api.models import RequestType
from media_api.selectors import request_of
from media_api.services import changing
from media_api.services.errors import NotFound
from media_api.states import State
from media_api.views.base import MediaView, account_in
from media_api.views.schema import CANCELED, DETAIL, LIST, RID


class Pages(PageNumberPagination):
    """Pages of fifty, `?page=`."""

    page_size = 50


class RequestsView(MediaView):
    """`requests/`."""

    @extend_schema(
        operation_id="media_requests",
        tags=["media"],
        parameters=[
            OpenApiParameter("status", int, enum=[int(state) for state in State][:-1]),
            OpenApiParameter("type", str, enum=RequestType.values),
            OpenApiParameter("page", int),
        ],
        responses=LIST,
    )
    def get(self, request: Request) -> Response:
        """List the caller's requests, newest first."""
        rows = listing.requests_of(account_in(request), request.query_params)
        pages = Pages()
        page = pages.paginate_queryset(rows, request, view=self)
        return pages.get_paginated_response([listing.body(row) for row in page or []])


class RequestView(MediaView):
    """`requests/<rid>/`."""

    @extend_schema(operation_id="media_request", tags=["media"], responses=DETAIL)
    def get(self, request: Request, request_id: str) -> Response:
        """Show one request, with its place in the queue and what its webhook came to."""
        found = request_of(account_in(request), request_id)
        if found is None:
            raise NotFound
        return Response(listing.detail_body(found))

    @extend_schema(operation_id="media_request_delete", tags=["media"], responses={204: None})
    def delete(self, request: Request, request_id: str) -> Response:
        """Remove a request and all of its files, now; what runs is ended."""
        changing.delete(user=account_in(request), rid=request_id)
        return Response(status=204)


class CancelView(MediaView):
    """`requests/<rid>/cancel/`."""

    @extend_schema(
        operation_id="media_request_cancel", tags=["media"], request=None, responses={202: CANCELED}
    )
    def post(self, request: Request, request_id: str) -> Response:
        """End a request that waits or runs."""
        canceled = changing.cancel(user=account_in(request), rid=request_id)
        return Response({"rid": canceled.rid, "status": int(State.CANCELED)}, status=202)


class RetryView(MediaView):
    """`requests/<rid>/retry/`."""

    @extend_schema(
        operation_id="media_request_retry", tags=["media"], request=None, responses={200: RID}
    )
    def post(self, request: Request, request_id: str) -> Response:
        """Ask for the same again, as a new request, of the input that is still kept."""
        made = changing.retry(user=account_in(request), rid=request_id, config=current())
        body: dict[str, Any] = {"rid": made.rid}
        return Response(body)
