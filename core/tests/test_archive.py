"""Archives: flat, whole, and the same bytes for the same files."""

import hashlib
import os
import time
import zipfile

import pytest

from core.archive import write_zip
from core.media.paths import TEMPORARY_PREFIX


@pytest.fixture
def sources(tmp_path):
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "v").write_bytes(b"picture" * 1000)
    (folder / "t").write_text("слово " * 1000, encoding="utf-8")
    return folder


@pytest.fixture
def out(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def names_in(folder):
    return [path.name for path in folder.iterdir()]


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../a",
        "/a",
        "a/b",
        "a\\b",
        "-rf",
        ".hidden",
        "a..b",
        "a\0b",
        "a\n",
        "é",
        "a" * 201,
    ],
)
def test_a_name_that_is_not_plain_is_refused(name, sources, out):
    with pytest.raises(ValueError, match="plain name"):
        write_zip(out / "a.zip", [("ok.txt", sources / "t"), (name, sources / "t")])
    assert names_in(out) == []


def test_a_name_that_is_there_twice_but_for_its_case_is_refused(sources, out):
    with pytest.raises(ValueError, match="twice"):
        write_zip(out / "a.zip", [("a.txt", sources / "t"), ("A.txt", sources / "t")])


def test_a_link_is_not_followed(sources, out):
    (sources / "link").symlink_to("/etc/passwd")
    with pytest.raises(OSError, match="link"):
        write_zip(out / "a.zip", [("a.txt", sources / "link")])
    assert names_in(out) == []


def test_what_is_no_file_is_refused(sources, out):
    os.mkfifo(sources / "pipe")
    for name in ("pipe", "."):
        with pytest.raises(ValueError, match="regular"):
            write_zip(out / "a.zip", [("a.txt", sources / name)])
    assert names_in(out) == []


def test_the_archive_there_was_stays_when_a_new_one_fails(sources, out):
    write_zip(out / "a.zip", [("t.txt", sources / "t")])
    before = (out / "a.zip").read_bytes()
    with pytest.raises(FileNotFoundError):
        write_zip(out / "a.zip", [("t.txt", sources / "t"), ("gone.txt", sources / "gone")])
    assert (out / "a.zip").read_bytes() == before
    assert names_in(out) == ["a.zip"]


def test_whoever_asks_may_give_up(sources, out):
    def give_up():
        raise InterruptedError

    with pytest.raises(InterruptedError):
        write_zip(out / "a.zip", [("t.txt", sources / "t")], check=give_up)
    assert names_in(out) == []


def test_nobody_sees_an_archive_before_it_is_whole(sources, out):
    seen = []
    write_zip(out / "a.zip", [("v.mp4", sources / "v")], check=lambda: seen.append(names_in(out)))
    assert [name.startswith(TEMPORARY_PREFIX) for names in seen for name in names] == [True]
    assert names_in(out) == ["a.zip"]


def test_media_are_stored_and_text_is_deflated(sources, out):
    size_bytes = write_zip(
        out / "a.zip", [("out.mp4", sources / "v"), ("summary.md", sources / "t")]
    )
    assert size_bytes == (out / "a.zip").stat().st_size
    with zipfile.ZipFile(out / "a.zip") as archive:
        assert archive.testzip() is None
        media, text = archive.infolist()
        assert (media.filename, media.compress_type) == ("out.mp4", zipfile.ZIP_STORED)
        assert (text.filename, text.compress_type) == ("summary.md", zipfile.ZIP_DEFLATED)
        assert archive.read("out.mp4") == (sources / "v").read_bytes()
        assert archive.read("summary.md") == (sources / "t").read_bytes()


def test_only_its_owner_reads_it(sources, out):
    write_zip(out / "a.zip", [("t.txt", sources / "t")])
    assert (out / "a.zip").stat().st_mode & 0o777 == 0o600


def test_the_same_files_give_the_same_bytes_at_any_time(sources, out):
    members = [("out.mp4", sources / "v"), ("summary.md", sources / "t")]
    write_zip(out / "a.zip", members)
    os.utime(sources / "v", (time.time() - 99999, time.time() - 99999))
    (sources / "t").chmod(0o600)
    write_zip(out / "b.zip", members)
    first, second = ((out / name).read_bytes() for name in ("a.zip", "b.zip"))
    assert hashlib.sha256(first).digest() == hashlib.sha256(second).digest()


def test_an_archive_of_nothing_can_be_opened(out):
    write_zip(out / "a.zip", [])
    assert zipfile.ZipFile(out / "a.zip").namelist() == []


def test_a_member_beyond_two_gibibytes_gets_room_for_its_size(sources, out, monkeypatch):
    """With the limit of the library lowered, for a file of that size costs a minute."""
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 1000)
    write_zip(out / "a.zip", [("out.mp4", sources / "v"), ("t.txt", sources / "t")])
    assert b"\x01\x00\x10\x00" in (out / "a.zip").read_bytes()[:100]
    with zipfile.ZipFile(out / "a.zip") as archive:
        assert archive.testzip() is None
