"""WebSocket addresses of the Media API; `ws` is no request's name, so it comes first."""

from django.urls import URLPattern, re_path

from media_api.consumers import RequestsConsumer

websocket_urlpatterns: list[URLPattern] = [
    re_path(r"^api/v1/status/ws/?$", RequestsConsumer.as_asgi()),
    re_path(r"^api/v1/status/(?P<request_id>[^/]+)/ws/?$", RequestsConsumer.as_asgi()),
]
