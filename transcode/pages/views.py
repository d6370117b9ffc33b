"""The pages of videos. One document serves them all: a file goes on being sent on each."""

import json
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.pages.responses import own_page, user_of
from transcode.kind import job_titles
from transcode.live.services import is_live_on
from transcode.videos import selectors
from transcode.videos.errors import NotFound
from transcode.videos.intake import AUDIO_EXTENSIONS, VIDEO_EXTENSIONS


@own_page
@require_safe
def videos(request: HttpRequest) -> HttpResponse:
    """Show the user's videos; the page's scripts read them over the API."""
    return _page(request)


@own_page
@require_safe
def video(request: HttpRequest, video_id: UUID) -> HttpResponse:
    """Show one video. Raises: `Http404` for one that the user may not see."""
    try:
        selectors.video_of(user_of(request), video_id)
    except NotFound as error:
        raise Http404 from error
    return _page(request)


def _page(request: HttpRequest) -> HttpResponse:
    accepted = ",".join(("video/*", "audio/*", *sorted(VIDEO_EXTENSIONS | AUDIO_EXTENSIONS)))
    context = {"accepted": accepted, "is_live_on": is_live_on(), "titles": json.dumps(job_titles())}
    return render(request, "transcode/videos.html", context)
