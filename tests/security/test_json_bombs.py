"""JSON that would be large once parsed is refused unparsed, at every door."""

import asyncio
import json
from pathlib import Path

import httpx
import pytest
import websockets

from core.api.parsers import MAX_JSON_BYTES
from core.json_bounds import has_at_most
from core.uploads.encoded import MAX_PARSED_BYTES, cut
from tests.platform.servers import PAGE_BYTES

MIB = 2**20
LISTS = "[" + "[]," * (2 * MIB) + "1]"
STRINGS = "[" + '"",' * (2 * MIB) + "1]"
HIDDEN = '["\\\\","\\"",' + "[]," * (2 * MIB) + "1]"


@pytest.mark.parametrize(
    "text",
    [
        "[" + "1," * 11 + "1]",
        "[" + "[]," * 11 + "1]",
        "[" + "{}," * 11 + "1]",
        "[" + '"",' * 11 + "1]",
        "[" * 12,
        "[" + '"\\\\",' * 30 + "1]",
        '["\\\\",' + "1," * 30 + "1]",
        '["\\"",' + "1," * 30 + "1]",
        '["\\\\\\"",' + "1," * 30 + "1]",
        '"' * 60 + "," * 11,
    ],
)
def test_more_values_than_allowed_are_told_unparsed(text):
    assert not has_at_most(text, 10)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        json.dumps(list(range(10))),
        json.dumps({"text": "a, b, c [d] {e} " * 100}),
        json.dumps({"text": '"quoted", and "again", ' * 100}),
        json.dumps({"text": "back\\slash, [" * 100}),
        json.dumps({"text": 'ends in a backslash \\",[{' * 100, "more": "\\"}),
    ],
)
def test_what_stands_in_strings_is_no_value(text):
    assert has_at_most(text, 10)


def test_a_name_that_stands_for_other_values_again_and_again_is_not_searched_for_ever():
    message = b"[" + b'"image_base64",' * 100 + b'{"image_base64":"QUJD"}]'

    assert cut(message).encoded is None


def test_a_quote_in_the_base64_leaves_the_message_to_the_parser():
    message = b'{"image_base64":"' + b'\\"' * 1000 + b'"}'

    assert cut(message).rest == message


def resident_bytes(platform) -> int:
    statm = Path(f"/proc/{platform.web.pid}/statm").read_text()
    return int(statm.split()[1]) * PAGE_BYTES


@pytest.mark.parametrize("bomb", [LISTS, STRINGS, HIDDEN], ids=["lists", "strings", "hidden"])
@pytest.mark.parametrize("path", ["users/login/", "jobs/", "core/uploads/"])
def test_a_body_of_millions_of_values_is_refused_in_flat_memory(
    platform, user, access_token, path, bomb
):
    before = resident_bytes(platform)

    answer = httpx.post(
        f"{platform.url}/api/v1/{path}",
        content=bomb.encode(),
        headers={
            "Authorization": f"Bearer {access_token(user)}",
            "Content-Type": "application/json",
        },
        timeout=180,
    )

    assert answer.status_code == 400
    # The text itself is there a few times; parsed it would be hundreds of MiB.
    assert resident_bytes(platform) - before < 100 * MIB


@pytest.mark.parametrize("charset", ["utf-7", "utf-16", "utf-32", "nonsense", ""])
def test_no_charset_makes_a_body_anything_but_utf_8(platform, charset):
    body = '{"email": "a@example.org", "password": "\\u0444"}'.encode("utf-16")

    answer = httpx.post(
        f"{platform.url}/api/v1/users/login/",
        content=body,
        headers={"Content-Type": f"application/json; charset={charset}"},
        timeout=180,
    )

    assert answer.status_code == 400


def test_a_json_body_beyond_the_limit_is_413(platform, user, access_token):
    answer = httpx.post(
        f"{platform.url}/api/v1/jobs/",
        content=b'{"kind": "' + b"x" * MAX_JSON_BYTES + b'"}',
        headers={
            "Authorization": f"Bearer {access_token(user)}",
            "Content-Type": "application/json",
        },
        timeout=180,
    )

    assert answer.status_code == 413
    assert answer.json()["code"] == "too_large"


def answer_on_socket(platform, token: str, message: str) -> dict[str, object]:
    async def ask() -> dict[str, object]:
        address = f"{platform.ws_url}/ws/core/upload/?token={token}"
        async with websockets.connect(address, max_size=None) as socket:
            await socket.send(message)
            refusal = json.loads(await asyncio.wait_for(socket.recv(), 60))
            await socket.send('{"type":"ping"}')
            assert json.loads(await asyncio.wait_for(socket.recv(), 60))["type"] == "pong"
            return refusal

    return asyncio.run(ask())


@pytest.mark.parametrize("bomb", [LISTS, STRINGS, HIDDEN], ids=["lists", "strings", "hidden"])
def test_a_message_of_millions_of_values_is_refused_in_flat_memory(
    platform, user, access_token, bomb
):
    before = resident_bytes(platform)

    answer = answer_on_socket(platform, access_token(user), '{"type":"ping","x":' + bomb + "}")

    assert answer["code"] == "bad_request"
    assert resident_bytes(platform) - before < 100 * MIB


def test_a_message_that_is_long_without_base64_is_refused_and_the_socket_stays(
    platform, user, access_token
):
    text = "x" * (MAX_PARSED_BYTES + 1)

    answer = answer_on_socket(platform, access_token(user), '{"type":"' + text + '"}')

    assert answer["code"] == "too_large"


def test_a_message_of_escaped_quotes_where_base64_should_be_is_refused(
    platform, user, access_token
):
    text = '\\"' * (10 * MIB)
    message = '{"type":"create","data":{"image_base64":"' + text + '"}}'

    answer = answer_on_socket(platform, access_token(user), message)

    assert str(answer["error"]).startswith("{'image_base64': 'Invalid base64 encoding:")
