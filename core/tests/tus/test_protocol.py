"""What holds for every request: version, account, methods, and who may call from where."""

import httpx
import pytest
from django.test import Client

from core.tus.models import TusUpload
from tests.support.fixtures import PASSWORD
from tests.support.tus_client import CHUNK, TUS, TusClient


@pytest.mark.parametrize("version", [None, "", "0.2.2", "1.0", "1.0.0, 1.0.0"])
@pytest.mark.parametrize("method", ["POST", "HEAD", "PATCH", "DELETE"])
def test_another_version_is_412_and_changes_nothing(tus, method, version):
    where = tus.made(5)
    del tus.http.headers["Tus-Resumable"]
    headers = {"Tus-Resumable": version} if version is not None else {}
    headers |= {"Upload-Length": "5", "Upload-Offset": "0", "Content-Type": CHUNK}

    answer = tus.send(method, TUS if method == "POST" else where, headers=headers)

    assert answer.status_code == 412
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert list(TusUpload.objects.values_list("offset_bytes", "status")) == [(0, "receiving")]


@pytest.mark.parametrize("method", ["POST", "HEAD", "PATCH", "DELETE"])
@pytest.mark.parametrize("authorization", [None, "Bearer nonsense", "Basic YTpi"])
def test_nobody_comes_in_without_a_token(tus, method, authorization):
    where = tus.made(5)
    del tus.http.headers["Authorization"]
    headers = {"Upload-Length": "5", "Upload-Offset": "0", "Content-Type": CHUNK}
    headers |= {"Authorization": authorization} if authorization else {}

    answer = tus.send(method, TUS if method == "POST" else where, headers=headers)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert TusUpload.objects.count() == 1


@pytest.mark.parametrize("method", ["HEAD", "PATCH", "DELETE"])
def test_what_is_another_users_is_404(tus, other_tus, method):
    where = tus.made(5)
    headers = {"Upload-Offset": "0", "Content-Type": CHUNK}

    answer = other_tus.send(method, where, headers=headers, content=b"x" * (method == "PATCH"))

    assert answer.status_code == 404
    assert tus.offset(where) == 0


@pytest.mark.parametrize("name", ["00000000-0000-4000-8000-000000000000/", "nonsense", "%00"])
def test_an_unknown_name_is_404(tus, name):
    headers = {"Upload-Offset": "0", "Content-Type": CHUNK}

    assert tus.http.head(TUS + name).status_code == 404
    assert tus.http.patch(TUS + name, content=b"x", headers=headers).status_code == 404
    assert tus.http.delete(TUS + name).status_code == 404


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_other_methods_are_405(tus, method):
    answer = tus.send(method, tus.made(5))

    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"DELETE", "HEAD", "OPTIONS", "PATCH"}


def test_anybody_may_ask_what_is_offered(platform):
    answer = httpx.options(platform.url + TUS)

    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == answer.headers["Tus-Resumable"] == "1.0.0"
    assert set(answer.headers["Tus-Extension"].split(",")) == {
        "creation", "creation-with-upload", "expiration", "checksum", "termination",
    }  # fmt: skip
    assert set(answer.headers["Tus-Checksum-Algorithm"].split(",")) == {"sha1", "sha256", "md5"}
    assert answer.headers["Tus-Max-Size"] == str(20 * 2**30)


@pytest.mark.parametrize(("method", "status"), [("PATCH", 204), ("HEAD", 200), ("DELETE", 204)])
def test_a_method_may_be_named_in_a_header(tus, method, status):
    where = tus.made(5)
    headers = {"X-HTTP-Method-Override": method, "Upload-Offset": "0", "Content-Type": CHUNK}

    answer = tus.send("POST", where, headers=headers, content=b"hello" * (method == "PATCH"))

    assert answer.status_code == status
    if method == "PATCH":
        assert tus.offset(where) == 5


def test_a_method_named_in_a_header_does_not_turn_a_get_into_a_delete(tus):
    where = tus.made(5)

    tus.send("GET", where, headers={"X-HTTP-Method-Override": "DELETE"})

    assert tus.offset(where) == 0


@pytest.fixture
def session(platform, user) -> dict[str, str]:
    """Return the cookies of a browser that is logged in."""
    client = Client()
    assert client.login(username=user.email, password=PASSWORD)
    return {name: morsel.value for name, morsel in client.cookies.items()}


def browser(platform, cookies: dict[str, str], **headers: str) -> TusClient:
    client = TusClient(platform.url, "", {"Authorization": "", **headers})
    del client.http.headers["Authorization"]
    client.http.headers["Cookie"] = "; ".join(f"{key}={value}" for key, value in cookies.items())
    return client


def test_a_page_without_its_csrf_token_is_refused(platform, session):
    answer = browser(platform, session).create(5)

    assert answer.status_code == 403
    assert not TusUpload.objects.exists()


def test_a_page_uploads_with_its_session_and_csrf_token(platform, session):
    token = "a" * 32
    client = browser(platform, {**session, "csrftoken": token}, **{"X-CSRFToken": token})

    where = client.made(5)

    assert client.patch(where, b"hello").status_code == 204
    assert client.offset(where) == 5


def test_pages_of_other_sites_may_read_what_the_protocol_says(own_web):
    tus = own_web.start(CORS_ALLOWED_ORIGINS="https://example.org")
    asked = {
        "Origin": "https://example.org",
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "authorization, tus-resumable, upload-offset",
    }
    allowed = httpx.options(tus.url + TUS, headers=asked).headers

    assert "PATCH" in allowed["Access-Control-Allow-Methods"]
    assert "upload-offset" in allowed["Access-Control-Allow-Headers"]
    answer = tus.create(5, headers={"Origin": "https://example.org"})
    exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
    assert {"Location", "Upload-Offset", "Upload-Resource", "Upload-Expires"} <= set(exposed)
