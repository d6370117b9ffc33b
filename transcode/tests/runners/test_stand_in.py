"""The stand-in runner itself: it sends what the contract says, byte for byte."""

import socket
import threading

import pytest

from tests.support.stand_in_runner import StandInRunner

ANSWER = b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n"


@pytest.fixture
def wire():
    """Return a server that keeps the bytes of one request, and the address it listens on."""
    listener = socket.create_server(("127.0.0.1", 0))
    seen = bytearray()

    def serve():
        connection, _ = listener.accept()
        with connection:
            while b"\r\n\r\n" not in seen:
                seen.extend(connection.recv(65536))
            head, _, body = bytes(seen).partition(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            while len(body) < length:
                body += connection.recv(65536)
            seen[:] = head + b"\r\n\r\n" + body
            connection.sendall(ANSWER)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield (
        f"http://127.0.0.1:{listener.getsockname()[1]}",
        lambda: (thread.join(180), bytes(seen))[1],
    )
    listener.close()


def test_calls_bring_json_and_no_header_that_the_client_does_not_send(wire):
    url, seen = wire
    runner = StandInRunner(url)
    runner.token = "ptrt-1"
    runner.abort({"uuid": "u", "jobToken": "ptrjt-1"}, "why")
    head, _, body = seen().partition(b"\r\n\r\n")
    assert head.startswith(b"POST /api/v1/runners/jobs/u/abort HTTP/1.1\r\n")
    names = {line.split(b":")[0].lower() for line in head.split(b"\r\n")[1:]}
    assert names == {b"host", b"connection", b"content-length", b"content-type"}
    assert body == b'{"runnerToken":"ptrt-1","jobToken":"ptrjt-1","reason":"why"}'


def test_an_update_without_files_is_multipart_with_a_length(wire):
    url, seen = wire
    runner = StandInRunner(url)
    runner.token = "ptrt-1"
    runner.update({"uuid": "u", "jobToken": "ptrjt-1"}, 50)
    head, _, body = seen().partition(b"\r\n\r\n")
    assert b"multipart/form-data; boundary=" in head
    assert b"transfer-encoding" not in head.lower()
    assert body.count(b"Content-Disposition: form-data; name=") == 3
    assert b'name="progress"\r\n\r\n50\r\n' in body


def test_texts_come_before_files_and_nested_names_have_brackets(wire, tmp_path):
    url, seen = wire
    file = tmp_path / "a.mp4"
    file.write_bytes(b"\x00bytes")
    runner = StandInRunner(url)
    runner.success({"uuid": "u", "jobToken": "j"}, {"videoFile": file}, {"inputLanguage": "en"})
    body = seen()
    places = [
        body.index(name)
        for name in (b'"runnerToken"', b'"jobToken"', b'"payload[inputLanguage]"',
                     b'"payload[videoFile]"; filename="a.mp4"')
    ]  # fmt: skip
    assert places == sorted(places)
    assert b"\r\n\r\n\x00bytes\r\n--" in body
