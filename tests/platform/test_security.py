"""Headers, origins, and Django's own list of what production needs."""

import io
import subprocess
import sys

import pytest
from django.core.checks import run_checks
from django.test import Client

from core.kinds.selftest import Selftest
from tests.platform.launching import environment
from tests.support.running import ROOT

PRODUCTION = {
    "HTTPS": "1",
    "DATABASE_URL": "postgres://medialoom@database/medialoom",
    "REDIS_URL": "redis://redis:6379/0",
    "ALLOWED_HOSTS": "media.example.org",
    "CSRF_TRUSTED_ORIGINS": "https://media.example.org",
    "CORS_ALLOWED_ORIGINS": "https://app.example.org",
    "LOG_FORMAT": "json",
}


def deploy_check(folder, **changes: str) -> "subprocess.CompletedProcess[str]":
    """Run `manage.py check --deploy`; a warning fails it."""
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={**environment(folder), **changes},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_deployment_check_finds_fault_with_the_embedded_defaults(tmp_path):
    found = deploy_check(tmp_path)

    assert found.returncode == 1
    for expected in ("medialoom.W101", "medialoom.W102", "security.W004"):
        assert expected in found.stderr


def test_the_deployment_check_is_clean_with_production_settings(tmp_path):
    found = deploy_check(tmp_path, **PRODUCTION)

    assert found.returncode == 0, found.stderr
    assert "no issues" in found.stdout


def test_metrics_open_to_the_whole_world_are_named(tmp_path):
    found = deploy_check(tmp_path, **PRODUCTION, METRICS_ALLOW="0.0.0.0/0")

    assert "medialoom.W103" in found.stderr


def test_a_lease_shorter_than_two_heartbeats_is_an_error(settings):
    settings.JOB_LEASE_S, settings.JOB_HEARTBEAT_S = 10.0, 6.0

    assert "medialoom.E001" in [message.id for message in run_checks()]


def test_a_kind_on_a_queue_that_nobody_serves_is_an_error(settings):
    settings.JOB_QUEUES = ("ffmpeg",)

    assert "medialoom.E002" in [message.id for message in run_checks()]


def test_a_kind_whose_second_half_waits_where_nobody_serves_is_an_error(monkeypatch):
    monkeypatch.setattr(Selftest, "finish_queue", "nowhere")

    assert "nowhere" in " ".join(message.msg for message in run_checks())


def test_an_upload_that_no_request_could_carry_is_warned_of(settings):
    settings.CORE_UPLOAD_MAX_BYTES = settings.MAX_UPLOAD_SIZE_BYTES + 1

    assert "medialoom.W001" in [message.id for message in run_checks()]


def test_messages_of_which_not_one_would_find_room_are_an_error(settings):
    settings.CORE_WS_INFLIGHT_BYTES = settings.CORE_WS_MAX_MESSAGE_BYTES

    assert "medialoom.E003" in [message.id for message in run_checks()]


def test_the_settings_of_the_tests_pass_all_checks():
    # In a process of its own: the kinds that other tests define name queues of their own.
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout == "System check identified no issues (0 silenced).\n", done.stderr


def test_migrations_are_complete(db):
    from django.core.management import call_command

    call_command("makemigrations", check=True, dry_run=True, stdout=io.StringIO())


@pytest.mark.parametrize("path", ["/admin/login/", "/api/docs/", "/api/schema/", "/readyz"])
def test_pages_carry_the_usual_security_headers(client, db, path):
    headers = client.get(path).headers

    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "script-src" not in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


@pytest.mark.parametrize("path", ["/admin/login/", "/api/docs/"])
def test_pages_hold_no_script_and_no_address_of_another_site(client, db, path):
    page = client.get(path).content.decode()

    scripts = [part.partition(">") for part in page.split("<script")[1:]]
    assert all(" src=" in tag or not code.partition("</script")[0] for tag, _, code in scripts)
    assert "//cdn" not in page
    assert "https://" not in page


def test_the_schema_is_openapi_3_1(client, db):
    schema = client.get("/api/schema/").content.decode()

    assert "openapi: 3.1" in schema
    assert "/api/v1/jobs/" in schema


def test_a_host_that_is_not_ours_is_refused(db, settings):
    settings.ALLOWED_HOSTS = ["media.example.org"]

    assert Client().get("/readyz", HTTP_HOST="evil.example").status_code == 400


def test_an_origin_that_is_not_configured_gets_no_leave(client, db, settings):
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example.org"]

    answer = client.get("/api/schema/", HTTP_ORIGIN="https://evil.example")

    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_configured_origin_may_call_the_api_and_nothing_else(client, db, settings):
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example.org"]
    origin = {"HTTP_ORIGIN": "https://app.example.org"}

    answer = client.get("/api/schema/", **origin)

    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example.org"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "X-Total-Count" in answer.headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Origin" not in client.get("/admin/login/", **origin).headers


def test_a_configured_origin_may_send_the_headers_of_resumable_uploads(client, db, settings):
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example.org"]

    answer = client.options(
        "/api/v1/jobs/",
        HTTP_ORIGIN="https://app.example.org",
        HTTP_ACCESS_CONTROL_REQUEST_METHOD="PATCH",
        HTTP_ACCESS_CONTROL_REQUEST_HEADERS="upload-offset, tus-resumable, idempotency-key",
    )

    allowed = answer.headers["Access-Control-Allow-Headers"]
    assert all(name in allowed for name in ("upload-offset", "tus-resumable", "idempotency-key"))
    assert "PATCH" in answer.headers["Access-Control-Allow-Methods"]


def test_behind_tls_plain_http_is_redirected_but_not_for_the_probes(client, db, settings):
    settings.SECURE_SSL_REDIRECT = True
    plain = Client()

    assert plain.get("/admin/login/").status_code == 301
    assert plain.get("/readyz").status_code in {200, 503}
