"""The operators' doors: a login, and staff or the permission to manage runners (2.2)."""

from typing import Any, ClassVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api.errors import ErrorStyle
from transcode.models import RegistrationToken, Runner
from transcode.runners import operating, types
from transcode.runners.operating import Page
from transcode.runners.problems import runner_problem
from transcode.runners.removal import remove_registration_token, remove_runner
from transcode.runners.views import job_id_of
from transcode.states import JobState

MANAGE_RUNNERS = "transcode.manage_runners"
TAGS = ["runners"]
COUNT, COUNT_MAX, START_MAX = 15, 100, 2**31
SEARCH_CHARS = 200


class MayManageRunners(BasePermission):
    """Staff, and whoever was given the permission."""

    def has_permission(self, request: Request, view: APIView) -> bool:  # noqa: ARG002
        """Return whether the caller may."""
        user = request.user
        return bool(user.is_authenticated and (user.is_staff or user.has_perm(MANAGE_RUNNERS)))


class OperatorView(APIView):
    """A door for operators."""

    permission_classes = (MayManageRunners,)
    error_style: ClassVar[ErrorStyle] = staticmethod(runner_problem)


def page_query(orders: dict[str, str], default: str) -> type[serializers.Serializer[Any]]:
    """Return the form of a list's query: what of it, in which order."""
    names = [sign + name for name in orders for sign in ("", "-")]

    class PageQuery(serializers.Serializer[Any]):
        start = serializers.IntegerField(min_value=0, max_value=START_MAX, default=0)
        count = serializers.IntegerField(min_value=0, max_value=START_MAX, default=COUNT)
        sort = serializers.ChoiceField(choices=names, default=default)

    return PageQuery


TokensQuery = page_query(operating.TOKEN_ORDERS, "-createdAt")
RunnersQuery = page_query(operating.RUNNER_ORDERS, "-createdAt")


class JobsQuery(page_query(operating.JOB_ORDERS, "-updatedAt")):  # type: ignore[misc] # made above
    """Which jobs are wanted; both lists may be one value, or repeated."""

    search = serializers.CharField(max_length=SEARCH_CHARS, default="", allow_blank=True)
    stateOneOf = serializers.ListField(  # noqa: N815 - the protocol's names
        child=serializers.ChoiceField(choices=[int(state) for state in JobState]), default=list
    )
    typeOneOf = serializers.ListField(  # noqa: N815
        child=serializers.CharField(max_length=40), default=list
    )


def asked(form: type[serializers.Serializer[Any]], request: Request) -> tuple[Page, dict[str, Any]]:
    """Read a list's query. Raises: `ValidationError`."""
    filled = form(data=request.query_params)
    filled.is_valid(raise_exception=True)
    said: dict[str, Any] = filled.validated_data
    return Page(said["start"], min(said["count"], COUNT_MAX), said["sort"]), said


class GenerateTokenView(OperatorView):
    """Where registration tokens are made."""

    @extend_schema(
        operation_id="registration_tokens_generate",
        tags=TAGS,
        request=None,
        responses={204: None, 200: OpenApiTypes.OBJECT},
    )
    def post(self, request: Request) -> Response:
        """Make one. It is answered with `?return=1`, where JSON is accepted by name."""
        token = operating.make_registration_token()
        is_json_wanted = "application/json" in request.headers.get("Accept", "")
        if request.query_params.get("return") == "1" and is_json_wanted:
            return Response(types.token_body(token, 0))
        return Response(status=status.HTTP_204_NO_CONTENT)


class TokensView(OperatorView):
    """The registration tokens."""

    @extend_schema(
        operation_id="registration_tokens_list",
        tags=TAGS,
        parameters=[TokensQuery],
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request) -> Response:
        """Show them; they are kept as they are, for those who set up runners."""
        page, _ = asked(TokensQuery, request)
        return Response(operating.tokens_page(page))


class TokenView(OperatorView):
    """One registration token."""

    @extend_schema(
        operation_id="registration_tokens_delete", tags=TAGS, request=None, responses={204: None}
    )
    def delete(self, request: Request, token_id: str) -> Response:  # noqa: ARG002
        """Revoke it, and remove every runner that came by it."""
        token = RegistrationToken.objects.filter(pk=_number(token_id)).first()
        if token is None:
            raise NotFound("Registration token not found")
        remove_registration_token(token)
        return Response(status=status.HTTP_204_NO_CONTENT)


class RunnersView(OperatorView):
    """The runners."""

    @extend_schema(
        operation_id="runners_list",
        tags=TAGS,
        parameters=[RunnersQuery],
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request) -> Response:
        """Show them, without their tokens."""
        page, _ = asked(RunnersQuery, request)
        return Response(operating.runners_page(page))


class RunnerDetailView(OperatorView):
    """One runner."""

    @extend_schema(operation_id="runners_delete", tags=TAGS, request=None, responses={204: None})
    def delete(self, request: Request, runner_id: str) -> Response:  # noqa: ARG002
        """Remove it; its jobs go back."""
        runner = Runner.objects.filter(pk=_number(runner_id)).first()
        if runner is None:
            raise NotFound("Runner not found")
        remove_runner(runner)
        return Response(status=status.HTTP_204_NO_CONTENT)


class JobsView(OperatorView):
    """The jobs of all videos."""

    @extend_schema(
        operation_id="runner_jobs_list",
        tags=TAGS,
        parameters=[JobsQuery],
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request) -> Response:
        """Show them, with what runners are not told."""
        page, said = asked(JobsQuery, request)
        found = operating.jobs_page(
            page,
            search=said["search"],
            states=said["stateOneOf"],
            job_types=said["typeOneOf"],
        )
        return Response(found)


class JobCancelView(OperatorView):
    """Where a job is cancelled."""

    @extend_schema(
        operation_id="runner_jobs_cancel", tags=TAGS, request=None, responses={204: None}
    )
    def post(self, request: Request, job_uuid: str) -> Response:  # noqa: ARG002
        """Cancel it with its children."""
        operating.cancel(job_id_of(job_uuid))
        return Response(status=status.HTTP_204_NO_CONTENT)


class JobView(OperatorView):
    """One job."""

    @extend_schema(
        operation_id="runner_jobs_delete", tags=TAGS, request=None, responses={204: None}
    )
    def delete(self, request: Request, job_uuid: str) -> Response:  # noqa: ARG002
        """Cancel it where that can be, and erase it."""
        operating.delete(job_id_of(job_uuid))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _number(text: str) -> int:
    """Read a row's number; no row has one that is too long for the database."""
    return int(text) if len(text) < 10 else -1
