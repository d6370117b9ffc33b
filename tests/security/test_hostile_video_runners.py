"""Strangers at the doors where runners bring results: they hold no memory and are soon gone."""

import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from core.realtime.redaction import mask_path
from tests.platform.servers import read_all

KIB = 2**10
ANNOUNCED_BYTES = 2**34
TOKEN = b'--x\r\nContent-Disposition: form-data; name="runnerToken"\r\n\r\n'


@contextmanager
def endless_success(platform, content_type: str, body: bytes) -> Iterator[socket.socket]:
    """Begin a result of 16 GiB without a token that is anybody's."""
    address = urlsplit(platform.url)
    path = f"/api/v1/runners/jobs/{uuid.uuid4()}/success"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {address.netloc}\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {ANNOUNCED_BYTES}\r\n\r\n"
    )
    with socket.create_connection((address.hostname, address.port), timeout=180) as client:
        client.sendall(head.encode() + body)
        yield client


def status_of(client: socket.socket) -> int:
    """Read the head of the answer, while most of the body was never sent."""
    return int(client.recv(64 * KIB).split()[1])


FORMS = {
    "a long text": TOKEN + b"a" * 512 * KIB,
    "lines before the first part": b"\r\n" * 256 * KIB,
    "bytes behind the last part": b"--x--\r\n" + b"a" * 512 * KIB,
}


@pytest.mark.parametrize("body", FORMS.values(), ids=FORMS.keys())
def test_a_form_without_tokens_is_refused_long_before_its_end(platform, body):
    with endless_success(platform, "multipart/form-data; boundary=x", body) as client:
        assert status_of(client) == 413


def test_json_without_an_end_is_refused_long_before_it(platform):
    body = b'{"progress": "' + b"9" * 512 * KIB

    with endless_success(platform, "application/json", body) as client:
        assert status_of(client) == 413


def test_what_stands_behind_the_last_part_of_a_whole_form_is_not_minded(platform):
    """Some clients end with a line: the answer is about the tokens."""
    address = urlsplit(platform.url)
    body = TOKEN + b"a\r\n--x--\r\n\r\n"
    head = (
        f"POST /api/v1/runners/jobs/{uuid.uuid4()}/success HTTP/1.1\r\nHost: {address.netloc}\r\n"
        f"Content-Type: multipart/form-data; boundary=x\r\nConnection: close\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((address.hostname, address.port), timeout=180) as client:
        client.sendall(head.encode() + body)
        answer = read_all(client)

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"jobToken" in answer


@pytest.mark.parametrize("slashes", ["/", "//"])
def test_the_signed_address_of_a_file_is_no_line_of_the_log(slashes):
    line = f"GET /api/v1/runners/files{slashes}WyJhIl0:1sT:dG9r-ZW4_/ 200"

    assert mask_path(line) == f"GET /api/v1/runners/files{slashes}***/ 200"


def test_the_address_of_a_jobs_file_is_kept_in_the_log():
    line = "POST /api/v1/runners/jobs/5f0f2d6e/files/videos/5f0f2d6e/max-quality 200"

    assert mask_path(line) == line
