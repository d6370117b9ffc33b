"""Addresses of the transcode app."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("transcode.runners.urls")),
    path("", include("transcode.api.urls")),
    path("", include("transcode.pages.urls")),
]
