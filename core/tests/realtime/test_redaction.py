import logging

import pytest

from core.realtime.redaction import RedactTokens, mask, mask_path, mask_query

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyX2lkIjoiMSJ9.c2lnbmF0dXJl-_x"


@pytest.mark.parametrize(
    "query",
    [
        f"token={JWT}",
        f"x=1&token={JWT}",
        f"token={JWT}&x=1",
        f"tok%65n={JWT}",
        f"ticket={JWT}",
        "token=short",
        "token=a&token=b",
        "token=a=b",
        "%74oken=%61%62",
    ],
)
def test_no_value_of_a_token_parameter_survives(query):
    masked = mask_query(query)

    assert JWT not in masked
    assert "***" in masked
    assert not {"short", "%61%62", "a=b"} & set(masked.replace("=", "&", 1).split("&"))


def test_other_parameters_survive():
    assert mask_query("x=1&token=secret&frames=wrapped") == "x=1&token=***&frames=wrapped"


@pytest.mark.parametrize(
    "line",
    [
        f'127.0.0.1:1 - "WebSocket /ws/jobs/?token={JWT}" [accepted]',
        f"GET /ws/jobs/?x=1?&token={JWT} HTTP/1.1",
        f"Authorization: Bearer {JWT}",
        "authorization: bearer opaque-secret",
        f"Sec-WebSocket-Protocol: jwt, {JWT}",
        f"{{'token': '{JWT}'}}",
        f"/ws/?t={JWT.replace('.', '%2E')}",
    ],
)
def test_no_line_keeps_a_token(line):
    masked = mask(line)

    assert JWT not in masked
    assert "opaque-secret" not in masked
    assert "signature" not in masked
    assert "c2lnbmF0dXJl" not in masked


def test_an_ordinary_line_stays_as_it_is():
    line = '127.0.0.1:1 - "GET /api/v1/jobs/?status=failed HTTP/1.1" 200'
    assert mask_path(mask(line)) == line


def test_an_api_token_in_a_path_is_masked_and_a_uuid_is_not():
    key = "0123456789abcdef" * 4
    job = "/api/v1/jobs/5f0f2d6e-0f5c-4a43-9e6a-0d8f3f8f0a11/"

    assert mask_path(f"/api/v1/core/uploads/{key}/") == "/api/v1/core/uploads/***/"
    assert mask_path(f"/api/v1/core/uploads/ml_{key}/") == "/api/v1/core/uploads/***/"
    assert mask_path(job) == job


@pytest.mark.parametrize("slashes", ["/", "//"])
def test_a_players_token_is_masked_and_the_rest_of_its_address_is_not(slashes):
    line = f"Not Found: /play{slashes}t1nxm4.dG9r-ZW4_/5f0f2d6e/0.m3u8"

    assert mask_path(line) == f"Not Found: /play{slashes}***/5f0f2d6e/0.m3u8"


def record(message, *args):
    return logging.LogRecord("uvicorn.error", logging.INFO, __file__, 1, message, args, None)


def test_the_filter_masks_arguments_and_keeps_their_number():
    line = record('%s - "WebSocket %s" [accepted]', "127.0.0.1:1", f"/ws/jobs/?token={JWT}")

    assert RedactTokens().filter(line)
    assert line.getMessage() == '127.0.0.1:1 - "WebSocket /ws/jobs/?token=***" [accepted]'
    assert len(line.args) == 2


def test_the_filter_masks_named_arguments():
    line = record("%(path)s", {"path": f"/?token={JWT}"})
    RedactTokens().filter(line)

    assert line.getMessage() == "/?token=***"


def test_the_filter_leaves_what_is_not_text():
    line = record("%d of %s", 5, None)
    RedactTokens().filter(line)

    assert line.getMessage() == "5 of None"
