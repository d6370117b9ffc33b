"""Addresses of the whole platform: each app brings its own."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("", include("core.urls")),
]

handler400 = "core.api.pages.bad_request"
handler403 = "core.api.pages.permission_denied"
handler404 = "core.api.pages.page_not_found"
handler500 = "core.api.pages.server_error"
