"""The pages behind the login: whose they are, and what they hold before any script runs."""

import json
import re
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.jobs.models import Job, Status
from core.pages.cards import LABELS, cards_of
from core.uploads.models import Upload

pytestmark = pytest.mark.django_db
PAGES = ["/", "/uploads/", "/older-jobs/", "/account/"]
NO_JOB = "/job-subject/6f2f3f0e-8a5e-4b2f-9a37-0d2f6a1f0a11/"


def job_of(owner, status: str = Status.SUCCEEDED, **fields) -> Job:
    """Write a row as the kernel would leave it."""
    return Job.objects.create(
        owner=owner,
        kind=fields.pop("kind", "core.selftest"),
        queue="default",
        status=status,
        **fields,
    )


def upload_of(owner, name: str = "scan.png", **fields) -> Upload:
    return Upload.objects.create(
        owner=owner,
        stored_name="x",
        image_hash=fields.pop("image_hash", "0" * 64),
        filename=name,
        mime_type="image/png",
        size_bytes=1,
        **fields,
    )


def text_of(response) -> str:
    return unescape(response.content.decode())


@pytest.mark.parametrize("path", [*PAGES, NO_JOB])
def test_a_stranger_is_sent_to_the_login(client: Client, path: str) -> None:
    response = client.get(path)

    assert response.status_code == 302
    assert response["Location"] == f"/login/?next={path}"


@pytest.mark.parametrize("path", [*PAGES, NO_JOB])
def test_a_locked_account_is_sent_to_the_login(client: Client, user, path: str) -> None:
    client.force_login(user)
    user.is_active = False
    user.save()

    assert client.get(path).status_code == 302


@pytest.mark.parametrize("path", [*PAGES, NO_JOB])
def test_a_bearer_token_opens_no_page(client: Client, user, access_token, path: str) -> None:
    response = client.get(path, headers={"authorization": f"Bearer {access_token(user)}"})

    assert response.status_code == 302


@pytest.mark.parametrize("path", [*PAGES, NO_JOB])
def test_pages_only_show(client: Client, user, path: str) -> None:
    client.force_login(user)

    assert client.post(path).status_code == 405


@pytest.mark.parametrize("path", ["/", "/uploads/", "/account/", "/login/", "/signup/"])
def test_every_page_forbids_foreign_and_inline_scripts(client: Client, user, path: str) -> None:
    if path in PAGES:
        client.force_login(user)

    response = client.get(path)

    policy = response["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    page = response.content.decode()
    executable = re.findall(r"<script(?![^>]*(?:src=|application/json))", page)
    assert executable == []
    assert re.findall(r"\s(?:on\w+|style)=", page) == []
    assert re.findall(r"(?:src|href|action)=\"(?:https?:)?//", page) == []


@pytest.mark.parametrize("path", PAGES)
def test_no_cache_keeps_a_page(client: Client, user, path: str) -> None:
    client.force_login(user)

    assert "no-store" in client.get(path)["Cache-Control"]


def test_other_peoples_jobs_are_absent(client: Client, user, other_user) -> None:
    theirs = [job_of(other_user), job_of(other_user, Status.QUEUED)]
    client.force_login(user)

    for path in ("/", "/older-jobs/"):
        page = client.get(path).content.decode()
        assert [job for job in theirs if str(job.pk) in page] == []


def test_a_job_does_not_tell_the_name_of_another_persons_file(client, user, other_user) -> None:
    secret = upload_of(other_user, "secret.png")
    job_of(user, params={"upload_id": str(secret.pk)})
    client.force_login(user)

    assert "secret.png" not in text_of(client.get("/"))


def test_a_deleted_files_name_is_gone_and_that_is_said(client: Client, user) -> None:
    upload = upload_of(user, "gone.png", is_deleted=True)
    job_of(user, params={"upload_id": str(upload.pk)})
    client.force_login(user)

    page = text_of(client.get("/"))

    assert "gone.png" not in page
    assert "a deleted file" in page
    assert str(upload.pk) not in page


def test_nobody_is_told_what_another_persons_job_is_about(client, user, other_user) -> None:
    theirs = job_of(other_user, params={"upload_id": str(upload_of(other_user).pk)})
    client.force_login(user)

    assert client.get(f"/job-subject/{theirs.pk}/").status_code == 404


def test_a_job_about_another_persons_file_is_about_a_deleted_one(client, user, other_user) -> None:
    job = job_of(user, params={"upload_id": str(upload_of(other_user, "secret.png").pk)})
    client.force_login(user)

    answer = client.get(f"/job-subject/{job.pk}/")

    assert answer.json() == {"text": "a deleted file", "url": ""}


def test_a_script_asks_what_a_new_job_is_about(client: Client, user) -> None:
    upload = upload_of(user)
    read = job_of(user, kind="core.ocr", params={"upload_id": str(upload.pk)})
    nameless = upload_of(user, "", image_hash="1" * 64)
    unnamed = job_of(user, kind="core.ocr", params={"upload_id": str(nameless.pk)})
    client.force_login(user)

    assert client.get(f"/job-subject/{read.pk}/").json() == {
        "text": "scan.png",
        "url": f"/uploads/#{upload.pk}",
    }
    assert client.get(f"/job-subject/{unnamed.pk}/").json()["text"] == "a file"


def test_test_jobs_are_told_apart_by_how_they_end(client: Client, user) -> None:
    for behaviour in ("ok", "hang"):
        job_of(user, params={"behaviour": behaviour})
    client.force_login(user)

    page = text_of(client.get("/"))

    assert "that succeeds" in page
    assert "that hangs" in page


@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED])
def test_a_job_that_ended_badly_says_in_which_stage(user, status: str) -> None:
    fields = {"stage": "encode", "stage_index": 1, "stage_count": 4}
    ended = job_of(user, status, **fields)
    done = job_of(user, **fields)

    cards = cards_of(user, [ended, done])

    assert [card.stage for card in cards] == ["Stage 2 of 4: encode", ""]


def test_the_files_of_many_jobs_are_named_in_as_many_queries_as_one(
    user, django_assert_num_queries
) -> None:
    uploads = [upload_of(user, f"{n}.png", image_hash=str(n) * 64) for n in range(5)]
    jobs = [job_of(user, params={"upload_id": str(upload.pk)}) for upload in uploads]

    with CaptureQueriesContext(connection) as of_one:
        cards_of(user, jobs[:1])

    with django_assert_num_queries(len(of_one)):
        cards = cards_of(user, jobs)

    assert [card.subject.text for card in cards] == [f"{n}.png" for n in range(5)]


def test_a_job_names_its_file_and_leads_to_it(client: Client, user) -> None:
    upload = upload_of(user)
    job_of(user, params={"upload_id": str(upload.pk)})
    client.force_login(user)

    page = text_of(client.get("/"))

    assert f'href="/uploads/#{upload.pk}"' in page
    assert "scan.png" in page


def test_words_from_outside_are_shown_as_words(client: Client, user) -> None:
    upload = upload_of(user, "<script>alert(1)</script>.png")
    job_of(
        user,
        Status.FAILED,
        error_code="x",
        error_message="<img src=x onerror=alert(2)>",
        params={"upload_id": str(upload.pk)},
    )
    client.force_login(user)

    page = client.get("/").content.decode()

    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


@pytest.mark.parametrize("cursor", ["nonsense", "%00", "' OR 1=1", "ZiAgIA"])
def test_a_cursor_that_is_none_is_a_bad_request(client: Client, user, cursor: str) -> None:
    client.force_login(user)

    assert client.get("/older-jobs/", {"cursor": cursor}).status_code == 400


def test_older_jobs_come_page_by_page_and_each_once(client: Client, user) -> None:
    now = timezone.now()
    made = [job_of(user, created_at=now - timedelta(minutes=n // 3)) for n in range(30)]
    client.force_login(user)
    path, seen = "/older-jobs/", []

    while path:
        page = text_of(client.get(path))
        seen += re.findall(r'data-job="([^"]+)"', page)
        following = re.search(r'hx-get="([^"]+)"', page)
        path = following[1] if following else ""

    assert len(seen) == 30
    assert set(seen) == {str(job.pk) for job in made}


def test_a_finished_page_shows_no_unfinished_job(client: Client, user) -> None:
    waiting = job_of(user, Status.QUEUED)
    client.force_login(user)

    assert str(waiting.pk) not in text_of(client.get("/older-jobs/"))
    assert str(waiting.pk) in text_of(client.get("/"))


def test_a_job_is_shown_in_words_before_any_script_runs(client: Client, user) -> None:
    job_of(
        user,
        Status.RUNNING,
        stage="encode",
        stage_index=1,
        stage_count=4,
        progress=0.5,
        attempt=2,
        lease_token="6f2f3f0e-8a5e-4b2f-9a37-0d2f6a1f0a11",
    )
    client.force_login(user)

    page = text_of(client.get("/"))

    assert "Test job" in page
    assert "Running" in page
    assert "Stage 2 of 4: encode (attempt 2)" in page
    assert "38 %" in page


def test_a_kind_that_nobody_knows_any_more_is_shown_by_its_name(user) -> None:
    assert cards_of(user, [job_of(user, kind="old.kind")])[0].title == "old.kind"


def test_odd_params_of_a_job_break_no_page(client: Client, user) -> None:
    for odd in ("not a uuid", 5, None, ["x"], "\x00"):
        job_of(user, params={"upload_id": odd, "behaviour": odd})
    client.force_login(user)

    assert client.get("/").status_code == 200


def test_only_staff_see_the_admin_and_the_test_job(client: Client, user, staff) -> None:
    client.force_login(user)
    assert "Send a test job" not in text_of(client.get("/"))
    assert 'href="/admin/"' not in text_of(client.get("/"))

    client.force_login(staff)
    assert "Send a test job" in text_of(client.get("/"))
    assert 'href="/admin/"' in text_of(client.get("/"))


def test_every_page_leads_to_ones_own_account(client: Client, user) -> None:
    client.force_login(user)

    for path in ("/", "/uploads/", "/account/"):
        assert 'class="who" href="/account/"' in text_of(client.get(path))
    assert user.email in text_of(client.get("/account/"))


def test_an_address_that_is_markup_is_shown_as_words(client: Client, user) -> None:
    type(user).objects.update(email='"<b>x</b>"@example.org')
    client.force_login(user)

    assert "<b>x</b>" not in client.get("/account/").content.decode()


def test_the_navigation_holds_only_what_exists(client: Client, user) -> None:
    client.force_login(user)

    page = text_of(client.get("/"))
    links = re.findall(r'href="(/[^"]*)"', page.split("<nav")[1].split("</nav>")[0])

    assert links == ["/", "/uploads/", "/videos/", "/requests/"]
    assert all(client.get(link).status_code == 200 for link in links)


def test_the_script_and_the_server_use_the_same_words() -> None:
    script = (Path(settings.BASE_DIR) / "static/js/jobcard.js").read_text()
    table = re.search(r"const LABELS = (\{.*?\});", script, re.DOTALL)
    assert table
    as_json = re.sub(r"(\w+): \[", r'"\1": [', table[1]).replace("],\n}", "]\n}")

    assert json.loads(as_json) == {str(key): list(value) for key, value in LABELS.items()}


def test_an_address_that_is_none_gets_a_page_in_our_own_clothes(client: Client) -> None:
    response = client.get("/no/such/page/")

    assert response.status_code == 404
    assert "Nothing is here" in text_of(response)
