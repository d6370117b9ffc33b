"""One file is brought within limits, and is there whole or not at all."""

import hashlib
import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Stopped
from core.media.paths import TEMPORARY_PREFIX
from core.net import fetching
from core.net.errors import (
    ForbiddenAddress,
    RemoteNotFound,
    RemoteTooLarge,
    RemoteUnavailable,
)
from core.net.fetching import fetch_to
from tests.support.answering import answering, http

MIB = 2**20


def refused_by(answer, expected, folder, **options):
    """Fetch from a server that answers so, and return what was raised; nothing may be left."""
    with answering(answer) as server:
        options = {"max_bytes": MIB, "allow": server.allow, **options}
        with pytest.raises(expected) as refused:
            fetch_to(folder / "raw", f"{server.url}/file.mp4", **options)
    assert list(folder.iterdir()) == []
    return refused.value


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 204, 206, 304, 451])
def test_what_the_server_does_not_give_is_not_asked_for_again(tmp_path, status):
    assert refused_by(lambda _: http(status), RemoteNotFound, tmp_path).code == "source_not_found"


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503])
def test_a_server_in_trouble_may_be_asked_again(tmp_path, status):
    failure = refused_by(lambda _: http(status), RemoteUnavailable, tmp_path)

    assert failure.code == "source_not_found"


@pytest.mark.parametrize(
    "said",
    [b"", b"\r\n", b"hello", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", b"\0" * 300,
     b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
     b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
     b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
     b"HTTP/1.1 302 Found\r\nLocation: http://[\r\n\r\n"],
)  # fmt: skip
def test_an_answer_that_is_broken_or_cut_short_leaves_nothing(tmp_path, said):
    refused_by(lambda _: said, (RemoteUnavailable, ForbiddenAddress), tmp_path)


def test_a_server_that_is_not_there_may_be_asked_again(tmp_path):
    with answering(lambda _: b"") as server:
        pass
    with pytest.raises(RemoteUnavailable):
        fetch_to(tmp_path / "raw", server.url, max_bytes=MIB, allow=server.allow)


def test_a_file_that_announces_to_be_too_large_is_not_begun(tmp_path):
    def answer(_):
        yield http(200, Content_Length=MIB + 1)
        time.sleep(20)

    assert refused_by(answer, RemoteTooLarge, tmp_path).code == "source_too_large"


def test_a_file_that_grows_too_large_is_left_and_removed(tmp_path):
    def endless(_):
        yield b"HTTP/1.1 200 OK\r\n\r\n"
        yield from itertools.repeat(b"x" * 50_000)

    refused_by(endless, RemoteTooLarge, tmp_path)


def test_a_file_that_comes_packed_is_refused(tmp_path):
    refused_by(lambda _: http(200, b"x", Content_Encoding="gzip"), RemoteNotFound, tmp_path)


def test_a_body_that_trickles_is_left_when_the_time_in_all_is_over(tmp_path):
    def trickle(_):
        yield b"HTTP/1.1 200 OK\r\n\r\n"
        while True:
            yield b"x"
            time.sleep(0.05)

    refused_by(trickle, RemoteUnavailable, tmp_path, total_s=0.5)


def test_a_caller_that_wants_no_more_leaves_nothing_behind(tmp_path):
    asked = iter([False] * 4)

    def half(_):
        yield http(200, Content_Length=1000) + b"x" * 500
        time.sleep(20)

    refused_by(half, Stopped, tmp_path, should_stop=lambda: next(asked, True))


def test_a_fourth_redirect_is_refused(tmp_path):
    refused_by(lambda _: http(302, Location="/again"), RemoteNotFound, tmp_path)


@pytest.mark.parametrize("target", ["http://127.0.0.1:1/", "https://169.254.169.254/", "//[::1]/"])
def test_a_redirect_inside_is_refused(tmp_path, target):
    failure = refused_by(lambda _: http(302, Location=target), ForbiddenAddress, tmp_path)

    assert failure.code == "source_forbidden"


def test_a_name_that_leads_inside_is_refused(tmp_path):
    with pytest.raises(ForbiddenAddress):
        fetch_to(
            tmp_path / "raw", "https://innocent.example/x", max_bytes=MIB,
            resolve=lambda host, port: ["127.0.0.1"],
        )  # fmt: skip


def test_a_failed_fetch_does_not_touch_what_is_there(tmp_path):
    (tmp_path / "raw").write_bytes(b"before")
    with answering(lambda _: http(404)) as server, pytest.raises(RemoteNotFound):
        fetch_to(tmp_path / "raw", server.url, max_bytes=MIB, allow=server.allow)

    assert (tmp_path / "raw").read_bytes() == b"before"


def test_a_file_is_brought_with_its_name_type_and_hash(tmp_path):
    content, heard = bytes(range(256)) * 1000, []
    label = "attachment; filename*=UTF-8''%D0%BA%D0%BE%D1%82.mp4"
    answer = http(200, content, Content_Type="video/mp4", Content_Disposition=label)
    with answering(lambda _: answer) as server:
        fetched = fetch_to(
            tmp_path / "raw", f"{server.url}/x", max_bytes=len(content), allow=server.allow,
            on_progress=heard.append,
        )  # fmt: skip

    assert (tmp_path / "raw").read_bytes() == content
    assert fetched.filename == "кот.mp4"
    assert (fetched.size_bytes, fetched.content_type) == (len(content), "video/mp4")
    assert fetched.sha256 == hashlib.sha256(content).hexdigest()
    assert heard == sorted(heard)
    assert heard[-1] == 1.0
    assert [path.name for path in tmp_path.iterdir()] == ["raw"]
    assert server.requests[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    ("headers", "target", "name"),
    [
        ({}, "/a/b/film.mp4?x=1", "film.mp4"),
        ({}, "/a/%D1%8F.ogg", "я.ogg"),
        ({}, "/", ""),
        ({}, "/..%2f..%2fetc%2fpasswd", "passwd"),
        ({"Content_Disposition": 'attachment; filename="../../etc/passwd"'}, "/x", "passwd"),
        ({"Content_Disposition": 'attachment; filename="a\\"b.mp4"'}, "/x", 'a"b.mp4'),
        ({"Content_Disposition": "inline"}, "/y.mp3", "y.mp3"),
        ({"Content_Disposition": "attachment; filename=-rf.mp4"}, "/x", "rf.mp4"),
        (
            {"Content_Disposition": f"attachment; filename={'a' * 900}.mp4"},
            "/x",
            "a" * 251 + ".mp4",
        ),
    ],
)
def test_the_label_is_a_name_and_never_a_path(tmp_path, headers, target, name):
    with answering(lambda _: http(200, b"x", **headers)) as server:
        fetched = fetch_to(tmp_path / "raw", server.url + target, max_bytes=9, allow=server.allow)

    assert fetched.filename == name


@given(
    st.one_of(
        st.text(st.characters(exclude_categories=["Cc", "Cs"])),
        st.text("'%\"=;*\\ utfilename8-0F.").map("attachment; filename".__add__),
    )
)
def test_no_header_at_all_breaks_the_naming(header):
    import httpx

    response = httpx.Response(
        200,
        headers=[(b"Content-Disposition", header.encode())],
        request=httpx.Request("GET", "https://example.org/film.mp4"),
    )

    name = fetching._name_of(response)

    assert "/" not in name
    assert len(name.encode()) <= 255


@pytest.mark.parametrize("chunk_bytes", [1000, 3000, 10**6])
def test_so_many_bytes_are_written_at_a_time(tmp_path, chunk_bytes):
    content, heard = bytes(range(256)) * 39, []
    with answering(lambda _: http(200, content)) as server:
        fetch_to(
            tmp_path / "raw",
            server.url,
            max_bytes=MIB,
            chunk_bytes=chunk_bytes,
            allow=server.allow,
            on_progress=heard.append,
        )

    whole = len(content)
    ends = [*range(chunk_bytes, whole, chunk_bytes), whole]
    assert heard == [pytest.approx(end / whole) for end in ends]
    assert (tmp_path / "raw").read_bytes() == content


def test_the_file_is_under_another_name_until_it_is_whole(tmp_path):
    seen = []

    def look(_: float) -> None:
        seen.extend(path.name for path in tmp_path.iterdir())

    with answering(lambda _: http(200, b"x" * 200_000)) as server:
        fetch_to(tmp_path / "raw", server.url, max_bytes=MIB, allow=server.allow, on_progress=look)

    assert set(seen) == {f"{TEMPORARY_PREFIX}raw"}
