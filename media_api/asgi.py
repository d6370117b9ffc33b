"""Which requests are the Media API's, for the thin layers in front of Django, and one of these.

Those that bring its inputs pass by the limit on strangers' bodies: where `auth.required` is
false anybody may send a film. The reader of their forms knows the limits
(`media_api.views.submitting`).
"""

import re

from core.counts import count
from core.multipart import forms_at
from core.realtime.asgi import Application, Message, Receive, Scope, Send
from media_api.figures import SUBMISSIONS

_ROUTES = "compress|extract-audio|transcribe|summarize|custom|file-to-text"
_SUBMISSIONS = rf"/api/v1/({_ROUTES})/?"
_SUBMISSION = re.compile(_SUBMISSIONS)
_PATHS = re.compile(rf"/api/v1/({_ROUTES}|status|download|requests)(/.*)?")

is_submission = forms_at(_SUBMISSIONS)


def is_media_api(path: str) -> bool:
    """Return whether what lies there has the bodies of the Media API's errors (contract, 2.6)."""
    return _PATHS.fullmatch(path) is not None


class SubmissionCount:
    """Counts submissions by the HTTP status of their answers, whoever gives them."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or one socket."""

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                count(SUBMISSIONS, str(message["status"]))
            await send(message)

        is_one = scope["type"] == "http" and scope["method"] == "POST"
        is_one = is_one and _SUBMISSION.fullmatch(scope["path"]) is not None
        await self.app(scope, receive, counted if is_one else send)
