"""Summaries by GigaChat: the vendor's package against a server that speaks its protocol."""

import json
import time
from urllib.parse import parse_qs

import pytest

from core.errors import BackendNotConfigured, JobError, Stopped
from media_api.engines.summaries.base import SummaryFailed, SummaryOptions
from media_api.engines.summaries.gigachat import GigaChat
from media_api.tests.engines.summaries.texts import ARTICLE_1
from tests.support.answering import Authority, answering, http

TOKEN = "YS1zZWNyZXQtb2Ytbm9ib2R5LWVsc2U="


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def vendor(authority, monkeypatch):
    """Return the function that serves as the vendor does, over TLS of a test's authority."""

    def serving(chat, *, oauth=None, name="127.0.0.1"):
        def answer(asked):
            if asked.target == "/oauth":
                expires_at = int((time.time() + 1800) * 1000)
                token = {"access_token": "access-1", "expires_at": expires_at}
                return oauth or http(200, json.dumps(token).encode())
            return chat(asked)

        server = answering(answer, tls=authority.server_side(name))
        return Pointed(server, monkeypatch)

    return serving


class Pointed:
    """A server to which the vendor's package is pointed while it stands."""

    def __init__(self, server, monkeypatch):
        self._server, self._monkeypatch = server, monkeypatch

    def __enter__(self):
        server = self._server.__enter__()
        self._monkeypatch.setenv("GIGACHAT_BASE_URL", f"{server.url}/api/v1")
        self._monkeypatch.setenv("GIGACHAT_AUTH_URL", f"{server.url}/oauth")
        return server

    def __exit__(self, *error):
        return self._server.__exit__(*error)


def said(content, reason="stop"):
    message = {"role": "assistant", "content": content}
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    body = {
        "choices": [{"message": message, "index": 0, "finish_reason": reason}],
        "created": 1, "model": "GigaChat-2", "usage": usage, "object": "chat.completion",
    }  # fmt: skip
    return http(200, json.dumps(body).encode(), Content_Type="application/json")


def summarise(authority, *, should_stop=lambda: False, **options):
    options = {"token": TOKEN, "ca_file": str(authority.ca_file), **options}
    engine = GigaChat(SummaryOptions(**options), back_off_s=(0.01, 0.01))
    return engine.summarize(
        ARTICLE_1, model="GigaChat-2-Max", on_progress=lambda _: None, should_stop=should_stop
    )


def chats(server):
    return [asked for asked in server.requests if asked.target != "/oauth"]


def test_without_a_token_it_is_not_configured(authority):
    with pytest.raises(BackendNotConfigured, match="token"):
        summarise(authority, token="")


@pytest.mark.parametrize("name", ["missing.pem", "empty.pem", "folder"])
def test_a_ca_file_that_cannot_be_read_is_named_as_the_fault(tmp_path, authority, name):
    (tmp_path / "empty.pem").touch()
    (tmp_path / "folder").mkdir()

    with pytest.raises(BackendNotConfigured, match="CA file") as refused:
        summarise(authority, ca_file=str(tmp_path / name))

    assert str(tmp_path) not in str(refused.value)


@pytest.mark.parametrize("way", ["no ca_file", "another name", "switched off in the environment"])
def test_a_certificate_that_is_not_trusted_ends_it(authority, vendor, monkeypatch, way):
    name = "other.example" if way == "another name" else "127.0.0.1"
    options = {"ca_file": ""} if way != "another name" else {}
    monkeypatch.setenv("GIGACHAT_VERIFY_SSL_CERTS", "0" if "switched" in way else "1")

    serving = vendor(lambda _: said("Short."), name=name)
    with serving as server, pytest.raises(JobError) as failed:
        summarise(authority, **options)

    assert failed.value.code == "summary_failed"
    assert server.requests == []


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_is_not_configured(authority, vendor, status):
    refusal = http(status, b"no: " + TOKEN.encode())
    with vendor(lambda _: said("x"), oauth=refusal), pytest.raises(BackendNotConfigured) as refused:
        summarise(authority)

    assert TOKEN not in str(refused.value)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_vendor_in_trouble_is_asked_three_times(authority, vendor, status):
    with vendor(lambda _: http(status)) as server, pytest.raises(JobError) as failed:
        summarise(authority)

    assert failed.value.code == "summary_failed"
    assert len(chats(server)) == 3


@pytest.mark.parametrize(
    "answer",
    [http(400), http(422), http(200, b"{}"), http(200, b"x"), said(""), said("No.", "blacklist")],
)
def test_an_answer_that_is_none_is_a_failed_summary(authority, vendor, answer):
    with vendor(lambda _: answer) as server, pytest.raises(SummaryFailed):
        summarise(authority)

    assert len(chats(server)) == 1


def test_whoever_wants_no_more_is_heard(authority, vendor):
    with vendor(lambda _: http(503)) as server, pytest.raises(Stopped):
        summarise(authority, should_stop=lambda: bool(chats(server)))

    assert len(chats(server)) == 1


def test_a_token_is_fetched_and_the_model_asked_with_it(authority, vendor):
    with vendor(lambda _: said("Кратко. <b>")) as server:
        assert summarise(authority, scope="GIGACHAT_API_CORP") == "Кратко. \\<b>\n"

    signing, asked = server.requests
    assert signing.headers["authorization"] == f"Basic {TOKEN}"
    assert parse_qs(signing.body.decode()) == {"scope": ["GIGACHAT_API_CORP"]}
    assert asked.target.endswith("/chat/completions")
    assert asked.headers["authorization"] == "Bearer access-1"
    assert json.loads(asked.body)["model"] == "GigaChat-2-Max"
    assert ARTICLE_1.split(". ")[3] in json.loads(asked.body)["messages"][1]["content"]


def test_the_smallest_model_is_asked_where_that_is_set(authority, vendor):
    with vendor(lambda _: said("Short.")) as server:
        summarise(authority, is_lite=True)

    assert json.loads(chats(server)[0].body)["model"] == "GigaChat-2"
