"""The ASGI application: HTTP to Django, WebSockets to the consumers, thin layers in front."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
django.setup(set_prefix=False)

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import re_path  # noqa: E402

from backend import inplace, threads  # noqa: E402
from backend.body_limit import BodyLimit  # noqa: E402
from backend.health import Liveness  # noqa: E402
from backend.metrics import SocketCount  # noqa: E402
from backend.request_context import RequestContext  # noqa: E402
from backend.requests import Requests  # noqa: E402
from core.realtime import close_codes  # noqa: E402
from core.realtime.asgi import Receive, Scope, Send  # noqa: E402
from core.routing import websocket_urlpatterns  # noqa: E402
from core.tus.asgi import UnspooledBodies, is_tus  # noqa: E402
from media_api.asgi import SubmissionCount, is_submission  # noqa: E402
from media_api.routing import websocket_urlpatterns as media_urlpatterns  # noqa: E402
from media_api.status_door import StatusDoor  # noqa: E402
from transcode.api.asgi import VideoUploads, is_video_form  # noqa: E402
from transcode.routing import websocket_urlpatterns as video_urlpatterns  # noqa: E402
from transcode.runners.asgi import is_upload  # noqa: E402
from transcode.runners.socket import with_runners  # noqa: E402


async def no_such_socket(_scope: Scope, receive: Receive, send: Send) -> None:
    """Close a socket of an unknown address in a way that a browser can read."""
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": close_codes.NOT_FOUND})


inplace.install()
threads.install()
django_application = Requests()
unknown = re_path("", no_such_socket)  # type: ignore[arg-type] # typed for views
sockets = URLRouter([*websocket_urlpatterns, *video_urlpatterns, *media_urlpatterns, unknown])
http = VideoUploads(UnspooledBodies(django_application, is_tus, is_video_form))
router = ProtocolTypeRouter({"http": http, "websocket": sockets})
limited = UnspooledBodies(
    django_application, is_upload, is_submission, rest=BodyLimit(with_runners(router))
)
application = RequestContext(Liveness(SocketCount(StatusDoor(SubmissionCount(limited)))))
