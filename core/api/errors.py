"""Error bodies (RFC 9457 where a contract is silent)."""

from typing import Any

from rest_framework.response import Response
from rest_framework.views import exception_handler


def problem_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn an exception into an answer."""
    return exception_handler(error, context)
