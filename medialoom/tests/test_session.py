"""HTTP with a server: who it is told, and what is made of its answers."""

import pytest

from medialoom.credentials import Tokens
from medialoom.errors import BadAnswer, NotAllowed, Refused, Unreachable
from medialoom.session import BadAddress, Session

REFRESH = "/api/v1/users/refresh/"


@pytest.mark.parametrize(
    "address",
    ["", "localhost:8000", "ftp://host", "http://", "http://a:b@host", "http://h/?x=1", "http://h:99999"],
)  # fmt: skip
def test_what_is_no_address_of_a_server_is_refused(address):
    with pytest.raises(BadAddress):
        Session(address)


def test_a_server_that_is_not_there_is_unreachable(session):
    dead = Session("http://127.0.0.1:1")

    with pytest.raises(Unreachable) as refusal:
        dead.object("GET", "/x")

    assert refusal.value.exit_status == 4


def test_a_page_instead_of_json_is_told_apart(server, session):
    server.says("GET", "/x", 200, b"<html>Welcome to nginx</html>")

    with pytest.raises(BadAnswer, match="is it a Medialoom server"):
        session.object("GET", "/x")


@pytest.mark.parametrize("body", [b"[1]", b"null", b"\xff\xfe", b"[" * 100_000])
def test_json_that_is_no_object_is_a_bad_answer(server, session, body):
    server.says("GET", "/x", 200, body)

    with pytest.raises(BadAnswer):
        session.object("GET", "/x")


def test_a_page_with_an_error_keeps_its_status(server, session):
    server.says("GET", "/x", 500, b"<html>Traceback</html>")

    with pytest.raises(Refused, match=r"^The server answered with status 500\.$"):
        session.object("GET", "/x")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"detail": "File too large"}, "File too large"),
        (
            {"detail": [{"loc": ["body", "data", "config", "preset"], "msg": "No", "type": "x"}]},
            "config.preset: No",
        ),
        ({"errors": {"name": ["Too long.", "Odd."]}}, "name: Too long. Odd."),
        ({"title": "Gone"}, "Gone"),
    ],
)  # fmt: skip
def test_every_shape_of_an_error_becomes_a_sentence(server, session, body, said):
    server.says("GET", "/x", 422, body)

    with pytest.raises(Refused) as refusal:
        session.object("GET", "/x")

    assert str(refusal.value) == said


def test_a_servers_words_cannot_steer_the_terminal(server, session):
    server.says("GET", "/x", 400, {"detail": "\x1b[2J\x1b]0;owned\x07 no\r\nmore" + "x" * 5000})

    with pytest.raises(Refused) as refusal:
        session.object("GET", "/x")

    assert str(refusal.value).isprintable()
    assert len(str(refusal.value)) <= 300


def test_another_address_is_told_and_not_followed(server, session):
    server.says("GET", "/x", 302, Location="http://elsewhere.example/x")

    with pytest.raises(BadAnswer, match="elsewhere"):
        session.object("GET", "/x")


@pytest.mark.parametrize(
    "path", ["http://elsewhere.example/x", "//elsewhere.example/x", "file:///etc/passwd"]
)
def test_another_servers_address_never_sees_the_token(session, path):
    with pytest.raises(BadAnswer):
        session.url_of(path)


def test_a_refused_renewal_is_not_allowed(server, session):
    server.says("GET", "/x", 401, {"detail": "Expired."})
    server.says("POST", REFRESH, 401, {"errors": {"refresh": "Over."}})

    with pytest.raises(NotAllowed, match=r"Expired.*medialoom login"):
        session.object("GET", "/x")

    assert len(server.calls("GET")) == 1


def test_a_token_that_is_refused_for_ever_is_renewed_once(server, session):
    server.says("GET", "/x", 401, {"detail": "No."})
    server.says("POST", REFRESH, 200, {"access": "new"})

    with pytest.raises(NotAllowed):
        session.object("GET", "/x")

    assert len(server.calls("POST")) == 1


def test_an_expired_token_is_renewed_and_the_call_made_again(server):
    kept = []
    session = Session(server.url, Tokens("old", "again"), kept.append)
    server.on(
        "POST", "/x", lambda it: it.say(401, {}), lambda it: it.say(200, {"got": it.body.decode()})
    )
    server.says("POST", REFRESH, 200, {"access": "new"})

    assert session.object("POST", "/x", content=b"whole") == {"got": "whole"}

    assert kept == [Tokens("new", "again")]
    assert server.seen[-1][2]["Authorization"] == "Bearer new"
