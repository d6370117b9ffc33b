"""Addresses of resumable uploads, below `/api/v1/tus/` (`asgi.PREFIX`)."""

from django.urls import path

from core.tus import views

urlpatterns = [
    path("", views.UploadsView.as_view(), name="tus-uploads"),
    path("<uuid:upload_id>/", views.UploadView.as_view(), name="tus-upload"),
    # Clients put an id behind an address of their own making.
    path("<uuid:upload_id>", views.UploadView.as_view()),
]
