"""Addresses for people: `/api/v1/video…` and `/play/…`.

Both forms are taken, with a slash at the end and without; neither redirects.
"""

from collections.abc import Callable
from typing import Any

from django.http.response import HttpResponseBase
from django.urls import URLPattern, re_path

from core.multipart import with_form
from transcode.api.serving import play
from transcode.api.views import collection, editing, live, single
from transcode.api.views.collection import upload_reader

_VIDEO = r"/(?P<video_id>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"


def _at(route: str, view: Callable[..., HttpResponseBase | Any], name: str) -> URLPattern:
    return re_path(rf"^api/v1/video{route}/?$", view, name=name)


urlpatterns = [
    _at("", collection.VideoListView.as_view(), "video-list"),
    _at("/upload", with_form(collection.UploadView.as_view(), upload_reader), "video-upload"),
    _at("/transcode", collection.FromStorageView.as_view(), "video-from-storage"),
    _at("/live", live.LiveView.as_view(), "video-live"),
    _at(_VIDEO, single.VideoView.as_view(), "video"),
    _at(f"{_VIDEO}/jobs", single.JobsView.as_view(), "video-jobs"),
    _at(f"{_VIDEO}/transcode", single.LadderView.as_view(), "video-transcode"),
    _at(f"{_VIDEO}/retry", single.RetryView.as_view(), "video-retry"),
    _at(f"{_VIDEO}/cancel", single.CancelView.as_view(), "video-cancel"),
    _at(f"{_VIDEO}/studio", editing.StudioView.as_view(), "video-studio"),
    _at(f"{_VIDEO}/live/end", live.LiveEndView.as_view(), "video-live-end"),
    _at(f"{_VIDEO}/captions/generate", editing.CaptionsView.as_view(), "video-captions"),
    re_path(r"^play/(?P<token>[^/]*)/(?P<video_id>[^/]*)/(?P<name>.*)$", play, name="play"),
]
