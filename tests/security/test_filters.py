"""Filters of lists take anything: what they cannot look for is a bad request, or nothing."""

import asyncio
import json

import httpx
import pytest
import websockets

from core.uploads.models import Upload

HOSTILE = [
    {"created_after": "0001-01-01T00:00:00+23:59"},
    {"created_before": "9999-12-31T23:59:59-23:59"},
    {"created_after": "0001-01-01T00:00:00+00:01"},
    {"search": "a" * 60_000},
    {"language": "a" * 60_000},
    {"image_hash": "a" * 60_000},
    {"search": "\x00"},
    {"text_or_name": "a" * 60_000},
    {"text_or_name": "\x00"},
    {"language": "\x00"},
    {"image_hash": "\x00"},
]


@pytest.fixture
def one_upload(user) -> Upload:
    """Return an upload: over an empty table a bad pattern is never looked at."""
    return Upload.objects.create(
        owner=user,
        stored_name="a/b/c.png",
        image_hash="0" * 64,
        mime_type="image/png",
        size_bytes=1,
        search_text="something",
        detected_language="eng",
    )


@pytest.mark.parametrize("query", HOSTILE, ids="-".join)
def test_a_list_answers_400_to_what_it_cannot_look_for(
    platform, user, access_token, one_upload, query
):
    answer = httpx.get(
        f"{platform.url}/api/v1/core/uploads/",
        params=query,
        headers={"Authorization": f"Bearer {access_token(user)}"},
        timeout=180,
    )

    assert answer.status_code == 400
    if len(str(query)) < 1000:
        assert list(answer.json()["errors"]) == list(query)


@pytest.mark.parametrize("query", HOSTILE, ids="-".join)
def test_a_list_over_a_socket_names_the_field(platform, user, access_token, one_upload, query):
    async def ask() -> dict[str, object]:
        address = f"{platform.ws_url}/ws/core/upload/?token={access_token(user)}"
        async with websockets.connect(address) as socket:
            await socket.send(json.dumps({"type": "list", **query}))
            return json.loads(await asyncio.wait_for(socket.recv(), 60))

    answer = asyncio.run(ask())

    assert answer["code"] == "invalid"
    assert list(answer["error"]) == list(query)


@pytest.mark.parametrize("field", ["search", "text_or_name"])
@pytest.mark.parametrize("word", ["%", "_", "\\", "'; --", "some%thing", "so.*", "(", "💣" * 999])
def test_what_is_special_to_a_database_is_only_text_here(
    platform, user, access_token, one_upload, word, field
):
    answer = httpx.get(
        f"{platform.url}/api/v1/core/uploads/",
        params={field: word},
        headers={"Authorization": f"Bearer {access_token(user)}"},
        timeout=180,
    )

    assert answer.status_code == 200
    assert answer.json() == []
