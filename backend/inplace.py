"""Django's own middleware without a change of threads.

Left alone, Django sends each `process_request` and `process_response` through a thread, a
dozen times a request, which is more work than most views are. These only look at heads and
cookies; the two that may write to the database go through a thread when they will.
What `check --deploy` asks for by its name keeps it: of those classes the one method is replaced.
"""

from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.common import CommonMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.security import SecurityMiddleware
from django.utils.deprecation import MiddlewareMixin


class InPlace(MiddlewareMixin):
    """Middleware whose work is done on the event loop, where the server is asynchronous."""

    process_request: Any
    process_response: Any

    async def __acall__(self, request: HttpRequest) -> Any:
        """Answer one request."""
        response = self.process_request(request) if hasattr(self, "process_request") else None
        if response is None:
            response = await self.get_response(request)  # type: ignore[misc]
        if not hasattr(self, "process_response"):
            return response
        if self.may_block(request):
            return await sync_to_async(self.process_response)(request, response)
        return self.process_response(request, response)

    def may_block(self, _request: HttpRequest) -> bool:
        """Return whether there is more to do with the response than to look at it."""
        return False


class Common(InPlace, CommonMiddleware):
    """Slashes at the end, lengths, and who may not come at all."""


class Authentication(InPlace, AuthenticationMiddleware):
    """`request.user`, which is read when somebody asks for it."""


class Sessions(InPlace, SessionMiddleware):
    """`request.session`, which is read when somebody asks for it."""

    def may_block(self, request: HttpRequest) -> bool:
        """A session that was changed is written; with the setting, each one."""
        return bool(request.session.modified or settings.SESSION_SAVE_EVERY_REQUEST)


class Messages(InPlace, MessageMiddleware):
    """What the next page says, in the session or in a cookie."""

    def may_block(self, request: HttpRequest) -> bool:
        """Messages that were shown or left are written."""
        left = getattr(request, "_messages", None)
        return left is not None and bool(left.used or left.added_new)


def install() -> None:
    """Let Django's own three, which write nothing, do without a change of threads as well."""
    named: tuple[Any, ...] = (SecurityMiddleware, CsrfViewMiddleware, XFrameOptionsMiddleware)
    for middleware in named:
        middleware.__acall__ = InPlace.__acall__
        middleware.may_block = InPlace.may_block
