"""Addresses of the whole platform: each app brings its own."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView

from backend import health
from backend.docs import Docs
from core.pages.doors import admin_login

urlpatterns: list[URLPattern | URLResolver] = [
    path("readyz", health.readyz),
    path("metrics", health.metrics),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", Docs.as_view(url_name="schema"), name="docs"),
    re_path(r"^api/v1/docs/?$", Docs.as_view(url_name="media-openapi"), name="media-docs"),
    path("admin/login/", admin_login),
    # Django's own page would end no token and count no guesses.
    path("admin/password_change/", RedirectView.as_view(pattern_name="account")),
    path("admin/", admin.site.urls),
    path("", include("core.urls")),
    path("", include("transcode.urls")),
    path("", include("media_api.urls")),
]

handler400 = "core.api.pages.bad_request"
handler403 = "core.api.pages.permission_denied"
handler404 = "core.api.pages.page_not_found"
handler500 = "core.api.pages.server_error"
