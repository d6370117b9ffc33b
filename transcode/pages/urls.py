"""Addresses of the pages of videos."""

from django.urls import path

from transcode.pages import subjects, views

__all__ = ["subjects", "urlpatterns"]  # `subjects` tells by its import what jobs are about

urlpatterns = [
    path("videos/", views.videos, name="videos-page"),
    path("videos/<uuid:video_id>/", views.video, name="video-page"),
]
