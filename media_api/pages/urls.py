"""Addresses of the page of requests."""

from django.urls import path

from media_api.pages import subjects, views

__all__ = ["subjects", "urlpatterns"]  # `subjects` tells by its import what jobs are about

urlpatterns = [
    path("requests/", views.requests_page, name="requests-page"),
    path("requests/stages/", views.stages, name="requests-stages"),
]
