"""WebSocket addresses of core."""

from django.urls import URLPattern, path

from core.jobs.consumers import JobConsumer, JobsConsumer

websocket_urlpatterns: list[URLPattern] = [
    path("ws/jobs/", JobsConsumer.as_asgi()),
    path("ws/jobs/<uuid:job_id>/", JobConsumer.as_asgi()),
]
