"""Addresses of the runner API: at the host's root, since runners append them to its URL.

Both forms are taken, with a slash at the end and without; neither redirects, since a POST
would be lost by that.
"""

from collections.abc import Callable
from typing import Any

from django.http.response import HttpResponseBase
from django.urls import URLPattern, re_path

from transcode.runners import uploading, views

_JOB = r"jobs/(?P<job_uuid>[^/]+)"


def _at(route: str, view: Callable[..., HttpResponseBase | Any]) -> URLPattern:
    return re_path(rf"^api/v1/runners{route}/?$", view)


urlpatterns = [
    _at("/register", views.RegisterView.as_view()),
    _at("/unregister", views.UnregisterView.as_view()),
    _at("/jobs/request", views.RequestView.as_view()),
    _at(f"/{_JOB}/accept", views.AcceptView.as_view()),
    _at(f"/{_JOB}/abort", views.AbortView.as_view()),
    _at(f"/{_JOB}/error", views.ErrorView.as_view()),
    _at(f"/{_JOB}/update", uploading.UpdateView.as_view()),
    _at(f"/{_JOB}/success", uploading.SuccessView.as_view()),
]
