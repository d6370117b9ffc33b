"""Addresses of the Media API; each answers without its last slash too, POST included."""

from typing import Any

from django.urls import URLPattern, URLResolver, include, path, re_path
from drf_spectacular.views import SpectacularJSONAPIView

from media_api.models import ROUTES
from media_api.views.downloads import (
    AUDIO_NAMES,
    ArchiveView,
    OutputView,
    SegmentsView,
    SubtitlesView,
    TextView,
)
from media_api.views.requests import CancelView, RequestsView, RequestView, RetryView
from media_api.views.status import StatusByQueryView, StatusView
from media_api.views.submitting import submit_view

RID = r"(?P<request_id>[^/]+)"
TEXTS = {"text": "transcription.txt", "summary": "summary.md"}


def _at(pattern: str, view: Any, name: str) -> URLPattern:
    route: URLPattern = re_path(rf"^{pattern}/?$", view, name=f"media-{name}")
    return route


_download = rf"download/{RID}"
_request = rf"requests/{RID}"
_api: list[URLPattern | URLResolver] = [
    *(_at(route, submit_view(kind), route) for route, kind in ROUTES.items()),
    _at("status", StatusByQueryView.as_view(), "status-by-query"),
    _at(rf"status/{RID}", StatusView.as_view(), "status"),
    _at(_download, ArchiveView.as_view(), "archive"),
    _at(rf"{_download}/video", OutputView.as_view(names=("out.mp4",)), "video"),
    _at(rf"{_download}/audio", OutputView.as_view(names=AUDIO_NAMES), "audio"),
    *(
        _at(rf"{_download}/{name}", TextView.as_view(output_name=output), name)
        for name, output in TEXTS.items()
    ),
    _at(rf"{_download}/subtitles", SubtitlesView.as_view(), "subtitles"),
    _at(rf"{_download}/segments", SegmentsView.as_view(), "segments"),
    _at("requests", RequestsView.as_view(), "requests"),
    _at(_request, RequestView.as_view(), "request"),
    _at(rf"{_request}/cancel", CancelView.as_view(), "cancel"),
    _at(rf"{_request}/retry", RetryView.as_view(), "retry"),
]

_described: list[URLPattern | URLResolver] = [path("api/v1/", include(_api))]

urlpatterns: list[URLPattern | URLResolver] = [
    *_described,
    _at(r"api/v1/openapi\.json", SpectacularJSONAPIView.as_view(patterns=_described), "openapi"),
    path("", include("media_api.pages.urls")),
]
