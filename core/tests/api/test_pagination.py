"""Cursor pages: whatever comes and goes, each row is seen once (platform contract, 4, 8)."""

import base64
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from core.accounts.models import ApiToken, User
from core.api.pagination import Cursor, CursorPages, _beside
from core.jobs.models import Job

pytestmark = pytest.mark.django_db
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def jobs(user: User) -> list[Job]:
    """Return 25 jobs, newest first; every five were made at the same moment."""
    rows = [
        Job(owner=user, kind="k", queue="io", created_at=START + timedelta(seconds=n // 5))
        for n in range(25)
    ]
    Job.objects.bulk_create(rows)
    return sorted(rows, key=lambda job: (job.created_at, job.pk.hex), reverse=True)


def page(url: str = "/api/v1/jobs/", model: type = Job, **query: object) -> Response:
    pages = CursorPages()
    request = Request(APIRequestFactory().get(url, query))
    rows = pages.paginate_queryset(model.objects.all(), request)
    return pages.get_paginated_response([row.pk for row in rows])


def walk(url: str | None, way: str) -> list[list[object]]:
    found = []
    while url:
        data = page(url).data
        found.append(data["results"])
        url = data[way]
    return found


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    ["x", "!!!", "é", "=", "a" * 5000, "\x00", encoded("f"), encoded("f x y"),
     encoded("f 2026-01-01T00:00:00+00:00"), encoded("f 2026-01-01T00:00:00+00:00 not-a-uuid"),
     encoded("q 2026-01-01T00:00:00+00:00 00000000-0000-0000-0000-000000000000"),
     encoded("f 0001-01-01T00:00:00+23:00 00000000-0000-0000-0000-000000000000"),
     encoded("f 2026-13-01T00:00:00+00:00 00000000-0000-0000-0000-000000000000"),
     encoded("f 2026-01-01T00:00:00+00:00 00000000-0000-0000-0000-000000000000 more"),
     encoded("f 2026-01-01T00:00:00+00:00 \x00"), encoded("'; DROP TABLE core_job; --")],
)  # fmt: skip
def test_what_is_no_cursor_is_refused(jobs, cursor: str) -> None:
    with pytest.raises(ValidationError) as refused:
        page(cursor=cursor)
    assert set(refused.value.detail) == {"cursor"}


@pytest.mark.parametrize("pk", ["x", "1.5", "9" * 30, "-" + "9" * 30, "1e5", "٣", "9" * 5000])
def test_a_cursor_with_a_strange_number_is_no_crash(user: User, pk: str) -> None:
    ApiToken.objects.create(user=user, key_hash="x")
    try:
        data = page(model=ApiToken, cursor=encoded(f"f 2026-01-01T00:00:00+00:00 {pk}")).data
    except ValidationError:
        return
    assert isinstance(data["results"], list)


@pytest.mark.parametrize("size", ["0", "00", "-1", "x", "1.5", "٣", "\x00", " 5", "1e3"])
def test_what_is_no_page_size_is_refused(jobs, size: str) -> None:
    with pytest.raises(ValidationError) as refused:
        page(page_size=size)
    assert set(refused.value.detail) == {"page_size"}


@pytest.mark.parametrize("size", ["201", "1000000", "9" * 5000])
def test_a_page_is_never_larger_than_its_limit(user: User, size: str) -> None:
    Job.objects.bulk_create(Job(owner=user, kind="k", queue="io") for _ in range(201))

    data = page(page_size=size).data

    assert len(data["results"]) == 200
    assert data["next"]


def test_nothing_is_an_empty_page() -> None:
    assert page().data == {"next": None, "previous": None, "results": []}


@pytest.mark.parametrize("size", [1, 3, 5, 7, 24, 25, 26])
def test_forward_every_row_comes_once_newest_first(jobs: list[Job], size: int) -> None:
    pages = walk(f"/?page_size={size}", "next")

    assert [pk for rows in pages for pk in rows] == [job.pk for job in jobs]
    assert all(len(rows) == size for rows in pages[:-1])


@pytest.mark.parametrize("size", [1, 4, 5, 12])
def test_backward_the_same_rows_come_in_the_same_order(jobs: list[Job], size: int) -> None:
    url = f"/?page_size={size}"
    while following := page(url).data["next"]:
        url = following

    pages = walk(url, "previous")[::-1]

    assert [pk for rows in pages for pk in rows] == [job.pk for job in jobs]


def test_the_first_page_has_no_previous_and_the_last_no_next(jobs: list[Job]) -> None:
    first = page(page_size=13).data
    last = page(first["next"]).data

    assert first["previous"] is None
    assert last["next"] is None
    assert page(last["previous"]).data["results"] == first["results"]


def test_rows_that_come_meanwhile_shift_nothing(jobs: list[Job], user: User) -> None:
    first = page(page_size=10).data
    Job.objects.create(owner=user, kind="k", queue="io")

    rest = walk(first["next"], "next")

    seen = first["results"] + [pk for rows in rest for pk in rows]
    assert seen == [job.pk for job in jobs]


def test_a_cursor_outlives_its_row(jobs: list[Job]) -> None:
    first = page(page_size=10).data
    Job.objects.filter(pk__in=first["results"]).delete()

    rest = [pk for rows in walk(first["next"], "next") for pk in rows]

    assert rest == [job.pk for job in jobs[10:]]


def test_a_page_whose_rows_are_gone_leads_back(jobs: list[Job]) -> None:
    first = page(page_size=20).data
    Job.objects.exclude(pk__in=first["results"]).delete()

    empty = page(first["next"]).data

    assert empty["results"] == []
    assert empty["next"] is None
    assert page(empty["previous"]).data["results"][-1] == first["results"][-2]


def test_links_keep_the_filters(jobs: list[Job]) -> None:
    link = page("/api/v1/jobs/?kind=a%26b&page_size=5").data["next"]

    query = parse_qs(urlsplit(link).query)
    assert query["kind"] == ["a&b"]
    assert query["page_size"] == ["5"]


def test_a_deep_page_is_sought_in_the_index(jobs: list[Job], user: User) -> None:
    link = page(page_size=10).data["next"]
    cursor = Cursor.decode(parse_qs(urlsplit(link).query)["cursor"][0], Job)
    if connection.vendor == "postgresql":
        with connection.cursor() as database:
            # Or 25 rows would be read and sorted whatever indexes there are.
            database.execute("SET LOCAL enable_seqscan TO off; SET LOCAL enable_sort TO off")

    plan = _beside(Job.objects.filter(owner=user), cursor)[:10].explain()

    assert "job_owner_newest" in plan
    assert "created_at" in plan
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan
