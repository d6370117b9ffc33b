"""What an error looks like over HTTP: one reading of exceptions, and a body per contract.

`problem_handler` (DRF's `EXCEPTION_HANDLER`) reads any expected exception as a `Failure`
and has the view's `error_style` shape it: a function of a `Failure`. Views without one
speak RFC 9457 (`problem`). The users and uploads of core speak `core_body`, by the mixin
`CoreErrors`. An app whose contract has bodies of its own brings a function of its own:

    class MyView(APIView):
        error_style = staticmethod(my_body)

What is not expected is not handled here: Django logs it and answers 500 (`core.api.pages`).
"""

import errno
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, ClassVar

from django.core.exceptions import (
    BadRequest,
    ObjectDoesNotExist,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    ValidationError,
)
from django.db import DatabaseError, DataError, OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.fields import get_error_detail
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import set_rollback

from core.accounts.models import User
from core.errors import FieldErrors, JobError, TemporaryFailure, Throttled

logger = logging.getLogger(__name__)
WHOLE = "__all__"
PROBLEM_TYPE = "application/problem+json"
# A limit that does not pass by itself: an administrator may raise it by the next day.
HOPELESS_RETRY_AFTER_S = 86400
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
OUT_OF_ORDER = "The platform cannot write at the moment; try again later."
OUT_OF_ORDER_RETRY_AFTER_S = 10
BEARER = 'Bearer realm="api"'  # RFC 9110, 11.6.1
STATUS_OF_CODE = {
    "checksum_mismatch": 460,
    "conflict": 409,
    "disconnected": 499,
    "forbidden": 403,
    "gone": 410,
    "idempotency_conflict": 422,
    "locked": 423,
    "no_space": 507,
    "not_allowed": 403,
    "not_found": 404,
    "offset_mismatch": 409,
    "throttled": 429,
    "token_invalid": 401,
    "too_large": 413,
    "unavailable": 503,
    "unsupported_media": 415,
    "unsupported_version": 412,
}
# Statuses that are no part of HTTP: tus 1.0.0 has the first, logs the second.
TITLES = {460: "Checksum Mismatch", 499: "Client Closed Request"}


@dataclass(frozen=True)
class Failure:
    """An expected failure on its way out. `fields` has messages by input field."""

    status: int
    detail: str
    code: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


ErrorStyle = Callable[[Failure], Response]


def problem_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an expected exception in the style of its view; None for a crash."""
    failure = failure_of(_of_nobody(error, context.get("request")) or error)
    if failure is None:
        return None
    set_rollback()
    style: ErrorStyle = getattr(context.get("view"), "error_style", problem)
    return style(failure)


def _of_nobody(error: Exception, request: Request | None) -> exceptions.APIException | None:
    """Return what to answer where a row was refused since its account has just been deleted."""
    if not isinstance(error, DatabaseError) or isinstance(error, OperationalError):
        return None
    account = getattr(request, "user", None)
    if not isinstance(account, User) or User.objects.filter(pk=account.pk).exists():
        return None
    refusal = exceptions.NotAuthenticated("The token is not valid any more.")
    refusal.auth_header = BEARER  # type: ignore[attr-defined] # DRF's views set it likewise
    return refusal


def problem(failure: Failure) -> Response:
    """Shape an error as RFC 9457; `code` is an extension member, `errors` are by field."""
    return Response(
        problem_body(failure),
        status=failure.status,
        headers=failure.headers,
        content_type=PROBLEM_TYPE,
    )


def problem_body(failure: Failure) -> dict[str, Any]:
    """Return the members of RFC 9457, section 3.1, and our extensions."""
    body = {
        "type": "about:blank",
        "title": TITLES.get(failure.status) or HTTPStatus(failure.status).phrase,
        "status": failure.status,
        "detail": failure.detail,
        "code": failure.code,
    }
    return {**body, "errors": failure.fields} if failure.fields else body


def core_body(failure: Failure) -> Response:
    """Shape an error as the core contract says, section 3.1."""
    body: dict[str, Any] = {"detail": failure.detail}
    if failure.status in (400, 413, 415, 422):
        body = {"errors": failure.fields or {WHOLE: [failure.detail]}}
    elif failure.status in (409, 503):
        body["code"] = failure.code
    return Response(body, status=failure.status, headers=failure.headers)


class CoreErrors:
    """A view whose errors look as the core contract says, section 3.1."""

    error_style: ClassVar[ErrorStyle] = staticmethod(core_body)


def failure_of(error: Exception) -> Failure | None:
    """Read an exception; None when it is not one that is expected."""
    if isinstance(error, JobError):
        return _of_job_error(error)
    if is_out_of_order(error):
        logger.error("the platform cannot write", exc_info=error)
        later = {"Retry-After": str(OUT_OF_ORDER_RETRY_AFTER_S)}
        return Failure(503, OUT_OF_ORDER, "unavailable", headers=later)
    if isinstance(error, DataError):
        # Text or a number that a column cannot hold (NUL, too large) and that no field refused.
        logger.warning("the database refused a value: %s", error)
        error = exceptions.ValidationError("A value is out of range.")
    api_error = error if isinstance(error, exceptions.APIException) else _as_drf(error)
    return None if api_error is None else _of_api_exception(api_error)


def is_out_of_order(error: BaseException) -> bool:
    """Return whether a database that is locked or gone, or a full disk, is behind an error."""
    is_full = isinstance(error, OSError) and error.errno in NO_ROOM
    return is_full or isinstance(error, OperationalError)


def _as_drf(error: Exception) -> exceptions.APIException | None:
    """Return DRF's exception for one of Django's."""
    if isinstance(error, Http404 | ObjectDoesNotExist):
        return exceptions.NotFound()
    if isinstance(error, PermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(error, ValidationError):
        return exceptions.ValidationError(get_error_detail(error))
    if isinstance(error, RequestDataTooBig):
        too_big = exceptions.APIException("The request is too large.", "too_large")
        too_big.status_code = 413
        return too_big
    is_suspicious = isinstance(error, SuspiciousOperation | BadRequest)
    return exceptions.ParseError() if is_suspicious else None


def _of_api_exception(error: exceptions.APIException) -> Failure:
    fields: dict[str, list[str]] = {}
    if isinstance(error, exceptions.ValidationError):
        for name, message in flattened(error.detail):
            fields.setdefault(name, []).append(message)
        detail, code = "The request is not valid.", "invalid"
    else:
        detail, code = _sentence(error), str(getattr(error.detail, "code", error.default_code))
    return Failure(error.status_code, detail, code, fields, _headers_of(error))


def _sentence(error: exceptions.APIException) -> str:
    """Return the message of a refusal; SimpleJWT and others wrap it in an object."""
    detail: Any = error.detail
    return str(detail.get("detail", "") if isinstance(detail, dict) else detail)


def _headers_of(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = str(challenge)
    if (wait_s := getattr(error, "wait", None)) is not None:
        headers["Retry-After"] = str(max(1, int(wait_s)))
    return headers


def _of_job_error(error: JobError) -> Failure:
    is_temporary = isinstance(error, TemporaryFailure)
    status = STATUS_OF_CODE.get(error.code, 503 if is_temporary else 400)
    code = "unavailable" if is_temporary else error.code
    headers = {}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = BEARER
    if isinstance(error, Throttled):
        headers["Retry-After"] = str(error.retry_after_s or HOPELESS_RETRY_AFTER_S)
    elif isinstance(error, TemporaryFailure) and error.retry_after_s is not None:
        headers["Retry-After"] = str(error.retry_after_s)
    fields = error.fields if isinstance(error, FieldErrors) else {}
    return Failure(status, str(error), code, fields, headers)


def flattened(detail: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield `(field, message)` of DRF's nested messages; inner fields are joined by dots."""
    if isinstance(detail, dict):
        for key, inner in detail.items():
            is_whole = key in ("non_field_errors", WHOLE)
            yield from flattened(inner, name if is_whole else f"{name}.{key}".lstrip("."))
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            is_message = not isinstance(inner, dict | list)
            yield from flattened(inner, name if is_message else f"{name}.{index}".lstrip("."))
    else:
        yield name or WHOLE, str(detail)
