"""What answers where no view does: problem+json for the API, HTML for people."""

import pytest
from django.test import Client

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.urls("tests.platform.urls_with_crash"),
    # The middleware logs what the crashing view raises.
    pytest.mark.filterwarnings("ignore::UserWarning"),
]


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(
    "path",
    ["/api/nope/", "/api/v1/nope/", "/api/v1/users/nope/", "/api/v1/users/tokens/x/", "/api/",
     "/api/v1/jobs/not-a-uuid/", "/api/v1/users/user/%00", "/api/%ff%fe/", "/api/v1/../../etc/"],
)  # fmt: skip
def test_an_unknown_address_of_the_api_is_a_problem(client: Client, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == 404


def test_an_unknown_page_is_html(client: Client) -> None:
    answer = client.get("/nope/")

    assert answer.status_code == 404
    assert answer["Content-Type"].startswith("text/html")


def test_a_crash_of_the_api_is_a_problem_that_tells_nothing(client: Client) -> None:
    answer = client.get("/api/v1/crash/")

    assert answer.status_code == 500
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"] == "The server met an unexpected error."
    assert "secret" not in answer.content.decode()


def test_a_crash_of_a_page_is_html_that_tells_nothing(client: Client) -> None:
    answer = client.get("/crash/")

    assert answer.status_code == 500
    assert answer["Content-Type"].startswith("text/html")
    assert "secret" not in answer.content.decode()


@pytest.mark.parametrize("host", ["evil.example", "x" * 300, "a b", "[::", "127.0.0.1:x"])
def test_a_strange_host_is_a_bad_request(client: Client, host: str) -> None:
    answer = client.get("/api/v1/users/user/", HTTP_HOST=host)

    assert answer.status_code in (400, 401)
    assert "Traceback" not in answer.content.decode()


def test_an_unsafe_page_without_its_csrf_token_is_forbidden() -> None:
    answer = Client(enforce_csrf_checks=True).post("/admin/login/", {})

    assert answer.status_code == 403
    assert answer["Content-Type"].startswith("text/html")
