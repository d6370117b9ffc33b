"""How far a request is, by both of its addresses (Media API contract, 2.6)."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from media_api.progress import gone_body, progress_of
from media_api.schemas.errors import Fault, Invalid
from media_api.selectors import request_of
from media_api.views.base import MediaView, account_in
from media_api.views.schema import STATUS

RID_CHARS = 64
_IN_QUERY = OpenApiParameter("request_id", str, required=True, description="The rid.")


class StatusView(MediaView):
    """`status/<request_id>/`."""

    @extend_schema(operation_id="media_status", tags=["media"], responses=STATUS)
    def get(self, request: Request, request_id: str) -> Response:
        """Say how far a request is; one that is unknown, deleted or another's has status 5."""
        return Response(_body(request, request_id, "path"))


class StatusByQueryView(MediaView):
    """`status/?request_id=<request_id>`: the same answer."""

    @extend_schema(
        operation_id="media_status_by_query",
        tags=["media"],
        parameters=[_IN_QUERY],
        responses=STATUS,
    )
    def get(self, request: Request) -> Response:
        """Say how far a request is; one that is unknown, deleted or another's has status 5."""
        rid = request.query_params.get("request_id")
        if rid is None:
            raise Invalid([_error("query", "Field required", "missing")])
        return Response(_body(request, rid, "query"))


def _body(request: Request, rid: str, where: str) -> dict[str, Any]:
    if len(rid) > RID_CHARS:
        message = f"String should have at most {RID_CHARS} characters"
        raise Invalid([_error(where, message, "string_too_long")])
    found = request_of(account_in(request), rid)
    return gone_body(rid) if found is None else progress_of(found).body()


def _error(where: str, message: str, kind: str) -> Fault:
    return {"loc": [where, "request_id"], "msg": message, "type": kind}
