"""The runners' own doors that take JSON (contract, 2.3 to 2.6).

They are opened by tokens in the body alone: no session, no CSRF, and a stray
`Authorization` header is not looked at.
"""

from typing import Any, ClassVar, TypeVar
from uuid import UUID

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api.clients import client_ip
from core.api.errors import ErrorStyle
from core.errors import FieldErrors
from transcode.runners import holding, offers, registration, shapes, types
from transcode.runners.problems import runner_problem
from transcode.runners.removal import remove_runner

Form = TypeVar("Form", bound=serializers.Serializer[Any])


class OneNegotiation(BaseContentNegotiation):
    """There is one form of answer, whatever a client says it would like."""

    def select_parser(self, request: Request, parsers: list[BaseParser]) -> BaseParser:  # type: ignore[override] # noqa: ARG002
        """Read JSON, by whatever name it comes."""
        return parsers[0]

    def select_renderer(  # type: ignore[override]
        self,
        request: Request,  # noqa: ARG002
        renderers: list[BaseRenderer],
        format_suffix: str | None = None,  # noqa: ARG002
    ) -> tuple[BaseRenderer, str]:
        """Write JSON."""
        return renderers[0], renderers[0].media_type


class RunnerView(APIView):
    """A door for runners."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    content_negotiation_class = OneNegotiation
    error_style: ClassVar[ErrorStyle] = staticmethod(runner_problem)


def job_id_of(text: str) -> UUID:
    """Read a job's id from an address. Raises: `FieldErrors`."""
    try:
        return UUID(text)
    except ValueError as error:
        raise FieldErrors({"jobUUID": "This is not a UUID."}) from error


def read(form: type[Form], request: Request) -> dict[str, Any]:
    """Read a body. Raises: `ValidationError`."""
    filled = form(data=request.data)
    filled.is_valid(raise_exception=True)
    found: dict[str, Any] = filled.validated_data
    return found


def base_of(request: Request) -> str:
    """Return the platform's address as a runner knows it."""
    return settings.TRANSCODE_PUBLIC_URL or request.build_absolute_uri("/").rstrip("/")


def hold_of(request: Request, job_uuid: str, said: dict[str, Any]) -> holding.Held:
    """Return the job that a body's tokens open. Raises: `UnknownJob`, `Throttled`."""
    return holding.held(
        job_id_of(job_uuid),
        runner_token=said["runnerToken"],
        job_token=said["jobToken"],
        ip=client_ip(request),
    )


@extend_schema(exclude=True)
class RegisterView(RunnerView):
    """The door for new runners."""

    def post(self, request: Request) -> Response:
        """Let a runner in by a registration token."""
        said = read(shapes.RegisterSerializer, request)
        runner, token = registration.register(
            name=said["name"],
            registration_token=said["registrationToken"],
            description=said.get("description") or "",
            version=said.get("version") or "",
            ip=client_ip(request),
        )
        return Response({"id": runner.pk, "runnerToken": token})


@extend_schema(exclude=True)
class UnregisterView(RunnerView):
    """The door by which a runner leaves."""

    def post(self, request: Request) -> Response:
        """Forget a runner; its jobs go back."""
        said = read(shapes.RunnerSerializer, request)
        remove_runner(registration.runner_of(said["runnerToken"], client_ip(request)))
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(exclude=True)
class RequestView(RunnerView):
    """Where runners ask for work."""

    def post(self, request: Request) -> Response:
        """Offer up to ten pending jobs; nothing is reserved."""
        said = read(shapes.RequestSerializer, request)
        runner = registration.runner_of(said["runnerToken"], client_ip(request))
        registration.note_request(runner, said.get("version") or "", said.get("jobTypes", []))
        found = offers.offers(runner)
        base = base_of(request)
        return Response({"availableJobs": [types.offer_body(each, base) for each in found]})


@extend_schema(exclude=True)
class AcceptView(RunnerView):
    """Where a runner takes a job."""

    def post(self, request: Request, job_uuid: str) -> Response:
        """Give the job to one of those that want it."""
        said = read(shapes.RunnerSerializer, request)
        runner = registration.runner_of(said["runnerToken"], client_ip(request))
        accepted = holding.accept(runner, job_id_of(job_uuid))
        body = types.job_body(accepted.job, accepted.video_job, base_of(request))
        return Response({"job": {**body, "jobToken": accepted.token}})


@extend_schema(exclude=True)
class AbortView(RunnerView):
    """Where a runner gives a job back."""

    def post(self, request: Request, job_uuid: str) -> Response:
        """Put the job back for others."""
        said = read(shapes.AbortSerializer, request)
        holding.abort(hold_of(request, job_uuid, said), said["reason"])
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(exclude=True)
class ErrorView(RunnerView):
    """Where a runner says that it failed."""

    def post(self, request: Request, job_uuid: str) -> Response:
        """Count the failure; the job is tried again or ends."""
        said = read(shapes.ErrorSerializer, request)
        holding.error(hold_of(request, job_uuid, said), said["message"])
        return Response(status=status.HTTP_204_NO_CONTENT)
