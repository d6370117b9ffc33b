"""The text in `data`: whatever it holds, it is taken or refused with the 422 list."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media_api.config.schema import Config
from media_api.schemas.errors import Invalid
from media_api.schemas.submission import MOST_DATA_BYTES, parse
from media_api.tests.schemas.asking import ENGLISH, ROUTES, asked, fault, faults


@pytest.mark.parametrize("route", ROUTES)
def test_data_that_is_missing_is_a_missing_field(route: str) -> None:
    assert fault(route, None) == {
        "loc": ["body", "data"],
        "msg": "Field required",
        "type": "missing",
    }


@pytest.mark.parametrize(
    "text",
    [
        *("{not json", "", " ", "{", '{"a":1}x', "\0", "\ufeff{}", "'a'", '{"a":01}', "{'a':1}"),
        *("NaN", '{"a":NaN}', '{"a":Infinity}', '{"a":-Infinity}', '{"a":"\\ud800"}'),
        *(b"\xff", b'{"a":"\xff"}', b'{"a":"\xed\xa0\x80"}', "\ud800"),
        *("[" * 100_000, '{"a":' * 5000, '{"a":' + "[" * 300 + "]" * 300 + "}"),
        '{"a":' + "1" * 5000 + "}",
        '{"a":"' + "x" * MOST_DATA_BYTES + '"}',
    ],
)
def test_what_is_no_json_is_refused_as_such(text: str | bytes) -> None:
    found = fault("compress", text)

    assert found["loc"] == ["body", "data"]
    assert found["type"] == "json_invalid"


@pytest.mark.parametrize("text", ["[1,2]", "1", '"text"', "null", "true", "[]"])
def test_json_that_is_no_object_is_refused(text: str) -> None:
    assert fault("compress", text) == {
        "loc": ["body", "data"],
        "msg": "Input should be an object",
        "type": "model_type",
    }


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("null", "int_type"),
        ("true", "int_type"),
        ("[]", "int_type"),
        ("{}", "int_type"),
        ('"wide"', "int_parsing"),
        ('""', "int_parsing"),
        ('"640.5"', "int_parsing"),
        ("640.5", "int_from_float"),
        ("1e400", "finite_number"),
        ("1" * 400, "less_than_equal"),
        ("-" + "1" * 400, "greater_than_equal"),
        (json.dumps("9" * 5000), "int_parsing_size"),
    ],
)
def test_a_number_that_is_none_is_refused_at_its_field(value: str, kind: str) -> None:
    found = fault("compress", f'{{"config":{{"video":{{"width":{value}}}}}}}')

    assert found["loc"] == ["body", "data", "config", "video", "width"]
    assert found["type"] == kind


@pytest.mark.parametrize("value", ["a\0b", "a\nb", "a\x7f", "\ud800", "", "x" * 4097, 7, ["a"]])
@pytest.mark.parametrize("key", ["url", "path", "uploadId"])
def test_text_that_cannot_be_stored_is_refused(key: str, value: Any) -> None:
    assert fault("compress", {key: value})["loc"] == ["body", "data", key]


def test_neither_the_input_nor_a_name_of_our_code_is_told() -> None:
    data = {
        "url": 12345678901,
        "webhook": "wehbook-input",
        "config": {
            "preset": "preset-input",
            "video": [987654321],
            "codecs": {"video": {"codec-input": 1}},
        },
    }
    said = json.dumps(faults("compress", data))

    assert "input" not in said.replace("Input should", "")
    assert "12345678901" not in said
    assert "987654321" not in said
    assert "instance of" not in said
    assert said.count('"loc"') == 5


@pytest.mark.parametrize(
    ("route", "data"),
    [
        ("custom", {"actions": ["x"] * 10_000}),
        ("transcribe", {"config": {"transcribe": {"formats": [{}] * 10_000}}}),
    ],
)
def test_of_a_list_the_first_fault_is_told(route: str, data: dict[str, Any]) -> None:
    assert fault(route, data)["loc"][-1] == 0


def test_unknown_keys_are_ignored_wherever_they_stand() -> None:
    data = {
        "colour": 1,
        "\ud800": "\0",
        "config": {"a": {"b": 1e999}, "video": {"depth": "\ud800", "width": 64}, "transcribe": 7},
    }

    assert asked("compress", data).config["ffmpeg"]["video"]["width"] == 64


def test_text_bytes_and_objects_mean_the_same() -> None:
    text = '{"config":{"video":{"width":"1280"}}}'

    found = {repr(asked("compress", data)) for data in (text, text.encode(), json.loads(text))}

    assert len(found) == 1
    assert "'width': 1280" in found.pop()


_KEYS = (
    *("url", "path", "uploadId", "upload_id", "webhook", "secret", "config", "actions", "video"),
    *("width", "fps", "codecs", "audio", "sampleRate", "sample_rate", "transcribe", "language"),
    *("formats", "fileToText", "preset", "ffmpeg", "summary"),
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_KEYS), inner, max_size=6)
    ),
    max_leaves=12,
)


def outcome(route: str, data: Any) -> dict[str, Any] | list[Any]:
    try:
        return parse(route, data, Config(), languages=ENGLISH).config
    except Invalid as refused:
        return refused.errors


@settings(max_examples=150, deadline=None)
@given(route=st.sampled_from(ROUTES), data=_JSON | st.text(max_size=40) | st.binary(max_size=40))
def test_whatever_is_sent_is_taken_whole_or_refused_with_the_list(route: str, data: Any) -> None:
    found = outcome(route, data)

    json.dumps(found, allow_nan=False, ensure_ascii=False).encode()
    assert found
    if isinstance(found, list):
        assert all(fault["loc"][:2] == ["body", "data"] for fault in found)
