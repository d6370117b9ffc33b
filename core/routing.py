"""WebSocket addresses of core."""

from django.urls import URLPattern, path

from core.jobs.consumers import JobConsumer, JobsConsumer
from core.uploads.consumers import UploadConsumer, UploadsConsumer

websocket_urlpatterns: list[URLPattern] = [
    path("ws/jobs/", JobsConsumer.as_asgi()),
    path("ws/jobs/<uuid:job_id>/", JobConsumer.as_asgi()),
    path("ws/core/upload/", UploadsConsumer.as_asgi()),
    path("ws/core/upload/<uuid:instance_id>/", UploadConsumer.as_asgi()),
]
