"""Who gets in, by which way, and what those who do not are told."""

import pytest
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from core.realtime import close_codes

pytestmark = pytest.mark.django_db(transaction=True)


def refusal(client):
    """Return the one frame before the close, and the close code."""
    frames = client.rest()
    assert len(frames) == 1
    assert frames[0]["type"] == "error"
    return frames[0]["code"], client.connection.close_code


def test_a_socket_without_a_token_is_told_and_closed_4401(open_socket):
    assert refusal(open_socket("/ws/jobs/")) == ("auth_required", close_codes.UNAUTHENTICATED)


def test_a_token_in_the_query_opens_the_socket(jobs_socket):
    assert jobs_socket.ask({"type": "nope"})["code"] == "unsupported_command"
