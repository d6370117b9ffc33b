"""POST /api/v1/runners/register"""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from transcode.models import Runner
from transcode.runners.tokens import hash_of
from transcode.tests.factories import make_registration_token, make_runner


@pytest.fixture
def registration(db):
    return make_registration_token()


def body(registration, **more):
    return {"name": "ci-1", "registrationToken": registration.token, **more}


def test_a_token_that_no_operator_made_is_refused(call, registration):
    answer = call("/register", {"name": "ci-1", "registrationToken": "ptrrt-nobody"})
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "Registration token is invalid",
        "code": "unknown_registration_token",
        "error": "Registration token is invalid",
    }
    assert not Runner.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": None}, "name"),
        ({"name": ["a"]}, "name"),
        ({"registrationToken": ""}, "registrationToken"),
        ({"registrationToken": "x" * 1001}, "registrationToken"),
        ({"registrationToken": {"$ne": ""}}, "registrationToken"),
        ({"description": "x" * 1001}, "description"),
        ({"description": ""}, "description"),
    ],
)
def test_a_field_that_is_wrong_is_named(call, registration, wrong, field):
    answer = call("/register", body(registration, **wrong))
    assert answer.status_code == 400
    assert list(answer.json()["invalid-params"]) == [field]
    assert answer.json()["error"].startswith(f"{field}: ")
    assert not Runner.objects.exists()


@pytest.mark.parametrize("nonsense", [b"", b"[]", b'"x"', b"{", b"\xff", b'{"name":"\\u0000"}'])
def test_a_body_that_is_no_object_is_a_bad_request(call, registration, nonsense):
    answer = call.__self__.client.generic(
        "POST", "/api/v1/runners/register", nonsense, content_type="application/json"
    )
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_a_name_that_is_taken_is_refused(call, registration):
    make_runner("ci-1")
    answer = call("/register", body(registration))
    assert answer.status_code == 400
    assert "already exists" in answer.json()["error"]
    assert Runner.objects.count() == 1


def test_a_token_with_a_space_behind_it_is_another_token(call, registration):
    answer = call("/register", body(registration, registrationToken=f"{registration.token} "))
    assert answer.status_code == 404


def test_a_runner_gets_a_number_and_a_token_that_is_kept_as_its_hash(call, registration):
    answer = call("/register", body(registration, description="in the cellar", version="0.4.0"))
    assert answer.status_code == 200
    said = answer.json()
    assert sorted(said) == ["id", "runnerToken"]
    assert isinstance(said["id"], int)
    assert said["runnerToken"].startswith("ptrt-")
    runner = Runner.objects.get()
    assert runner.token_hash == hash_of(said["runnerToken"])
    assert (runner.name, runner.description, runner.version) == ("ci-1", "in the cellar", "0.4.0")
    assert runner.ip == "127.0.0.1"
    assert runner.registration_token == registration


def test_an_old_runner_that_says_no_version_is_let_in(call, registration):
    assert call("/register", body(registration)).status_code == 200
    assert Runner.objects.get().version == ""


def test_a_version_that_is_too_long_is_cut(call, registration):
    assert call("/register", body(registration, version="9" * 300)).status_code == 200
    assert Runner.objects.get().version == "9" * 64


def test_guessing_tokens_is_limited_by_address_and_good_ones_are_not(call, registration):
    wrong = {"name": "ci-1", "registrationToken": "ptrrt-guess"}
    seen = [call("/register", wrong).status_code for _ in range(51)]
    assert seen == [404] * 50 + [429]
    refused = call("/register", wrong)
    assert int(refused["Retry-After"]) >= 1
    assert refused.json()["code"] == "throttled"
    assert call("/register", wrong, REMOTE_ADDR="192.0.2.7").status_code == 404
    assert call("/register", body(registration)).status_code == 200


@pytest.mark.case("transcode", 1)
def test_of_twenty_calls_at_once_with_one_name_one_is_let_in(platform):
    address = f"{platform.url}/api/v1/runners/register"
    wrong = httpx.post(
        address, json={"name": "ci-1", "registrationToken": "ptrrt-nobody"}, timeout=180
    )
    assert wrong.status_code == 404
    assert wrong.headers["content-type"] == "application/problem+json"
    assert wrong.json()["error"]

    said = {"name": "ci-1", "registrationToken": make_registration_token().token}
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: httpx.post(address, json=said, timeout=180), range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 19
    won = next(answer.json() for answer in answers if answer.status_code == 200)
    assert isinstance(won["id"], int)
    assert won["runnerToken"].startswith("ptrt-")
    assert httpx.post(address, json=said, timeout=180).status_code == 400
    assert Runner.objects.get().pk == won["id"]
