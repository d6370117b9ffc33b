"""Base64: what is refused, what is accepted, and how it is cut out of a message."""

import base64
import json
import os

import pytest

from core.uploads.encoded import SLICE_BYTES, BadBase64, Encoded, cut


def decoded(text: str) -> bytes:
    return b"".join(Encoded.of(text).decoded())


@pytest.mark.parametrize(
    "text",
    [
        "@@@",
        "QUJ",
        "QUJDR",
        "QUJD=",
        "QUJDRA=",
        "QUJDRA===",
        "QQ==QQ==",
        "QQ==QUJD",
        "QQ==Q",
        "=QUJ",
        "====",
        "QUJ_",
        "QUJ-",
        "QUJD\x00",
        "QÜJD",
        "data:image/png,QUJD",
        "data:image/png;base64QUJD",
        "data:" + "x" * 300 + ";base64,QUJD",
        "file:///etc/passwd",
    ],
)
def test_what_is_not_base64_is_refused(text):
    with pytest.raises(BadBase64):
        decoded(text)


def test_padding_in_the_middle_of_a_long_text_is_refused():
    text = "QUJD" * (SLICE_BYTES // 4 - 1) + "QQ==" + "QUJD"

    with pytest.raises(BadBase64, match="data after the padding"):
        decoded(text)


def test_blanks_between_the_padding_and_more_data_hide_nothing():
    with pytest.raises(BadBase64, match="data after the padding"):
        decoded("QQ==" + " " * SLICE_BYTES * 2 + "QUJD")


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("", b""),
        ("QQ==", b"A"),
        ("  QUJD  \n", b"ABC"),
        ("QU\r\nJD", b"ABC"),
        ("data:image/png;base64,QUJD", b"ABC"),
        ("DATA:image/png;name=a.png;BASE64,QUJD", b"ABC"),
        ("data:;base64,QUJD", b"ABC"),
        (" data:image/png;base64, QUJD", b"ABC"),
        ("data:image/png;base64,", b""),
        ("+/+/", b"\xfb\xff\xbf"),
    ],
)
def test_prefix_and_blanks_are_dropped(text, content):
    assert decoded(text) == content


def test_a_long_text_comes_out_as_it_went_in_however_it_is_wrapped():
    content = os.urandom(3 * SLICE_BYTES + 1)

    assert decoded(base64.b64encode(content).decode()) == content
    assert decoded(base64.encodebytes(content).decode()) == content


def test_no_piece_is_longer_than_a_slice():
    content = os.urandom(3 * SLICE_BYTES)

    pieces = list(Encoded.of(base64.b64encode(content).decode()).decoded())

    assert max(map(len, pieces)) <= SLICE_BYTES


@pytest.mark.parametrize("spelling", ["\\/", "\\u002f", "\\u002F"])
def test_escapes_of_json_are_undone_wherever_a_slice_ends(spelling):
    content = b"\xff\xff\xff" * (SLICE_BYTES // 3)
    message = (
        '{"image_base64": "' + base64.b64encode(content).decode().replace("/", spelling) + '"}'
    )

    found = cut(message)

    assert b"".join(found.encoded.decoded()) == content


def test_wrapped_lines_in_json_are_blanks():
    message = json.dumps({"image_base64": base64.encodebytes(b"x" * 100).decode()})

    assert b"".join(cut(message).encoded.decoded()) == b"x" * 100


def test_an_escape_that_is_none_is_refused():
    found = cut('{"image_base64": "QU\\xJD"}')

    with pytest.raises(BadBase64):
        list(found.encoded.decoded())


@pytest.mark.parametrize(
    "message",
    [
        '{"a": 1}',
        "",
        "not json",
        '{"image_base64": 5}',
        '{"image_base64": null}',
        '{"image_base64',
        '{"image_base64": "never closed',
        '{"x": "image_base64"}',
        '{"x": "the \\"image_base64\\": \\"QUJD\\" of a text"}',
        '{"a \\"image_base64": "QUJD"}',
    ],
)
def test_what_has_no_such_key_is_left_as_it_is(message):
    found = cut(message)

    assert found.encoded is None
    assert found.rest == message.encode()


@pytest.mark.parametrize(
    "message",
    [
        {"image_base64": "QUJD", "filename": 'a "quoted" name'},
        {"filename": "x", "image_base64": "QUJD"},
        {"type": "create", "data": {"image_base64": "QUJD", "process": False}},
    ],
)
def test_the_text_is_put_back_where_it_was(message):
    found = cut(json.dumps(message))
    value = found.restored(json.loads(found.rest))

    place = value.get("data", value)
    assert isinstance(place["image_base64"], Encoded)
    assert b"".join(place["image_base64"].decoded()) == b"ABC"
    assert {**place, "image_base64": "QUJD"} == message.get("data", message)


def test_what_is_parsed_does_not_grow_with_the_file():
    message = json.dumps({"image_base64": "QUJD" * 1_000_000, "filename": "a.png"})

    assert len(cut(message).rest) < 200


def test_of_two_keys_the_last_one_counts_as_in_any_json():
    found = cut('{"image_base64": "QUJD", "image_base64": "QQ=="}')

    assert found.restored(json.loads(found.rest)) == {"image_base64": "QQ=="}


def test_a_client_cannot_name_the_mark_itself():
    first, second = cut('{"image_base64": "QUJD"}'), cut('{"image_base64": "QUJD"}')

    assert first.mark != second.mark
