"""What holds for all doors of runners: no header is needed, none redirects (contract, 2.1)."""

import json
import uuid
from urllib.parse import urlsplit

import pytest

from tests.support.stand_in_runner import Form
from transcode.models import RegistrationToken
from transcode.tests.factories import make_job, make_registration_token
from transcode.videos import storage


def exchange(url, path, body, content_type):
    """Send a request with the very least of headers; return status, headers and body."""
    import http.client

    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=180)
    connection.putrequest("POST", path, skip_accept_encoding=True)
    connection.putheader("Content-Type", content_type)
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    answer = connection.getresponse()
    found = answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
    connection.close()
    return found


def as_json(said):
    return json.dumps(said).encode(), "application/json"


def as_form(said):
    form = Form(said, {})
    return b"".join(form.pieces()), form.headers()["Content-Type"]


@pytest.mark.case("transcode", 2)
@pytest.mark.parametrize("slash", ["", "/"])
def test_every_door_is_open_without_headers_and_never_redirects(on_server, slash):
    url, video = on_server.http.url, on_server.video
    video.source_name = storage.name_in("originals", video.pk, "source.mp4")
    video.preview_name = storage.name_in("images", video.pk, "a-preview.jpg")
    video.save()
    storage.write(video.source_name, b"source")
    storage.write(video.preview_name, b"preview")
    registration = {"name": f"r{slash}", "registrationToken": make_registration_token().token}
    me = {"runnerToken": on_server.token}

    def call(path, said, form=as_json):
        status, headers, body = exchange(url, f"/api/v1/runners{path}{slash}", *form(said))
        assert "location" not in headers, path
        assert "set-cookie" not in headers, path
        return status, body

    status, body = call("/register", registration)
    assert status == 200
    newcomer = json.loads(body)["runnerToken"]
    assert call("/jobs/request", me)[0] == 200
    for ending in ("abort", "error", "success"):
        job = make_job(video)
        status, body = call(f"/jobs/{job.pk}/accept", me)
        assert status == 200
        held = {**me, "jobToken": json.loads(body)["job"]["jobToken"]}
        files = f"/jobs/{job.pk}/files/videos/{video.pk}"
        assert call(f"{files}/max-quality", held) == (200, b"source")
        assert call(f"{files}/max-quality/audio", held) == (200, b"source")
        assert call(f"{files}/previews/max-quality", held) == (200, b"preview")
        assert call(f"{files}/studio/task-files/x", held)[0] == 400
        assert call(f"/jobs/{job.pk}/update", held, as_form) == (204, b"")
        if ending == "success":
            assert call(f"/jobs/{job.pk}/success", held, as_form)[0] == 400  # no file
        else:
            said = {**held, "reason": "x", "message": "x"}
            assert call(f"/jobs/{job.pk}/{ending}", said) == (204, b"")
    assert call("/unregister", {"runnerToken": newcomer}) == (204, b"")


def test_a_stray_authorization_header_is_not_looked_at(call, runner):
    answer = call(
        "/jobs/request", {"runnerToken": runner.token}, headers={"Authorization": "Bearer nonsense"}
    )
    assert answer.status_code == 200


def test_whatever_a_client_would_accept_it_gets_json(call, runner):
    answer = call("/jobs/request", {"runnerToken": runner.token}, headers={"Accept": "text/html"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")


@pytest.mark.parametrize(
    "path", ["/register", "/jobs/request", f"/jobs/{uuid.UUID(int=1, version=4)}/accept"]
)
def test_get_is_no_method_of_any(call, db, path):
    answer = call.__self__.client.get(f"/api/v1/runners{path}")
    assert answer.status_code == 405


def test_a_body_of_another_type_is_read_as_json(call, db):
    token = make_registration_token()
    body = json.dumps({"name": "a", "registrationToken": token.token})
    answer = call.__self__.client.generic(
        "POST", "/api/v1/runners/register", body, content_type="text/plain"
    )
    assert answer.status_code == 200
    assert RegistrationToken.objects.get().runners.count() == 1
