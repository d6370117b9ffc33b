"""Django's own error pages: problem+json below `/api/`, HTML elsewhere (`handler404` etc.).

They answer what never reached a view, and crashes, whose message is always the same.
"""

from collections.abc import Callable
from functools import partial
from http import HTTPStatus

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.views import defaults

from core.api.errors import PROBLEM_TYPE, Failure, problem_body

API_PREFIX = "/api/"
_SENTENCES = {
    400: ("bad_request", "The request is not valid."),
    403: ("forbidden", "You do not have permission to perform this action."),
    404: ("not_found", "There is nothing at this address."),
    500: ("internal", "The server met an unexpected error."),
}


def _answer(
    status: int,
    html: Callable[..., HttpResponseBase],
    request: HttpRequest,
    exception: Exception | None = None,
) -> HttpResponseBase:
    if request.path.startswith(API_PREFIX):
        code, detail = _SENTENCES[status]
        body = problem_body(Failure(HTTPStatus(status), detail, code))
        return JsonResponse(body, status=status, content_type=PROBLEM_TYPE)
    return html(request) if exception is None else html(request, exception)


bad_request = partial(_answer, 400, defaults.bad_request)
permission_denied = partial(_answer, 403, defaults.permission_denied)
page_not_found = partial(_answer, 404, defaults.page_not_found)
server_error = partial(_answer, 500, defaults.server_error)
