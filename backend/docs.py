"""Swagger UI, from our own server and under a content security policy."""

from typing import Any

from django.conf import settings
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response


class Docs(SpectacularSwaggerSplitView):
    """The page at `/api/docs/`; its scripts are files, its styles stand in the page."""

    schema = None  # it is no part of what it shows
    # It is everybody's; neither a refused token nor DRF's answer to OPTIONS has a template.
    authentication_classes = ()
    http_method_names = ("get", "head")

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show the page, or the script that it asks for."""
        response: Response = super().get(request, *args, **kwargs)  # type: ignore[no-untyped-call]
        styles = "; style-src 'self' 'unsafe-inline'"
        response["Content-Security-Policy"] = settings.CONTENT_SECURITY_POLICY + styles
        return response
