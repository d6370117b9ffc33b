"""Downloads from servers that break off, lie, or send what was not asked for."""

import stat
import zipfile

import pytest

from medialoom.downloads import fetch, unpack
from medialoom.errors import BadAnswer, ClientError, NotReady, Unreachable

PATH = "/file"
WHOLE = bytes(range(256)) * 40


def ranged(handler, content=WHOLE, etag='"a"'):
    """Answer as a good server does."""
    asked = handler.headers.get("Range")
    if asked and handler.headers.get("If-Range") == etag:
        begin = int(asked.removeprefix("bytes=").rstrip("-"))
        told = f"bytes {begin}-{len(content) - 1}/{len(content)}"
        handler.say(206, content[begin:], Content_Range=told, ETag=etag)
    else:
        handler.say(200, content, ETag=etag)


def half(handler):
    """Break off in the middle."""
    handler.say(200, WHOLE[:5000], length=len(WHOLE), ETag='"a"')


@pytest.fixture
def good_head(server):
    server.on("HEAD", PATH, ranged)


@pytest.mark.parametrize(
    ("status", "error"),
    [(202, NotReady), (404, ClientError), (410, ClientError), (500, ClientError)],
)
def test_what_is_not_there_leaves_no_file(server, session, tmp_path, status, error):
    server.says("HEAD", PATH, status)

    with pytest.raises(error):
        fetch(session, PATH, tmp_path / "x")

    assert not list(tmp_path.glob("*x*"))


def test_a_file_longer_than_announced_is_refused(server, session, tmp_path, good_head):
    server.says("GET", PATH, 200, WHOLE + b"more", ETag='"a"')

    with pytest.raises(BadAnswer, match="more than it has announced"):
        fetch(session, PATH, tmp_path / "x")

    assert not list(tmp_path.glob("*x*"))


def test_a_file_shorter_than_announced_never_counts_as_whole(server, session, tmp_path, good_head):
    server.on("GET", PATH, lambda it: ranged(it, WHOLE[:-1]))

    with pytest.raises(ClientError):
        fetch(session, PATH, tmp_path / "x")

    assert not (tmp_path / "x").exists()


def test_another_part_than_was_asked_for_is_refused(server, session, tmp_path, good_head):
    wrong = f"bytes 0-{len(WHOLE) - 1}/{len(WHOLE)}"
    server.on("GET", PATH, half, lambda it: it.say(206, WHOLE, Content_Range=wrong))

    with pytest.raises(BadAnswer, match="another part"):
        fetch(session, PATH, tmp_path / "x")


def test_a_server_that_sends_nothing_any_more_is_given_up(server, session, tmp_path, good_head):
    server.on("GET", PATH, lambda it: it.drop())

    with pytest.raises(Unreachable):
        fetch(session, PATH, tmp_path / "x")


def test_a_broken_download_goes_on_where_it_broke(server, session, tmp_path, good_head):
    server.on("GET", PATH, half, lambda it: it.say(503), ranged)

    assert fetch(session, PATH, tmp_path / "x").read_bytes() == WHOLE

    assert server.calls("GET")[-1][2]["Range"] == "bytes=5000-"


def test_a_later_call_goes_on_with_what_an_earlier_one_has(server, session, tmp_path, good_head):
    server.on("GET", PATH, half, *[lambda it: it.drop()] * 10, ranged)
    with pytest.raises(Unreachable):
        fetch(session, PATH, tmp_path / "x")
    server.on("GET", PATH, ranged)

    assert fetch(session, PATH, tmp_path / "x").read_bytes() == WHOLE

    assert server.calls("GET")[-1][2]["Range"] == "bytes=5000-"
    assert [path.name for path in tmp_path.glob("*x*")] == ["x"]


def test_a_file_that_changed_meanwhile_is_fetched_anew(server, session, tmp_path, good_head):
    server.on("GET", PATH, half, lambda it: it.say(200, WHOLE[::-1], ETag='"b"'))

    assert fetch(session, PATH, tmp_path / "x").read_bytes() == WHOLE[::-1]


def test_an_empty_file_is_fetched_too(server, session, tmp_path):
    server.says("HEAD", PATH, 200, b"")

    assert fetch(session, PATH, tmp_path / "x").read_bytes() == b""


def zipped(path, *names):
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "text")
    return path


@pytest.mark.parametrize(
    "name",
    ["../evil", "/etc/evil", "a/b", "..", ".bashrc", "a\\b", "C:evil", "a\nb", "-rf", "dir/"],
)
def test_an_archive_with_a_name_that_no_output_has_is_not_unpacked(tmp_path, name):
    folder = tmp_path / "folder"
    folder.mkdir()

    with pytest.raises(BadAnswer):
        unpack(zipped(tmp_path / "a.zip", "out.mp4", name), folder)

    assert not list(folder.iterdir())


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_archive_with_one_name_twice_is_not_unpacked(tmp_path):
    with pytest.raises(BadAnswer):
        unpack(zipped(tmp_path / "a.zip", "out.mp4", "out.mp4"), tmp_path)


def test_a_damaged_archive_is_told(tmp_path):
    archive = zipped(tmp_path / "a.zip", "out.mp4")
    damaged = archive.read_bytes().replace(b"text", b"tuxt", 1)
    archive.write_bytes(damaged)

    with pytest.raises(BadAnswer, match="damaged"):
        unpack(archive, tmp_path)

    archive.write_bytes(b"<html>")
    with pytest.raises(BadAnswer, match="damaged"):
        unpack(archive, tmp_path)


def test_a_link_in_an_archive_becomes_an_ordinary_file(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        link = zipfile.ZipInfo("out.mp4")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")

    (path,) = unpack(tmp_path / "a.zip", tmp_path)

    assert not path.is_symlink()
    assert path.read_text() == "/etc/passwd"


def test_a_link_that_lies_in_the_way_is_not_followed(tmp_path):
    precious = tmp_path / "precious"
    precious.write_text("mine")
    (tmp_path / "out.mp4").symlink_to(precious)
    (tmp_path / ".out.mp4.part").symlink_to(precious)

    unpack(zipped(tmp_path / "a.zip", "out.mp4"), tmp_path)

    assert precious.read_text() == "mine"
    assert (tmp_path / "out.mp4").read_text() == "text"
