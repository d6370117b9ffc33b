"""Forms that want to do harm, or were written by somebody in a hurry (contract, 2.3 and 9)."""

import json

import pytest

from media_api import storage
from media_api.models import MediaRequest

API = "/api/v1"
KIND = "multipart/form-data; boundary=x"
END = b"--x--\r\n"


def part(disposition: str | bytes, content: bytes = b"") -> bytes:
    """Return one part, its `Content-Disposition` as it is given."""
    said = disposition if isinstance(disposition, bytes) else disposition.encode()
    return b"--x\r\nContent-Disposition: form-data; " + said + b"\r\n\r\n" + content + b"\r\n"


DATA = part('name="data"', b"{}")


def film(filename: str, content: bytes = b"film") -> bytes:
    """Return the part of a file under this very name."""
    return part(f'name="file"; filename="{filename}"', content)


@pytest.fixture
def send(api):
    """Return a function that posts a body as it is."""

    def post(*parts, kind=KIND, route="compress/"):
        return api.post(f"{API}/{route}", b"".join((*parts, END)), content_type=kind)

    return post


@pytest.fixture
def is_refused(folders):
    """Return a function that says whether a form was refused with 422 and left nothing."""

    def check(answer):
        assert answer.status_code == 422, answer.content
        detail = answer.json()["detail"]
        assert detail
        assert all(list(one) == ["loc", "msg", "type"] for one in detail)
        assert folders() == []
        assert not MediaRequest.objects.exists()
        return True

    return check


@pytest.mark.case("media_api", 38)
@pytest.mark.parametrize("filename", ["../../x;$(id).mp4", "..\\..\\x.MP4", "/etc/x.mp4"])
def test_a_name_decides_nothing_but_the_suffix(send, filename):
    everything = set(storage.root().parent.rglob("*"))

    answer = send(DATA, film(filename))

    assert answer.status_code == 200
    folder = storage.data_folder(answer.json()["rid"])
    made = set(storage.root().parent.rglob("*")) - everything
    assert made == {storage.root(), folder.parent, folder, folder / "raw.mp4"}


@pytest.mark.parametrize(
    ("filename", "raw"),
    [
        ("a", "raw.bin"),
        (".mp4", "raw.bin"),
        ("a.mp4.", "raw.bin"),
        ("a.tar.GZ", "raw.gz"),
        ("a.m%2Fp4", "raw.bin"),
        ("a.mp4\x00.exe", "raw.exe"),
        ("a.mp4 ", "raw.bin"),
        ("a.abcdefghi", "raw.bin"),
        ("a.мп4", "raw.bin"),
        ("x" * 4000 + ".mp4", "raw.mp4"),
        ("-y.mp4", "raw.mp4"),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_an_odd_name_has_a_plain_suffix_or_none(send, filename, raw):
    answer = send(DATA, film(filename))

    assert answer.status_code == 200
    row = MediaRequest.objects.get(pk=answer.json()["rid"])
    assert storage.raw_of(row.rid).name == raw
    assert len(row.original_name) <= 255
    assert row.original_name.isprintable()


def test_a_name_with_a_line_end_ends_there(send):
    answer = send(DATA, film("a.sh\r\n\r\n/../../b.mp4"))

    row = MediaRequest.objects.get(pk=answer.json()["rid"])
    raw = storage.raw_of(row.rid)
    assert raw.read_bytes() == b'/../../b.mp4"\r\n\r\nfilm'
    assert raw.parent == storage.data_folder(row.rid)
    assert row.original_name.isprintable()


def test_what_is_no_form_is_refused(send, is_refused):
    for kind in ("multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; x"):
        assert is_refused(send(DATA, film("a.mp4"), kind=kind))
    assert is_refused(send(kind="multipart/form-data; boundary=other"))
    assert is_refused(send(b"--x\r\nContent-Type: text/plain\r\n\r\n{}\r\n"))


def test_a_form_that_ends_too_early_is_refused(api, is_refused):
    whole = DATA + film("a.mp4", b"x" * 10_000)

    for end in (10, len(DATA) + 40, len(whole) - 500, len(whole)):
        answer = api.post(f"{API}/compress/", whole[:end], content_type=KIND)
        assert is_refused(answer)


def test_a_hundred_parts_are_too_many(send, is_refused):
    assert is_refused(send(DATA, *[part(f'name="p{n}"', b"1") for n in range(100)]))
    assert is_refused(send(DATA, *[film("a.mp4") for _ in range(100)]))


def test_a_file_comes_once(send, is_refused):
    assert is_refused(send(DATA, film("a.mp4"), film("b.mkv")))


def test_other_files_are_dropped(send):
    other = part('name="other"; filename="a.sh"', b"#!/bin/sh")

    answer = send(DATA, other, film("a.mp4"))

    folder = storage.data_folder(answer.json()["rid"])
    assert [path.name for path in folder.iterdir()] == ["raw.mp4"]


def test_a_file_without_name_and_bytes_is_none(send):
    answer = send(DATA, part('name="file"; filename=""'))

    assert answer.status_code == 400
    assert answer.json() == {"detail": "Either a file or a url must be provided"}


def test_a_file_without_name_has_its_bytes_all_the_same(send):
    answer = send(DATA, part('name="file"; filename=""', b"film"))

    assert storage.raw_of(answer.json()["rid"]).read_bytes() == b"film"


def test_the_data_may_follow_the_file(send):
    assert send(film("a.mp4"), DATA).status_code == 200


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xfe",
        b'{"url": "\x00"}',
        b'{"url": "\\u0000"}',
        b'{"url": "\\ud800"}',
        b"[" * 100_000,
        b'{"a":' * 500 + b"1" + b"}" * 500,
        json.dumps({"url": "https://disk.yandex.ru/i/" + "a" * 9000}).encode(),
        b'{"config": {"video": {"width": 1e999}}}',
        b'{"config": {"video": {"width": ' + b"9" * 5000 + b"}}}",
        b'{"config": {"video": {"width": NaN}}}',
        b'{"url": "' + b"a" * 500_000 + b'"}',
        b'"text"',
        b"null",
        b"",
    ],
    ids=lambda data: ascii(data[:12]) + str(len(data)),
)
def test_data_that_is_a_trap_is_refused_and_not_said_back(send, is_refused, data):
    answer = send(part('name="data"', data), film("a.mp4"))

    assert is_refused(answer)
    assert len(answer.content) < 1000


def test_data_beyond_a_mebibyte_is_not_read(send, folders):
    answer = send(part('name="data"', b" " * (2**20 + 1)), film("a.mp4"))

    assert (answer.status_code, answer.json()) == (413, {"detail": "File too large"})
    assert folders() == []


@pytest.mark.parametrize(
    ("most", "status"), [(10_000, 200), (9_999, 413), (1, 413)], ids=["fits", "over", "far over"]
)
def test_a_file_over_the_limit_leaves_nothing(send, configured, folders, most, status):
    configured(max_upload_bytes=most)

    answer = send(DATA, film("a.mp4", b"x" * 10_000))

    assert answer.status_code == status
    if status == 413:
        assert answer.json() == {"detail": "File too large"}
        assert folders() == []


@pytest.mark.parametrize("key", ["", "k" * 129])
def test_a_key_that_is_none_is_refused(api, is_refused, key):
    body = DATA + film("a.mp4") + END

    answer = api.post(f"{API}/compress/", body, content_type=KIND, headers={"Idempotency-Key": key})

    assert is_refused(answer)
    assert answer.json()["detail"][0]["loc"] == ["header", "Idempotency-Key"]
