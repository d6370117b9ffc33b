"""Large messages, small memory and a loop that stays awake (core contract, 2.2, 2.8, 6)."""

import hashlib
import io
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from django.conf import settings
from PIL import Image
from websockets.exceptions import ConnectionClosed

from core.tests.upload_sockets.conftest import UploadClient, encoded, picture
from core.uploads.models import Upload
from tests.support.waiting import wait_until

MIB = 2**20
LOOKS = 5


def resident_mib(pid: int) -> float:
    """Return a process' resident memory."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def padded_picture(size_bytes: int) -> bytes:
    """Return a PNG of a small picture that carries a chunk of no meaning."""
    data = picture("A large message")
    payload = b"pad0" + bytes(size_bytes)
    chunk = struct.pack(">I", len(payload) - 4) + payload + struct.pack(">I", zlib.crc32(payload))
    end = data.rindex(b"IEND") - 4
    return data[:end] + chunk + data[end:]


def decoded_bytes() -> int:
    """Return how much of a message under way is decoded by now; 0 when none is under way."""
    for path in (Path(settings.MEDIA_ROOT) / "uploads" / ".incoming").glob("*.part"):
        with suppress(FileNotFoundError):  # gone meanwhile
            return path.stat().st_size
    return 0


def pongs_during(socket: UploadClient, size_bytes: int) -> int:
    """Ping, one at a time, from the first decoded byte of a file on; count the pings that were
    asked after that and answered before the last of its `size_bytes` was decoded.
    """
    wait_until(decoded_bytes, every_s=0.001)
    pongs = 0
    while pongs < settings.CORE_WS_COMMANDS_PER_10S - 1:
        assert socket.command("ping")["type"] == "pong"
        if not 0 < decoded_bytes() < size_bytes:
            break
        pongs += 1
    return pongs


@pytest.mark.case("core", 49)
def test_sixty_mib_of_base64_are_taken_while_the_pings_of_other_sockets_are_answered(connect):
    large, small = connect(), connect()
    # A machine that stands still for that one second proves nothing: then it is looked at again.
    pongs = 0
    for look in range(LOOKS):
        data = padded_picture(45 * MIB + look)
        text = encoded(data)
        assert len(text) >= 60 * MIB
        with ThreadPoolExecutor(1) as pool:
            counting = pool.submit(pongs_during, small, len(data))
            created = large.command("create", data={"image_base64": text, "process": False})
        assert created["instance"]["size_bytes"] == len(data)
        assert created["instance"]["image_hash"] == hashlib.sha256(data).hexdigest()
        if pongs := counting.result():
            break
    assert pongs > 0


@pytest.mark.case("core", 50)
def test_a_message_above_the_limit_ends_its_own_socket_only(connect):
    large, small = connect(), connect()
    above = settings.CORE_WS_MAX_MESSAGE_BYTES + 2**19

    large.send('{"type":"create","data":{"image_base64":"' + "A" * above + '"}}')
    frames = large.rest()

    assert [(frame["type"], frame["code"]) for frame in frames] == [("error", "too_large")]
    assert large.connection.close_code == 4413
    assert small.command("ping")["type"] == "pong"
    assert not Upload.objects.exists()


def test_a_message_above_what_the_server_reads_is_cut_off(connect, platform):
    large, small = connect(), connect()
    small.command("ping")
    before = resident_mib(platform.web.pid)
    with suppress(OSError, ConnectionClosed):
        large.send('{"type":"create","data":{"image_base64":"' + "A" * (100 * MIB) + '"}}')
        large.rest()

    wait_until(lambda: large.connection.close_code)
    # The server says 1009; a client that is still sending may lose that with the connection.
    assert large.connection.close_code in (1009, 1006)
    assert small.command("ping")["type"] == "pong"
    assert resident_mib(platform.web.pid) - before < 200


def bomb() -> bytes:
    """Return a PNG of 40,000 x 40,000 pixels that is a few KB long."""
    width = height = 40_000
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    packer = zlib.compressobj(9)
    row = bytes(1 + width // 8)
    rows = b"".join(packer.compress(row) for _ in range(200)) + packer.flush()

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    parts = [chunk(b"IHDR", header), chunk(b"IDAT", rows), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.case("core", 47)
def test_an_image_bomb_is_refused_by_its_header(connect, platform):
    socket = connect()
    socket.command("ping")
    pids = [platform.web.pid, platform.worker.pid, *platform.worker.children()]
    before = [resident_mib(pid) for pid in pids]

    answer = socket.create(bomb())

    assert answer["code"] == "too_many_pixels"
    assert not Upload.objects.exists()
    growth = [resident_mib(pid) - was for pid, was in zip(pids, before, strict=True)]
    assert max(growth) < 64


@pytest.mark.parametrize("colour", range(3))
def test_tiny_pictures_are_read_all_the_same(connect, colour):
    buffer = io.BytesIO()
    Image.new("L", (1, 1 + colour), colour).save(buffer, "PNG")
    socket = connect()

    upload_id = socket.create(buffer.getvalue())["instance"]["id"]

    assert socket.statuses_until_end(upload_id)[-1]["raw_text"] == ""
