"""Where nginx asks: answered to nginx alone, about keys that are known."""

import http.client
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from django.db import connection

from tests.support.locking import locked
from transcode.live import door
from transcode.models import LiveSession


@pytest.fixture
def ask(transactional_db):
    """Return the function that asks at an open door; it gives status and `Location`."""
    with door.opened() as address:
        parts = urlsplit(address)

        def ask(question, body=None, *, path=parts.path, **form):
            text = body or "&".join(f"{key}={value}" for key, value in form.items())
            line = http.client.HTTPConnection(parts.hostname, parts.port, timeout=180)
            line.request("POST", f"{path}/{question}", text)
            answer = line.getresponse()
            line.close()
            return answer.status, answer.headers["Location"]

        yield ask


def test_who_does_not_know_the_path_is_told_nothing(ask, announce):
    new = announce()
    for path in ("", "/wrong", "/../"):
        assert ask("publish", path=path, name=new.stream_key, clientid="1") == (403, None)
    assert LiveSession.objects.get().publisher == ""


@pytest.mark.parametrize(
    "body", ["x", "name=%00", "name=a&name=b", "name=" + "a" * 70_000, "name=%ff%fe", "=&=&"]
)
@pytest.mark.parametrize("question", ["publish", "play", "stay", "record", ""])
def test_what_is_malformed_opens_nothing(ask, question, body):
    assert ask(question, body) == (403, None)


def test_a_sender_is_let_in_under_the_inside_name_and_noted_when_it_leaves(ask, announce):
    new = announce()
    said = {"name": new.stream_key, "clientid": "7"}
    assert ask("publish", **said) == (302, str(new.video.pk))
    assert ask("publish", name=new.stream_key, clientid="8") == (403, None)
    assert ask("stay", **said) == (204, None)
    assert LiveSession.objects.get().publisher == "7"
    assert ask("left", **said) == (204, None)
    assert LiveSession.objects.get().publisher == ""


def test_who_stays_does_not_wait_for_a_change_that_waits_for_the_database(ask, announce):
    new = announce()
    said = {"name": new.stream_key, "clientid": "7"}
    assert ask("publish", **said)[0] == 302

    with ThreadPoolExecutor(1) as other:
        with locked(tables=LiveSession._meta.db_table):
            leaving = other.submit(ask, "left", **said)
            assert [ask("stay", **said)[0] for _ in range(20)] == [204] * 20
            assert not leaving.done()
        assert leaving.result() == (204, None)
    assert LiveSession.objects.get().publisher == ""


@pytest.fixture
def without_sessions(transactional_db):
    """Have the database refuse whatever is asked of live sessions."""
    table = LiveSession._meta.db_table
    with connection.schema_editor() as editor:
        editor.alter_db_table(LiveSession, table, "elsewhere")
    yield
    with connection.schema_editor() as editor:
        editor.alter_db_table(LiveSession, "elsewhere", table)


def test_a_database_that_fails_ends_no_stream_and_lets_nobody_in(ask, without_sessions):
    assert ask("stay", name="a") == (204, None)
    assert ask("play", name="a") == (503, None)
    assert ask("publish", name="a", clientid="1") == (503, None)
