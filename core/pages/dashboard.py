"""The pages behind the login: jobs, uploads, and one's own account."""

from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from core.api.pagination import CursorPages
from core.jobs.models import FINISHED
from core.jobs.selectors import jobs_of, unfinished_jobs_of
from core.pages.cards import JobCard, cards_of, kind_titles
from core.pages.responses import own_page, user_of
from core.pages.subjects import NOTHING, TEST_BEHAVIOURS, subjects_of


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
    live, older = cards_of(user, unfinished_jobs_of(user).reverse()), _finished(request)
    # One that has ended between the two readings is in both: it is shown as it ended.
    ended = {card.id for card in older.cards}
    context: dict[str, Any] = {
        "live": [card for card in live if card.id not in ended],
        "older": older,
        "blank": JobCard(),
        "titles": kind_titles(),
        "test_behaviours": TEST_BEHAVIOURS.items(),
    }
    return render(request, "core/home.html", context)


@own_page
@require_safe
def older_jobs(request: HttpRequest) -> HttpResponse:
    """Give one more page of finished jobs, as the list items that htmx puts in."""
    return render(request, "core/_older_jobs.html", {"older": _finished(request)})


@own_page
@require_safe
def job_subject(request: HttpRequest, job_id: UUID) -> JsonResponse:
    """Say what one of the user's jobs is about, for a card that a script has added."""
    user = user_of(request)
    job = get_object_or_404(jobs_of(user), pk=job_id)
    return JsonResponse(asdict(subjects_of(user, [job]).get(job.pk, NOTHING)))


@own_page
@require_safe
def uploads(request: HttpRequest) -> HttpResponse:
    """Show the page of uploads; its scripts read them over the API."""
    answers_questions = settings.CORE_QNA_ENGINE != "off"
    return render(request, "core/uploads.html", {"answers_questions": answers_questions})


@own_page
@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """Show the page of the user's own account; its scripts change it over the API."""
    return render(request, "core/account.html")


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
