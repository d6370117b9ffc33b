"""The whole way of an upload through real processes: POST, job, worker, text."""

import httpx
import pytest

from benchmarks.samples import character_error
from core.tests.uploads.conftest import UPLOADS, ended
from core.uploads.models import Upload


@pytest.fixture
def http(platform, user, access_token):
    """Return an HTTP client of the running platform."""
    headers = {"Authorization": f"Bearer {access_token(user)}"}
    with httpx.Client(base_url=platform.url, headers=headers, timeout=60) as client:
        yield client


def test_a_posted_page_becomes_text(http, user, page, page_png):
    answer = http.post(UPLOADS, files={"image_file": ("scan.png", page_png)})

    assert answer.status_code == 201, answer.text
    assert answer.json()["status"] == "pending"
    upload = ended(user, answer.json()["id"])
    shown = http.get(f"{UPLOADS}{upload.pk}/").json()
    assert shown["status"] == "processed"
    assert shown["run"] == 1
    assert shown["progress"] == 1.0
    assert character_error(page.text, shown["processed_text"]) <= 0.01
    assert Upload.objects.get().pages[0]["blocks"]
