"""The same protocol under the other supported server, which stores a body before it hands it on."""

from tests.support.tus_client import checksum

SIZE = 3 * 2**20
CONTENT = bytes(range(256)) * (SIZE // 256)


def test_an_upload_is_resumed_and_finished(own_web):
    tus = own_web.start(ASGI_SERVER="daphne")
    where = tus.made(SIZE)
    half = SIZE // 2

    assert tus.patch(where, b"wrong", 0, {"Upload-Checksum": checksum(b"x")}).status_code == 460
    assert tus.patch(where, CONTENT[:half]).status_code == 204
    assert tus.patch(where, CONTENT[:half]).status_code == 409
    answer = tus.patch(where, CONTENT[half:], half, {"Upload-Checksum": checksum(CONTENT[half:])})

    assert answer.headers["Upload-Resource"] == where
    assert tus.offset(where) == SIZE
