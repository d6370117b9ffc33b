"""Addresses of core."""

from django.urls import URLPattern, URLResolver, include, path

from core.realtime.views import SocketTicketView

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/users/", include("core.accounts.urls")),
    path("api/v1/core/", include("core.uploads.urls")),
    path("api/v1/jobs/", include("core.jobs.urls")),
    path("api/v1/tus/", include("core.tus.urls")),
    path("api/v1/socket-tickets/", SocketTicketView.as_view(), name="socket-tickets"),
    path("", include("core.pages.urls")),
]
