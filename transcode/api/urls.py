"""Addresses for people: `/api/v1/video…` and `/play/…`.

Both forms are taken, with a slash at the end and without; neither redirects.
"""

from collections.abc import Callable
from typing import Any

from django.http.response import HttpResponseBase
from django.urls import URLPattern, re_path

from transcode.api.serving import play

_VIDEO = r"/(?P<video_id>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"


def _at(route: str, view: Callable[..., HttpResponseBase | Any], name: str) -> URLPattern:
    return re_path(rf"^api/v1/video{route}/?$", view, name=name)


urlpatterns = [
    re_path(r"^play/(?P<token>[^/]*)/(?P<video_id>[^/]*)/(?P<name>.*)$", play, name="play"),
]
