"""Which exception becomes which answer, in both styles (platform, 6; core, 3.1)."""

import json
from typing import Any

import pytest
from django.core import exceptions as django_errors
from django.db import DataError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from core.accounts.models import User
from core.api.errors import CoreErrors, Failure
from core.errors import FieldErrors, InvalidInput, JobError, TemporaryFailure, Throttled
from core.jobs.lifecycle import IdempotencyConflict, NotAllowed

SECRET = "/srv/secret/path"


class Raising(APIView):
    """Raises what it is given."""

    authentication_classes = ()
    permission_classes = ()
    error: Exception = Exception()

    def get(self, request):
        raise self.error


class RaisingCore(CoreErrors, Raising):
    """The same in core's style."""


def answer(view: type[APIView], error: Exception, **more: Any) -> Response:
    request = APIRequestFactory().get("/")
    return view.as_view(error=error, **more)(request).render()


def problem_of(error: Exception) -> tuple[int, dict[str, Any], Response]:
    response = answer(Raising, error)
    body = json.loads(response.content)
    assert response["Content-Type"] == "application/problem+json"
    assert body["status"] == response.status_code
    assert body["type"] == "about:blank"
    assert body["title"]
    return response.status_code, body, response


def core_of(error: Exception) -> tuple[int, dict[str, Any]]:
    response = answer(RaisingCore, error)
    assert response["Content-Type"] == "application/json"
    return response.status_code, json.loads(response.content)


EXPECTED = [
    (JobError("no"), 400, "failed"),
    (InvalidInput("no"), 400, "invalid_input"),
    (InvalidInput("no", code="something_new"), 400, "something_new"),
    (InvalidInput("no", code="forbidden"), 403, "forbidden"),
    (FieldErrors({"a": "no"}), 400, "invalid"),
    (FieldErrors({"a": "no"}, code="too_large"), 413, "too_large"),
    (FieldErrors({"a": "no"}, code="unsupported_media"), 415, "unsupported_media"),
    (FieldErrors({"a": "no"}, code="unreadable_image"), 400, "unreadable_image"),
    (TemporaryFailure("no"), 503, "unavailable"),
    (NotAllowed("no"), 409, "conflict"),
    (IdempotencyConflict("no"), 422, "idempotency_conflict"),
    (Throttled(7), 429, "throttled"),
    (User.DoesNotExist(SECRET), 404, "not_found"),
    (Http404(SECRET), 404, "not_found"),
    (django_errors.PermissionDenied(SECRET), 403, "permission_denied"),
    (django_errors.ValidationError("no"), 400, "invalid"),
    (django_errors.RequestDataTooBig(SECRET), 413, "too_large"),
    (django_errors.TooManyFieldsSent(SECRET), 400, "parse_error"),
    (django_errors.BadRequest(SECRET), 400, "parse_error"),
    (DataError(f"invalid byte sequence in {SECRET}"), 400, "invalid"),
    (exceptions.ValidationError({"a": ["no"]}), 400, "invalid"),
    (exceptions.ParseError(), 400, "parse_error"),
    (exceptions.NotAuthenticated(), 403, "not_authenticated"),
    (exceptions.PermissionDenied(), 403, "permission_denied"),
    (exceptions.MethodNotAllowed("GET"), 405, "method_not_allowed"),
    (exceptions.NotAcceptable(), 406, "not_acceptable"),
    (exceptions.UnsupportedMediaType("x/y"), 415, "unsupported_media_type"),
    (exceptions.Throttled(7), 429, "throttled"),
]
IDS = [f"{type(error).__name__}-{code}" for error, _, code in EXPECTED]


@pytest.mark.parametrize(("error", "status", "code"), EXPECTED, ids=IDS)
def test_an_expected_error_becomes_a_problem(error: Exception, status: int, code: str) -> None:
    assert problem_of(error)[0] == status
    assert problem_of(error)[1]["code"] == code


@pytest.mark.parametrize(("error", "status", "code"), EXPECTED, ids=IDS)
def test_no_answer_repeats_what_only_the_server_should_know(
    error: Exception, status: int, code: str
) -> None:
    for view in (Raising, RaisingCore):
        assert SECRET not in answer(view, error).content.decode()


@pytest.mark.parametrize(("error", "status", "code"), EXPECTED, ids=IDS)
def test_the_body_in_cores_style_has_the_keys_of_its_status(
    error: Exception, status: int, code: str
) -> None:
    found, body = core_of(error)
    keys = {400: {"errors"}, 413: {"errors"}, 415: {"errors"}, 422: {"errors"},
            409: {"detail", "code"}, 503: {"detail", "code"}}  # fmt: skip

    assert found == status
    assert set(body) == keys.get(status, {"detail"})
    if "errors" in body:
        assert all(isinstance(m, str) for ms in body["errors"].values() for m in ms)


@pytest.mark.parametrize("error", [ValueError(SECRET), KeyError("x"), RuntimeError(), OSError()])
def test_a_crash_is_not_dressed_up_as_an_answer(error: Exception) -> None:
    with pytest.raises(type(error)):
        answer(Raising, error)


@pytest.mark.parametrize("error", [Throttled(7), exceptions.Throttled(6.2)])
def test_a_throttled_answer_says_when_to_come_back(error: Exception) -> None:
    _, body, response = problem_of(error)

    assert response["Retry-After"] == "7"
    assert body["detail"].startswith("Request was throttled. Expected available in 7 second")


def test_a_limit_for_life_says_when_it_may_be_looked_at_again() -> None:
    assert answer(RaisingCore, Throttled())["Retry-After"] == "86400"


@pytest.mark.parametrize(
    ("detail", "fields"),
    [
        ("no", {"__all__": ["no"]}),
        (["no", "never"], {"__all__": ["no", "never"]}),
        ({"a": "no"}, {"a": ["no"]}),
        ({"a": ["no", "never"], "b": ["no"]}, {"a": ["no", "never"], "b": ["no"]}),
        ({"non_field_errors": ["no"]}, {"__all__": ["no"]}),
        ({"a": {"b": ["no"]}}, {"a.b": ["no"]}),
        ({"a": {"non_field_errors": ["no"]}}, {"a": ["no"]}),
        ({"a": [{}, {"b": ["no"]}]}, {"a.1.b": ["no"]}),
        ([{"b": ["no"]}], {"0.b": ["no"]}),
    ],
)
def test_messages_lie_flat_by_field_in_both_styles(detail: Any, fields: Any) -> None:
    error = exceptions.ValidationError(detail)

    assert problem_of(error)[1]["errors"] == fields
    assert core_of(error)[1] == {"errors": fields}


def test_several_messages_of_a_field_make_one_sentence_for_sockets() -> None:
    error = FieldErrors({"a": ["No.", "Never."], "b": "Not now."})

    assert str(error) == "No. Never. Not now."
    assert error.fields == {"a": ["No.", "Never."], "b": ["Not now."]}


def test_an_app_may_bring_a_style_of_its_own() -> None:
    def teapot(failure: Failure) -> Response:
        return Response({"error": failure.code}, status=418)

    class Tea(Raising):
        error_style = staticmethod(teapot)

    response = answer(Tea, NotAllowed("no"))

    assert (response.status_code, json.loads(response.content)) == (418, {"error": "conflict"})
