"""The pages behind the login: jobs and uploads."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from core.api.pagination import CursorPages
from core.jobs.models import FINISHED
from core.jobs.selectors import jobs_of, unfinished_jobs_of
from core.pages.cards import JobCard, cards_of, kind_titles
from core.pages.responses import own_page, user_of

# What the test job of `core.selftest` may do, in the words of the button's list.
TEST_BEHAVIOURS = (
    ("ok", "that succeeds"),
    ("fail", "that fails"),
    ("crash", "that crashes"),
    ("hang", "that hangs"),
    ("spin", "that never ends"),
    ("eat_memory", "that eats memory"),
)


class FinishedPages(CursorPages):
    """A handful of finished jobs at a time."""

    default_page_size = 12


@dataclass(frozen=True)
class OlderJobs:
    """One page of finished jobs; `next_url` is empty on the last."""

    cards: list[JobCard]
    next_url: str


@own_page
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the user's jobs: those under way, and the newest finished ones."""
    user = user_of(request)
    context: dict[str, Any] = {
        "live": cards_of(user, unfinished_jobs_of(user).reverse()),
        "older": _finished(request),
        "blank": JobCard(),
        "titles": kind_titles(),
        "test_behaviours": TEST_BEHAVIOURS,
    }
    return render(request, "core/home.html", context)


@own_page
@require_safe
def older_jobs(request: HttpRequest) -> HttpResponse:
    """Give one more page of finished jobs, as the list items that htmx puts in."""
    return render(request, "core/_older_jobs.html", {"older": _finished(request)})


@own_page
@require_safe
def uploads(request: HttpRequest) -> HttpResponse:
    """Show the page of uploads; its scripts read them over the API."""
    return render(request, "core/uploads.html")


def _finished(request: HttpRequest) -> OlderJobs:
    """Read a page by the request's cursor. Raises: `BadRequest` for one that is none."""
    user = user_of(request)
    pages = FinishedPages()
    try:
        jobs = pages.paginate_queryset(jobs_of(user).filter(status__in=FINISHED), Request(request))
    except ValidationError as error:
        raise BadRequest from error
    link = pages.get_paginated_response([]).data["next"]
    next_url = f"{reverse('older-jobs')}?{urlsplit(link).query}" if link else ""
    return OlderJobs(cards_of(user, jobs), next_url)
