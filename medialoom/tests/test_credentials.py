"""The file of tokens: for its owner alone, whole at every moment."""

import stat

import pytest

from medialoom.credentials import TokenFile, Tokens


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"servers": 3}', b'{"servers": {"http://a": {}}}']
)
def test_a_damaged_file_is_as_none(config, content):
    config.mkdir(parents=True)
    (config / "token.json").write_bytes(content)

    assert TokenFile().tokens_of("http://a") is None


def test_nothing_is_known_before_the_first_login():
    assert TokenFile().last_server() is None
    assert not TokenFile().forget("http://a")


def test_nobody_else_may_read_it(config):
    TokenFile().keep("http://a", Tokens("secret"))

    assert stat.S_IMODE((config / "token.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(config.stat().st_mode) == 0o700


def test_tokens_do_not_show_when_they_are_printed():
    assert "secret" not in repr(Tokens("secret", "secret"))


def test_each_server_has_its_own_tokens():
    TokenFile().keep("http://a", Tokens("one", "more"))
    TokenFile().keep("http://b", Tokens("two"))

    assert TokenFile().tokens_of("http://a") == Tokens("one", "more")
    assert TokenFile().last_server() == "http://b"


def test_a_logout_forgets_one_server_alone(config):
    TokenFile().keep("http://a", Tokens("one"))
    TokenFile().keep("http://b", Tokens("two"))

    assert TokenFile().forget("http://b")

    assert TokenFile().tokens_of("http://a") == Tokens("one")
    assert TokenFile().last_server() is None
    assert [path.name for path in config.iterdir()] == ["token.json"]
