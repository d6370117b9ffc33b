"""Jobs over HTTP (platform contract, section 4)."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.accounts.models import User
from core.api.pagination import CursorPages
from core.jobs import selectors, services
from core.jobs.models import Job, Status
from core.jobs.schema import START_JOB
from core.jobs.serializers import JobLogSerializer, JobSerializer, StartJobSerializer
from core.jobs.types import job_body

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="1 to 128 characters: the same request again within 24 h makes no second job.",
)
FILTERS = [
    OpenApiParameter("kind", str, description="Only jobs of this kind."),
    OpenApiParameter("status", str, enum=Status.values, description="Only jobs in this state."),
]


def idempotency_key(request: Request) -> str | None:
    """Return the request's key. Raises: `ValidationError` for one of a wrong length."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not 1 <= len(key) <= 128:
        raise ValidationError({"Idempotency-Key": ["1 to 128 characters, please."]})
    return key


class JobListView(APIView):
    """A user's jobs, newest first, and the door to begin one."""

    @extend_schema(
        operation_id="jobs_list",
        tags=["jobs"],
        parameters=[*FILTERS, *CursorPages.parameters],
        responses=CursorPages.schema_of(JobSerializer),
    )
    def get(self, request: Request) -> Response:
        """List the caller's jobs."""
        jobs = selectors.filtered_jobs_of(_user(request), request.query_params)
        pages = CursorPages()
        page = pages.paginate_queryset(jobs, request, view=self)
        return pages.get_paginated_response([job_body(job) for job in page or []])

    @extend_schema(
        operation_id="jobs_start",
        tags=["jobs"],
        parameters=[IDEMPOTENCY_KEY],
        request=START_JOB,
        responses={201: JobSerializer},
    )
    def post(self, request: Request) -> Response:
        """Begin a job of a kind that may be started directly."""
        serializer = StartJobSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        job = services.start_job(
            user=_user(request),
            kind_name=serializer.validated_data["kind"],
            params=serializer.validated_data["params"],
            idempotency_key=idempotency_key(request),
        )
        return Response(job_body(job), status=status.HTTP_201_CREATED)


class JobView(APIView):
    """One of the caller's jobs."""

    @extend_schema(operation_id="jobs_get", tags=["jobs"], responses=JobSerializer)
    def get(self, request: Request, job_id: UUID) -> Response:
        """Show one job."""
        return Response(job_body(selectors.job_of(_user(request), job_id)))


class JobLogView(APIView):
    """What the programs of a job have printed."""

    @extend_schema(operation_id="jobs_log", tags=["jobs"], responses=JobLogSerializer)
    def get(self, request: Request, job_id: UUID) -> Response:
        """Show the last lines of the newest attempt."""
        log = selectors.log_of(selectors.job_of(_user(request), job_id))
        return Response({"lines": log.splitlines()})


class CancelJobView(APIView):
    """The door to end a job."""

    @extend_schema(
        operation_id="jobs_cancel", tags=["jobs"], request=None, responses={202: JobSerializer}
    )
    def post(self, request: Request, job_id: UUID) -> Response:
        """Cancel an unfinished job."""
        return _act(services.cancel_job, request, job_id)


class RetryJobView(APIView):
    """The door to try a job again."""

    @extend_schema(
        operation_id="jobs_retry", tags=["jobs"], request=None, responses={202: JobSerializer}
    )
    def post(self, request: Request, job_id: UUID) -> Response:
        """Queue a failed or cancelled job again, under the same id."""
        return _act(services.retry_job, request, job_id)


def _act(action: Callable[..., Job], request: Request, job_id: UUID) -> Response:
    job = action(user=_user(request), job_id=job_id)
    return Response(job_body(job), status=status.HTTP_202_ACCEPTED)


def _user(request: Request) -> User:
    """Return the account behind a request that the permission class has let in."""
    user: Any = request.user
    assert isinstance(user, User)  # noqa: S101 - for the type checker
    return user
