"""What the views of videos share: whose they are, how errors look, how a video is shown."""

import errno
from dataclasses import replace
from typing import Any, ClassVar, TypeVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.accounts.models import User
from core.api.clients import account_of
from core.api.errors import NO_ROOM, ErrorStyle, Failure, problem
from core.errors import JobError
from transcode.api.files import drop_unfinished
from transcode.api.playing import play_url
from transcode.models import Video
from transcode.videos import selectors
from transcode.videos.types import video_body

Form = TypeVar("Form", bound=serializers.Serializer[Any])

# Codes that only this app has; the rest is in `core.api.errors`.
STATUS_OF_CODE = {"no_engine": 409, "live_busy": 503, "live_off": 404}


class NoSpace(JobError):  # noqa: N818 - it says what happened
    """The disk is full; nothing of the request was kept."""

    code = "no_space"

    def __init__(self) -> None:
        super().__init__("There is no room for the file; try again later.")


def problem_of_video(failure: Failure) -> Response:
    """Shape an error as RFC 9457; codes of this app have statuses of their own."""
    return problem(replace(failure, status=STATUS_OF_CODE.get(failure.code, failure.status)))


class VideosView(APIView):
    """A door to videos, for people."""

    error_style: ClassVar[ErrorStyle] = staticmethod(problem_of_video)

    def handle_exception(self, exc: Exception) -> Response:
        """Answer an exception; a full disk is 507 here (6)."""
        if isinstance(exc, OSError) and exc.errno in (*NO_ROOM, errno.EFBIG):
            drop_unfinished(self.request)
            exc = NoSpace()
        return super().handle_exception(exc)

    @property
    def user(self) -> User:
        """Return the account behind the request."""
        return account_of(self.request)

    def video(self, video_id: str) -> Video:
        """Return a video that the caller may see. Raises: `NotFound`."""
        return selectors.video_of(self.user, video_id)


def read(form: type[Form], data: Any) -> dict[str, Any]:
    """Read a body or a query. Raises: `ValidationError`."""
    filled = form(data=data)
    filled.is_valid(raise_exception=True)
    found: dict[str, Any] = filled.validated_data
    return found


def base_url(request: Request) -> str:
    """Return the platform's address as this client knows it."""
    return request.build_absolute_uri("/").rstrip("/")


def answer(video: Video, *, status: int = 200) -> Response:
    """Show a video; a new one with the address at which it is followed."""
    headers = {"Location": selectors.api_address(video)} if status == 201 else {}
    body = {"video": video_body(video, play_url=play_url)}
    return Response(body, status=status, headers=headers)
