"""What runners and operators are refused with, and what that looks like (contract, 2.1).

Runners print `error` and act upon three codes: `unknown_runner_token` makes them forget
this platform, so it is said only when there is no such token;
`runner_job_not_in_pending_state` keeps them silent until the next event.

rest_framework.exceptions.APIException
├── UnknownRunner          404  the runner token is nobody's
├── UnknownRegistration    404  the registration token is nobody's
├── UnknownJob             404  no such job, or not with these tokens: one answer for all
├── OtherVideo             403  the job is about another video
├── NotPending             409  somebody else has the job, or it is over
├── NotProcessing          400  the tokens are right, and the job is past that
└── TooLate                409  the job was taken away while its result was on its way
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypedDict

from django.http import JsonResponse
from rest_framework.exceptions import APIException, NotFound
from rest_framework.response import Response

from core.api.errors import PROBLEM_TYPE, Failure, failure_of, problem_body


class UnknownRunner(NotFound):
    """The runner will unregister itself upon this."""

    default_detail = "Unknown runner token"
    default_code = "unknown_runner_token"


class UnknownRegistration(NotFound):
    """No operator has made this token, or it was revoked."""

    default_detail = "Registration token is invalid"
    default_code = "unknown_registration_token"


class UnknownJob(NotFound):
    """One message for all causes."""

    default_detail = "Unknown runner job"
    default_code = "unknown_runner_job"


class OtherVideo(APIException):
    """A job opens the files of its own video alone."""

    status_code = 403
    default_detail = "The job is not about this video"
    default_code = "forbidden"


class NotPending(APIException):
    """Of all that want a job one gets it."""

    status_code = 409
    default_detail = "Runner job is not in pending state"
    default_code = "runner_job_not_in_pending_state"


class NotProcessing(APIException):
    """The call came after its job had left the state it is for."""

    status_code = 400
    default_detail = "Runner job is not in processing state"
    default_code = "runner_job_not_in_processing_state"


class TooLate(NotProcessing):
    """The files were dropped."""

    status_code = 409


class InvalidParam(TypedDict):
    """What is wrong with one field."""

    param: str
    msg: str


def runner_problem(failure: Failure) -> Response:
    """Shape an error for runners: RFC 9457 and the members that they read."""
    return Response(
        body_of(failure),
        status=failure.status,
        headers=failure.headers,
        content_type=PROBLEM_TYPE,
    )


def refusal(error: Exception) -> JsonResponse:
    """Answer an expected exception outside DRF. Raises: `error`, when it is not expected."""
    failure = failure_of(error)
    if failure is None:
        raise error
    return JsonResponse(
        body_of(failure),
        status=failure.status,
        headers=failure.headers,
        content_type=PROBLEM_TYPE,
    )


def body_of(failure: Failure) -> dict[str, Any]:
    """Return the members of a runner's problem."""
    detail = _detail(failure.fields) or failure.detail
    body = problem_body(replace(failure, detail=detail, fields={}))
    body["error"] = detail
    if failure.fields:
        body["invalid-params"] = {
            name: InvalidParam(param=name, msg=" ".join(messages))
            for name, messages in failure.fields.items()
        }
    return body


def _detail(fields: Mapping[str, list[str]]) -> str:
    """Return one sentence for the runner's log, which shows nothing else."""
    return " ".join(f"{name}: {' '.join(messages)}" for name, messages in fields.items())
