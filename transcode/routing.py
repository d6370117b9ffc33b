"""WebSocket addresses of the transcode app."""

from django.urls import URLPattern, path

from transcode.consumers import VideoConsumer, VideosConsumer

websocket_urlpatterns: list[URLPattern] = [
    path("ws/videos/", VideosConsumer.as_asgi()),
    path("ws/videos/<uuid:video_id>/", VideoConsumer.as_asgi()),
]
