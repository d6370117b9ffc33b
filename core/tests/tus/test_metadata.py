"""`Upload-Metadata`, read strictly whatever comes."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import FieldErrors
from core.tus.metadata import MAX_HEADER_BYTES, metadata_of
from tests.support.tus_client import metadata

NAMED = st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=",")
KEYS = st.text(NAMED, min_size=1, max_size=20)
VALUES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=200)


@given(st.dictionaries(KEYS, VALUES, max_size=10))
def test_what_was_written_is_read(pairs):
    assert metadata_of(metadata(**pairs)) == pairs


@given(st.text(max_size=300))
def test_any_header_is_read_or_refused(header):
    try:
        found = metadata_of(header)
    except FieldErrors:
        return
    assert all(key and "\0" not in value for key, value in found.items())


@given(st.binary(max_size=100))
def test_any_bytes_in_base64_are_a_text_or_refused(content):
    header = f"filename {base64.b64encode(content).decode()}"
    try:
        assert metadata_of(header) == {"filename": content.decode()}
    except FieldErrors:
        assert b"\0" in content or not is_utf8(content)


def is_utf8(content: bytes) -> bool:
    try:
        return content.decode() is not None
    except UnicodeDecodeError:
        return False


@pytest.mark.parametrize("header", ["", "   "])
def test_no_metadata_is_none(header):
    assert metadata_of(header) == {}


def test_a_key_may_stand_without_a_value():
    assert metadata_of("is_confidential,filename Zm9v") == {
        "is_confidential": "",
        "filename": "foo",
    }


def test_spaces_after_a_comma_are_borne():
    assert metadata_of("a Zm9v, b Zm9v") == {"a": "foo", "b": "foo"}


def test_a_key_twice_is_refused():
    with pytest.raises(FieldErrors, match="twice"):
        metadata_of("a Zm9v,a YmFy")


def test_a_header_without_end_is_refused():
    with pytest.raises(FieldErrors):
        metadata_of("a " + "QUJD" * MAX_HEADER_BYTES)
