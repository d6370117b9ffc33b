"""Cursor pages: `{"next","previous","results"}`, newest first.

A page costs the same wherever it lies: it is a range of the index on `(created_at, id)`
(keyset pagination). Rows that come or go meanwhile shift nothing, since a cursor names
the row it stands beside. It holds no secret and gives no right: the queryset decides
which rows there are.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError as ModelValidationError
from django.db.models import Model, Q, QuerySet
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView


@dataclass(frozen=True)
class Cursor:
    """A place beside a row: the page after it (older), or before it (newer)."""

    is_backward: bool
    created_at: datetime
    pk: Any

    def encode(self) -> str:
        """Return the cursor as it stands in an address."""
        text = f"{'b' if self.is_backward else 'f'} {self.created_at.isoformat()} {self.pk}"
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, model: type[Model]) -> "Cursor":
        """Read a cursor of that model's rows. Raises: `ValidationError`."""
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            direction, moment, pk = raw.decode().split(" ")
            created_at = datetime.fromisoformat(moment).astimezone(UTC)
            if direction not in ("f", "b") or not moment.isascii() or "\x00" in pk:
                raise ValueError(text)
            return cls(direction == "b", created_at, model._meta.pk.to_python(pk))
        except (ValueError, OverflowError, binascii.Error, ModelValidationError) as error:
            raise ValidationError({"cursor": ["This is not a cursor of this list."]}) from error


class CursorPages(BasePagination):
    """Pages of rows that have `created_at`; its order replaces the queryset's own."""

    default_page_size = 50
    max_page_size = 200
    parameters = (
        OpenApiParameter("cursor", str, description="From `next` or `previous` of a page."),
        OpenApiParameter("page_size", int, description="1 to 200, else 50."),
    )

    def paginate_queryset(  # type: ignore[override] # a plain list has no index to page by
        self,
        queryset: QuerySet[Any],
        request: Request,
        view: APIView | None = None,  # noqa: ARG002 - DRF passes it
    ) -> list[Any]:
        """Return the rows of the page that the request asks for. Raises: `ValidationError`."""
        self.request = request
        size = self._page_size()
        text = request.query_params.get("cursor")
        self.cursor = Cursor.decode(text, queryset.model) if text else None
        is_backward = self.cursor is not None and self.cursor.is_backward
        rows = list(_beside(queryset, self.cursor)[: size + 1])
        self.has_more = len(rows) > size
        self.rows = rows[:size][::-1] if is_backward else rows[:size]
        return self.rows

    def get_paginated_response(self, data: Any) -> Response:
        """Return the page with the addresses of its neighbours."""
        is_backward = self.cursor is not None and self.cursor.is_backward
        has_next = is_backward or self.has_more
        has_previous = self.has_more if is_backward else self.cursor is not None
        return Response(
            {
                "next": self._link(self.rows[-1:], is_backward=False) if has_next else None,
                "previous": self._link(self.rows[:1], is_backward=True) if has_previous else None,
                "results": data,
            }
        )

    @classmethod
    def schema_of(cls, serializer: type[serializers.BaseSerializer[Any]]) -> Any:
        """Return the schema of a page of what `serializer` shapes."""
        name = serializer.__name__.removesuffix("Serializer")
        return inline_serializer(
            f"{name}Page",
            {
                "next": serializers.URLField(allow_null=True),
                "previous": serializers.URLField(allow_null=True),
                "results": serializer(many=True),
            },
        )

    def _page_size(self) -> int:
        text = self.request.query_params.get("page_size")
        if not text:
            return self.default_page_size
        if not (text.isascii() and text.isdigit()) or not text.strip("0"):
            raise ValidationError({"page_size": ["A whole number of at least 1, please."]})
        return self.max_page_size if len(text) > 9 else min(int(text), self.max_page_size)

    def _link(self, beside: Sequence[Any], *, is_backward: bool) -> str | None:
        if beside:
            cursor = Cursor(is_backward, beside[0].created_at, beside[0].pk)
        elif self.cursor is not None:
            # The rows beyond are gone: the way back begins where the caller stood.
            cursor = Cursor(is_backward, self.cursor.created_at, self.cursor.pk)
        else:
            return None
        url = self.request.build_absolute_uri()
        return str(replace_query_param(url, "cursor", cursor.encode()))


def _beside(queryset: QuerySet[Any], cursor: Cursor | None) -> QuerySet[Any]:
    """Return the rows beyond the cursor, the nearest first."""
    if cursor is None:
        return queryset.order_by("-created_at", "-pk")
    way, order = ("gt", "") if cursor.is_backward else ("lt", "-")
    # The first condition is implied by the second; it is what the index can seek by.
    return queryset.filter(
        Q(**{f"created_at__{way}e": cursor.created_at}),
        Q(**{f"created_at__{way}": cursor.created_at}) | Q(**{f"pk__{way}": cursor.pk}),
    ).order_by(f"{order}created_at", f"{order}pk")
