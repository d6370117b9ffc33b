"""Our own Django middleware: static files, the user in the log, security headers."""

from collections.abc import Awaitable, Callable
from functools import cache

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.functional import SimpleLazyObject
from whitenoise.middleware import WhiteNoiseMiddleware

from core.accounts.models import User

Answer = HttpResponseBase
GetAnswer = Callable[[HttpRequest], Answer | Awaitable[Answer]]


class Hybrid:
    """Middleware that is async where the server is: no request changes threads for it."""

    sync_capable = async_capable = True

    def __init__(self, get_response: GetAnswer) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Answer | Awaitable[Answer]:
        """Answer one request."""
        return self.answer_async(request) if self.is_async else self.answer(request)

    def answer(self, request: HttpRequest) -> Answer:
        """Answer one request in a thread."""
        return self.finish(request, self.get_response(request))  # type: ignore[arg-type]

    async def answer_async(self, request: HttpRequest) -> Answer:
        """Answer one request on the event loop."""
        return self.finish(request, await self.get_response(request))  # type: ignore[misc]

    def finish(self, _request: HttpRequest, response: Answer) -> Answer:
        """Change a response on its way out."""
        return response


@cache
def _static_files() -> WhiteNoiseMiddleware:
    """Look once a process which static files there are, however many handlers it has."""
    return WhiteNoiseMiddleware(lambda _request: None)


class StaticFiles(Hybrid):
    """WhiteNoise on the event loop.

    WhiteNoise's own class is synchronous: it would send every request of the platform
    through a thread, and Django would read its files whole on the event loop.
    """

    def __init__(self, get_response: GetAnswer) -> None:
        super().__init__(get_response)
        self.files = _static_files()

    def _read(self, request: HttpRequest) -> HttpResponse | None:
        streamed = self.files(request)
        if streamed is None:
            return None
        response = HttpResponse(b"".join(streamed.streaming_content), status=streamed.status_code)
        del response["content-type"]
        for name, value in streamed.items():
            response[name] = value
        streamed.close()
        return response

    def answer(self, request: HttpRequest) -> Answer:
        """Answer with a file, or let Django answer."""
        if request.path_info.startswith(settings.STATIC_URL) and (found := self._read(request)):
            return found
        return super().answer(request)

    async def answer_async(self, request: HttpRequest) -> Answer:
        """Answer with a file, or let Django answer."""
        if request.path_info.startswith(settings.STATIC_URL):
            found = await sync_to_async(self._read, thread_sensitive=False)(request)
            if found is not None:
                return found
        return await super().answer_async(request)


class UserInLog(Hybrid):
    """Tell the access log who it was, where the request has found out anyway."""

    def finish(self, request: HttpRequest, response: Answer) -> Answer:
        """Note the user's id for the outermost layer; asking for it must not cost a query."""
        user = request.__dict__.get("user")  # DRF puts the user of a token here
        if isinstance(user, SimpleLazyObject):
            user = request.__dict__.get("_cached_user")
        if isinstance(request, ASGIRequest) and isinstance(user, User):
            request.scope["user_id"] = str(user.pk)  # type: ignore[index] # it is a dict
        return response


class SecurityHeaders(Hybrid):
    """The headers that Django has no setting for; a view's own policy stands."""

    def finish(self, _request: HttpRequest, response: Answer) -> Answer:
        """Add what is missing."""
        response.headers.setdefault("Content-Security-Policy", settings.CONTENT_SECURITY_POLICY)
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        return response
