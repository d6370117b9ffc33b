"""POST /api/v1/jobs/: who may begin what, with what, and how often."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone
from rest_framework.test import APIClient

from core.jobs.models import Job
from tests.support.fixtures import client_of

URL = "/api/v1/jobs/"
OPEN = {"kind": "tests.open", "params": {"text": "hello"}}


def post(client, body=OPEN, key=None):
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post(URL, body, format="json", headers=headers)


def errors(response, status=400):
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    return response.json()


def test_a_stranger_begins_nothing():
    assert errors(post(APIClient()), 401)


def test_an_unknown_kind_is_refused(api):
    assert "kind" in errors(post(api, {"kind": "tests.gone"}))["errors"]


def test_a_kind_that_is_not_started_here_is_refused(api):
    errors(post(api, {"kind": "tests.plain", "params": {}}), 403)
    assert not Job.objects.exists()


def test_the_self_test_is_for_staff(api, staff, access_token):
    body = {"kind": "core.selftest", "params": {"duration_s": 0}}
    errors(post(api, body), 403)
    assert post(client_of(staff, access_token), body).status_code == 201


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"number": "x"}, "params.number"),
        ({"number": []}, "params.number"),
        ({"text": {}}, "params.text"),
        ({"day": "yesterday"}, "params.day"),
        ({"number": "nan"}, "params.number"),
        ({"number": "inf"}, "params.number"),
        ({"text": "x" * 70_000}, "params"),
        ({"extra": {"deep": ["x"] * 20_000}}, "params"),
        ([], "params"),
        ("text", "params"),
        (None, "params"),
    ],
)
def test_params_that_the_kind_cannot_use_are_refused_by_field(api, params, field):
    assert field in errors(post(api, {"kind": "tests.open", "params": params}))["errors"]
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"null", b"[]", b'"x"', b"1", b"\xff\xfe", b"{}" * 2,
        b'{"kind": "tests.open", "params": {"text": "\\u0000"}}',
        b'{"kind": "tests.open", "params": {"text": "\\ud800"}}',
        b'{"kind": "tests.open", "params": {"number": NaN}}',
        b'{"kind": "tests.open", "params": {"number": 1e999}}',
        b'{"kind": "tests.open", "params": {"number": ' + b"9" * 5000 + b"}}",
        b'{"kind": "tests.open", "params": {"extra": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
        b'{"kind": "tests.open", "params": {"extra": ' + b"[" * 900 + b"]" * 900 + b"}}",
        b'{"kind": "\\u0000"}', b'{"kind": null}', b'{"kind": {}}', b'{"kind": ""}',
        b'{"kind": "' + b"x" * 100_000 + b'"}',
    ],
)  # fmt: skip
def test_a_hostile_body_is_refused_without_a_trace(api, body):
    response = api.post(URL, body, content_type="application/json")
    assert response.status_code == 400, response.content
    assert b"Traceback" not in response.content
    assert not Job.objects.exists()


def test_another_content_type_is_refused(api):
    assert api.post(URL, "kind=x", content_type="text/plain").status_code == 415


@pytest.mark.parametrize("key", ["", "k" * 129])
def test_a_key_of_a_wrong_length_is_refused(api, key):
    assert "Idempotency-Key" in errors(post(api, key=key))["errors"]


def test_a_key_used_for_another_body_is_refused(api):
    post(api, key="k")
    other = {"kind": "tests.open", "params": {"text": "other"}}
    assert errors(post(api, other, key="k"), 422)["code"] == "idempotency_conflict"
    assert Job.objects.count() == 1


@pytest.mark.parametrize("key", ["k", "k" * 128, "ключ".encode().decode("latin-1"), "'; --"])
def test_a_key_used_before_gives_the_same_job(api, key):
    first = post(api, key=key)
    assert (first.status_code, post(api, key=key).json()["id"]) == (201, first.json()["id"])


def test_a_key_is_each_users_own(api, other_user, access_token):
    assert post(api, key="k").json() != post(client_of(other_user, access_token), key="k").json()
    assert Job.objects.count() == 2


def test_a_key_is_free_again_after_a_day(api):
    first = post(api, key="k").json()
    Job.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert post(api, key="k").json()["id"] != first["id"]


def test_ten_requests_at_once_with_one_key_make_one_job(user, access_token):
    def call(_):
        try:
            return post(client_of(user, access_token), key="k")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        responses = list(pool.map(call, range(10)))
    assert {response.status_code for response in responses} == {201}
    assert len({response.json()["id"] for response in responses}) == 1
    assert Job.objects.count() == 1


def test_a_job_is_begun_sent_and_shown(api, queues):
    response = post(
        api, {"kind": "tests.open", "params": {"text": "é 日本 \U0001f600", "day": "2026-01-02"}}
    )
    assert response.status_code == 201
    body = response.json()
    assert set(body) == {
        "id", "kind", "status", "stage", "stage_index", "stage_count", "progress", "attempt",
        "error", "params", "result", "created_at", "started_at", "finished_at", "revision",
    }  # fmt: skip
    assert (body["status"], body["error"], body["result"], body["progress"]) == (
        "queued",
        None,
        None,
        0.0,
    )
    assert body["params"] == {
        "text": "é 日本 \U0001f600",
        "number": 0.0,
        "day": "2026-01-02",
        "extra": {},
    }
    assert queues.sent() == [body["id"]]


def test_params_may_be_left_out(api):
    assert post(api, {"kind": "tests.open"}).json()["params"]["text"] == ""


def test_the_schema_has_a_form_for_each_startable_kind(api):
    schema = json.loads(api.get("/api/schema/?format=json").content)
    assert {"get", "post"} <= set(schema["paths"][URL])
    forms = schema["components"]["schemas"]["StartJobRequest"]["discriminator"]["mapping"]
    assert {"core.selftest", "tests.open"} <= set(forms)
    assert "tests.plain" not in forms
