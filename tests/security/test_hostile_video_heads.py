"""Heads of requests that are no requests: nobody gets a 5xx out of them, or a page of the log."""

import uuid

import httpx
import pytest

JOB = f"/api/v1/runners/jobs/{uuid.UUID(int=1, version=4)}"
TYPES = {
    "an encoding that is none": "multipart/form-data; boundary*=utf-9''x",
    "an encoding of names": "multipart/form-data; boundary=x; charset=idna",
    "an encoding of nothing": "application/x-www-form-urlencoded; charset=undefined",
    "an encoding that is no text": "application/x-www-form-urlencoded; charset=base64",
    "an encoding with a NUL": "application/json; x*=utf%00''y",
}


@pytest.mark.parametrize(
    "path", [f"{JOB}/success", f"{JOB}/update", "/api/v1/runners/register", "/play/a/b/c", "/"]
)
@pytest.mark.parametrize("content_type", TYPES.values(), ids=TYPES.keys())
def test_a_content_type_in_an_encoding_that_nothing_can_be_read_in_is_a_bad_request(
    platform, path, content_type
):
    answer = httpx.post(
        f"{platform.url}{path}", content=b"x", headers={"Content-Type": content_type}, timeout=180
    )

    assert answer.status_code == 400
    assert answer.json()["code"] == "bad_request"


def test_a_content_type_in_a_known_encoding_is_read(platform):
    answer = httpx.post(
        f"{platform.url}{JOB}/success",
        content=b"{}",
        headers={"Content-Type": "application/json; charset=Latin-1; x*=utf-8''%C3%A9"},
        timeout=180,
    )

    assert answer.status_code == 400
    assert "runnerToken" in answer.json()["error"]
