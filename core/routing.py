"""WebSocket addresses of core."""

from django.urls import URLPattern

websocket_urlpatterns: list[URLPattern] = []
