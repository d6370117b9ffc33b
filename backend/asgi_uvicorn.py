"""uvicorn, set up for this platform: the server of `make run` and of production."""

import uvicorn
from django.conf import settings

from backend.bounded_http import BoundedHttp
from backend.bounded_ws import BoundedWebSocket
from core.realtime.asgi import Application

PING_EVERY_S = 20.0
# A closed platform is wanted soon; what is cut off here the clients take up again.
GRACEFUL_STOP_S = 5


def serve() -> None:
    """Serve the platform until told to stop."""
    from backend.asgi import application

    run(application, settings.HOST, settings.PORT)


def run(application: Application, host: str, port: int) -> None:
    """Serve an application until told to stop."""
    uvicorn.run(
        application,
        host=host,
        port=port,
        loop="uvloop",
        http=BoundedHttp,
        ws=BoundedWebSocket,
        ws_max_size=settings.CORE_WS_MAX_MESSAGE_BYTES + settings.ENVELOPE_BYTES,
        ws_ping_interval=PING_EVERY_S,
        ws_ping_timeout=PING_EVERY_S,
        # It would cost more memory than the socket itself (design, Serving).
        ws_per_message_deflate=False,
        lifespan="off",
        # Our own access log has no query strings; Django's settings say where logs go.
        access_log=False,
        log_config=None,
        server_header=False,
        # core reads X-Forwarded-For itself, from CORE_TRUSTED_PROXIES only.
        proxy_headers=False,
        timeout_graceful_shutdown=GRACEFUL_STOP_S,
    )
