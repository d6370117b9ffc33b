"""Addresses of core."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/users/", include("core.accounts.urls")),
    path("api/v1/jobs/", include("core.jobs.urls")),
    path("", include("core.pages.urls")),
]
