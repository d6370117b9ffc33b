"""Addresses of core."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/jobs/", include("core.jobs.urls")),
]
