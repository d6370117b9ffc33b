import pytest

from core.realtime.credentials import query_of, take_credentials


def scope_of(*, query=b"", headers=(), subprotocols=()):
    headers = list(headers)
    if subprotocols:
        headers.append((b"sec-websocket-protocol", ", ".join(subprotocols).encode()))
    return {"query_string": query, "headers": headers, "subprotocols": list(subprotocols)}


SECRET = "secret-token"
WAYS = {
    "header": scope_of(headers=[(b"authorization", b"Bearer secret-token")]),
    "header in capitals": scope_of(headers=[(b"Authorization", b"BEARER  secret-token")]),
    "sub-protocol": scope_of(subprotocols=["jwt", SECRET]),
    "query": scope_of(query=b"token=secret-token"),
    "query, not first": scope_of(query=b"x=1&&y=%26&token=secret-token"),
    "query, encoded": scope_of(query=b"tok%65n=secret%2Dtoken"),
}


@pytest.mark.parametrize("scope", WAYS.values(), ids=WAYS.keys())
def test_every_way_gives_the_token_and_leaves_none_in_the_scope(scope):
    credentials = take_credentials(scope)

    assert credentials.token == SECRET
    assert SECRET not in repr(scope)
    assert "secret%2Dtoken" not in repr(scope)
    assert SECRET not in repr(credentials)


@pytest.mark.parametrize(
    "scope",
    [
        scope_of(),
        scope_of(query=b"token="),
        scope_of(query=b"mytoken=secret-token"),
        scope_of(headers=[(b"authorization", b"Basic secret-token")]),
        scope_of(headers=[(b"cookie", b"sessionid=abc")]),
        scope_of(subprotocols=["jwt"]),
        scope_of(subprotocols=["graphql-ws", SECRET]),
        scope_of(query=b"&".join([b"a=1"] * 5000)),
        scope_of(query=b"\xff\xfe=%ff%fe"),
    ],
)
def test_what_is_no_token_gives_none(scope):
    assert not take_credentials(scope).are_given


def test_only_the_name_of_the_subprotocol_is_answered():
    scope = scope_of(subprotocols=["jwt", SECRET])

    assert take_credentials(scope).subprotocol == "jwt"
    assert scope["subprotocols"] == ["jwt"]
    assert scope["headers"] == [(b"sec-websocket-protocol", b"jwt,***")]


def test_an_app_may_name_another_pair():
    credentials = take_credentials(scope_of(subprotocols=["bearer", SECRET]), ("jwt", "bearer"))

    assert (credentials.subprotocol, credentials.token) == ("bearer", SECRET)


def test_a_ticket_is_taken_and_masked():
    scope = scope_of(query=b"ticket=secret-token&frames=wrapped")

    assert take_credentials(scope).ticket == SECRET
    assert scope["query_string"] == b"ticket=***&frames=wrapped"


def test_other_parameters_can_still_be_read():
    scope = scope_of(query=b"token=secret-token&initial=1&initial=2")
    take_credentials(scope)

    assert query_of(scope)["initial"] == "1"
