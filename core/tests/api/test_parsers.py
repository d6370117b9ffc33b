"""JSON that is meant to hurt (platform contract, 6: a bad request never gives a 5xx)."""

import io
import json

import pytest
from rest_framework.exceptions import ParseError
from rest_framework.test import APIClient

from core.api.parsers import MAX_DEPTH, MAX_VALUES, StrictJSONParser

URL = "/api/v1/users/login/"
HOSTILE = {
    "empty-braces": b"{",
    "bare-word": b"nope",
    "two-values": b"{}{}",
    "trailing-comma": b'{"a":1,}',
    "single-quotes": b"{'a':1}",
    "nul-in-value": b'{"email":"a\\u0000","password":"x"}',
    "nul-in-key": b'{"\\u0000":"a"}',
    "raw-nul": b'{"email":"\x00"}',
    "half-surrogate": b'{"email":"\\ud800","password":"x"}',
    "half-surrogate-in-key": b'{"\\udfff":1}',
    "half-surrogate-deep": b'{"email":"a","password":"x","z":[[{"y":"\\ud800"}]]}',
    "huge-integer": b'{"email":' + b"9" * 5000 + b"}",
    "integer-beyond-64-bits": b'{"z":9223372036854775808}',
    "negative-beyond-64-bits": b'{"z":-9223372036854775809}',
    "infinite-float": b'{"z":1e999}',
    "nan": b'{"z":NaN}',
    "infinity": b'{"z":-Infinity}',
    "deep-lists": b"[" * 100_000 + b"]" * 100_000,
    "deep-objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "unclosed-depth": b"[" * 500_000,
    "a-little-too-deep": b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1),
    "too-many-values": b"[" + b"1," * MAX_VALUES + b"1]",
    "not-utf8": b'{"email":"\xff\xfe"}',
    "utf16-without-saying-so": '{"email":"a"}'.encode("utf-16"),
    "bom": b"\xef\xbb\xbf{}",
}


@pytest.mark.django_db
@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_body_that_is_meant_to_hurt_is_refused(body: bytes) -> None:
    answer = APIClient().post(URL, body, content_type="application/json")

    assert answer.status_code == 400, answer.content
    assert "errors" in answer.json()
    assert "Traceback" not in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/xml", "multipart/form-data; boundary=x", "text/html", "x", "*/*;",
     "application/x-www-form-urlencoded", "application/json-patch+json", "\x00", "é"],
)  # fmt: skip
def test_another_content_type_is_refused(content_type: str) -> None:
    answer = APIClient().post(URL, b"{}", content_type=content_type)

    assert answer.status_code in (400, 415)
    assert "errors" in answer.json()


@pytest.mark.django_db
@pytest.mark.parametrize("charset", ["nonsense", "base64", "rot13", "idna", "utf-7", "'\"", ""])
def test_a_strange_charset_is_no_crash(charset: str) -> None:
    answer = APIClient().post(URL, b"{}", content_type=f"application/json; charset={charset}")

    assert answer.status_code in (400, 415)


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "trace"])
def test_another_method_is_refused(method: str) -> None:
    answer = getattr(APIClient(), method)(URL)

    assert answer.status_code == 405
    assert set(answer.json()) == {"detail"}


@pytest.mark.django_db
@pytest.mark.parametrize("accept", ["text/html", "application/xml", "nonsense", "a/b;q=x"])
def test_an_answer_nobody_can_give_is_refused_politely(accept: str) -> None:
    answer = APIClient().post(URL, {}, format="json", HTTP_ACCEPT=accept)

    assert answer.status_code == 406


def parsed(body: bytes) -> object:
    return StrictJSONParser().parse(io.BytesIO(body), "application/json", {})


@pytest.mark.parametrize(
    "value",
    [
        {},
        [],
        None,
        "text",
        {"a": [1, 2.5, True, None, "é😀", ""]},
        2**63 - 1,
        -(2**63),
        1.7e308,
        {"\U0001f600": "surrogates in a pair are a character"},
    ],
)
def test_ordinary_json_is_read_as_it_is(value: object) -> None:
    assert parsed(json.dumps(value).encode()) == value


def test_the_deepest_nesting_that_is_allowed_is_read() -> None:
    assert parsed(b"[" * (MAX_DEPTH - 1) + b"1" + b"]" * (MAX_DEPTH - 1)) is not None


def test_a_message_names_no_file_of_the_server() -> None:
    with pytest.raises(ParseError) as refused:
        parsed(b"[" * 100_000)

    assert "/" not in str(refused.value.detail)
