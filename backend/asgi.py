"""The ASGI application: HTTP to Django, WebSockets to the consumers, thin layers in front."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
django_application = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import re_path  # noqa: E402

from backend.body_limit import BodyLimit  # noqa: E402
from backend.health import Liveness  # noqa: E402
from backend.metrics import SocketCount  # noqa: E402
from backend.request_context import RequestContext  # noqa: E402
from core.realtime.consumer import UnknownAddress  # noqa: E402
from core.routing import websocket_urlpatterns  # noqa: E402

sockets = URLRouter([*websocket_urlpatterns, re_path("", UnknownAddress.as_asgi())])
router = ProtocolTypeRouter({"http": django_application, "websocket": sockets})
application = RequestContext(Liveness(SocketCount(BodyLimit(router))))
