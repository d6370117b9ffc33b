"""Addresses of the runner API: at the host's root, since runners append them to its URL.

Both forms are taken, with a slash at the end and without; neither redirects, since a POST
would be lost by that.
"""

from collections.abc import Callable
from typing import Any

from django.http.response import HttpResponseBase
from django.urls import URLPattern, re_path

from transcode.runners import files, operators, uploading, views

_JOB = r"/jobs/(?P<job_uuid>[^/]+)"
_FILES = rf"{_JOB}/files/videos/(?P<video_uuid>[^/]+)"


def _at(
    route: str, view: Callable[..., HttpResponseBase | Any], name: str | None = None
) -> URLPattern:
    return re_path(rf"^api/v1/runners{route}/?$", view, name=name)


urlpatterns = [
    _at("/register", views.RegisterView.as_view()),
    _at("/unregister", views.UnregisterView.as_view()),
    _at("/jobs/request", views.RequestView.as_view()),
    _at(f"{_JOB}/accept", views.AcceptView.as_view()),
    _at(f"{_JOB}/abort", views.AbortView.as_view()),
    _at(f"{_JOB}/error", views.ErrorView.as_view()),
    _at(f"{_JOB}/update", uploading.UpdateView.as_view()),
    _at(f"{_JOB}/success", uploading.SuccessView.as_view()),
    _at(f"{_FILES}/max-quality", files.MaxQualityView.as_view()),
    _at(f"{_FILES}/max-quality/audio", files.MaxQualityAudioView.as_view()),
    _at(f"{_FILES}/previews/max-quality", files.PreviewView.as_view()),
    _at(rf"{_FILES}/studio/task-files/(?P<filename>[^/]+)", files.StudioFileView.as_view()),
    _at(r"/files/(?P<address>[^/]+)", files.FetchView.as_view(), files.FETCH),
    _at("/registration-tokens/generate", operators.GenerateTokenView.as_view()),
    _at("/registration-tokens", operators.TokensView.as_view()),
    _at(r"/registration-tokens/(?P<token_id>[0-9]+)", operators.TokenView.as_view()),
    _at("", operators.RunnersView.as_view()),
    _at(r"/(?P<runner_id>[0-9]+)", operators.RunnerDetailView.as_view()),
    _at("/jobs", operators.JobsView.as_view()),
    _at(f"{_JOB}/cancel", operators.JobCancelView.as_view()),
    _at(_JOB, operators.JobView.as_view()),
]
