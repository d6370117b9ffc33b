"""Names and paths from outside."""

import os
import socket
import stat
import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.media.errors import NotAvailable, PathOutsideRoot
from core.media.paths import (
    TEMPORARY_PREFIX,
    clean_filename,
    confine,
    file_url,
    make_folder,
    open_confined,
    scratch,
    write_atomic,
)

any_text = st.text(st.characters(exclude_categories=()), max_size=300)
nasty = st.lists(
    st.sampled_from(["..", "/", "\\", ".", "-", "\0", "\n", "\u202e", "\ud800", "a", "é", " ", "~"])
    | any_text,
    max_size=12,
).map("".join)
reuse_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize(
    ("given_name", "cleaned"),
    [
        ("", "file"),
        (".", "file"),
        ("..", "file"),
        ("   ", "file"),
        ("---", "file"),
        ("folder/", "file"),
        ("\0\r\n\x7f", "file"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\scan 1.PNG", "scan 1.PNG"),
        ("/absolute/a.jpg", "a.jpg"),
        ("-rf.png", "rf.png"),
        (".htaccess", "htaccess"),
        ("line\nbreak\u2028.png", "linebreak.png"),
        ("photo\u202egnp.exe", "photognp.exe"),
        ("a\ud800b.png", "ab.png"),
        ("a.png. .", "a.png"),
        ("инвойс №5.pdf", "инвойс №5.pdf"),
        ("\u06a9\u062a\u0627\u0628\u200c\u0647\u0627.pdf",) * 2,  # a joiner that Persian needs
        ("e\u0301.png", "é.png"),
    ],
)
def test_a_client_name_becomes_a_label(given_name: str, cleaned: str) -> None:
    assert clean_filename(given_name) == cleaned


def test_a_long_name_is_cut_in_bytes_and_keeps_its_extension() -> None:
    assert clean_filename("é" * 300 + ".jpeg") == "é" * 72 + ".jpeg"
    assert clean_filename("a." + "x" * 300) == "a." + "x" * 148


def test_the_default_is_the_callers() -> None:
    assert clean_filename("..", default="upload") == "upload"


@given(nasty, st.integers(1, 200))
def test_a_label_is_always_safe(name: str, max_bytes: int) -> None:
    label = clean_filename(name, default="d", max_bytes=max_bytes)
    assert 1 <= len(label.encode("utf-8")) <= max_bytes
    assert label == Path(label).name
    assert label[0] not in ".- "
    assert not set(label) & set("/\\\0\r\n\u202e\u2028")
    assert not any(unicodedata.category(char) in ("Cc", "Cs") for char in label)
    assert unicodedata.is_normalized("NFC", label)


@given(nasty, st.integers(1, 200))
@example("000\xa00", 5)  # what is cut ends in a space that is none of ASCII's
def test_cleaning_a_label_again_changes_nothing(name: str, max_bytes: int) -> None:
    label = clean_filename(name, default="d", max_bytes=max_bytes)
    assert clean_filename(label, default="d", max_bytes=max_bytes) == label


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root with a file, a folder, links inside and out, and a neighbour with a similar name."""
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "sub" / "in.txt").write_bytes(b"inside")
    (tmp_path / "root-neighbour").mkdir()
    (tmp_path / "root-neighbour" / "out.txt").write_bytes(b"outside")
    (root / "link-in").symlink_to("sub/in.txt")
    (root / "folder-in").symlink_to("sub")
    (root / "link-out").symlink_to(tmp_path / "root-neighbour" / "out.txt")
    (root / "folder-out").symlink_to(tmp_path / "root-neighbour")
    (root / "loop").symlink_to("loop")
    return root


ESCAPES = [
    "..",
    "../root-neighbour/out.txt",
    "sub/../../root-neighbour",
    "/etc/passwd",
    "link-out",
    "folder-out/out.txt",
    "a\0b",
    "\ud800",
]


@pytest.mark.parametrize("relative", ESCAPES)
def test_a_path_that_leaves_its_root_is_refused(root: Path, relative: str) -> None:
    with pytest.raises(PathOutsideRoot) as caught:
        confine(root, relative)
    assert str(root) not in str(caught.value)


def test_a_path_inside_is_resolved_whether_it_exists_or_not(root: Path) -> None:
    assert confine(root, "folder-in", "in.txt") == root / "sub" / "in.txt"
    assert confine(root, "sub/../new/file") == root / "new" / "file"
    assert confine(root) == root
    assert confine(root, str(root / "sub")) == root / "sub"


def test_a_root_that_is_itself_a_link_confines_alike(root: Path, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(root)
    assert confine(tmp_path / "alias", "sub") == root / "sub"
    with open_confined(tmp_path / "alias", "sub/in.txt") as file:
        assert file.read() == b"inside"


@reuse_folder
@given(parts=st.lists(nasty, max_size=4))
def test_no_path_at_all_leaves_the_root(root: Path, parts: list[str]) -> None:
    try:
        path = confine(root, *parts)
    except PathOutsideRoot:
        return
    assert path == root or root in path.parents


@pytest.fixture
def odd_files(root: Path) -> Iterator[Path]:
    os.mkfifo(root / "fifo")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(root / "socket"))
        (root / "device").symlink_to("/dev/zero")
        yield root


@pytest.mark.parametrize(
    "relative",
    [
        *ESCAPES,
        *("missing", "sub", "", ".", "fifo", "socket", "device", "loop", "sub/in.txt/x"),
        *("x" * 300, "a/" * 3000, "link-out/"),
    ],
)
def test_what_may_not_be_opened_is_not_available_and_always_in_the_same_words(
    odd_files: Path, relative: str
) -> None:
    with pytest.raises(NotAvailable) as caught:
        open_confined(odd_files, relative)
    assert str(caught.value) == "Not available."


@pytest.mark.parametrize("name", ["null", "zero", "full"])
def test_a_device_is_not_available_though_it_lies_inside(name: str) -> None:
    with pytest.raises(NotAvailable):
        open_confined(Path("/dev"), name)


def test_a_missing_root_is_not_available(tmp_path: Path) -> None:
    with pytest.raises(NotAvailable):
        open_confined(tmp_path / "nowhere", "file")


@pytest.mark.parametrize("relative", ["sub/in.txt", "link-in", "folder-in/in.txt", "sub/./in.txt"])
def test_a_regular_file_inside_is_opened_also_through_inner_links(
    root: Path, relative: str
) -> None:
    with open_confined(root, relative) as file:
        assert file.read() == b"inside"
        assert not os.get_inheritable(file.fileno())


def test_refusals_leave_no_file_open(odd_files: Path) -> None:
    def count() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = count()
    for relative in [*ESCAPES, "fifo", "sub", "sub/missing", "sub/in.txt/x"]:
        with pytest.raises(NotAvailable):
            open_confined(odd_files, relative)
    assert count() == before


def test_a_folder_swapped_for_a_link_after_the_look_is_not_followed(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_open = os.open

    def swap_then_open(path: object, *args: object, **kwargs: object) -> int:
        if path == root:  # the first opening comes after the path was resolved
            (root / "sub").rename(root / "moved")
            (root / "sub").symlink_to(root.parent / "root-neighbour")
            (root.parent / "root-neighbour" / "in.txt").write_bytes(b"secret")
        return real_open(path, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", swap_then_open)
    with pytest.raises(NotAvailable):
        open_confined(root, "sub/in.txt")


def test_a_file_url_is_absolute_and_never_an_option_or_another_protocol(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert file_url(Path("-i")) == f"file:{tmp_path}/-i"
    assert file_url("http:") == f"file:{tmp_path}/http:"
    assert file_url("/a b%20?#.mp4") == "file:/a b%20?#.mp4"


def test_a_failing_write_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_bytes(b"old")

    def chunks() -> Iterator[bytes]:
        yield b"new"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_atomic(target, chunks())
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_the_target_does_not_change_before_the_last_chunk(tmp_path: Path) -> None:
    target = tmp_path / "file"

    def chunks() -> Iterator[bytes]:
        yield b"a"
        assert not target.exists()
        (temporary,) = tmp_path.iterdir()
        assert temporary.name.startswith(TEMPORARY_PREFIX)
        assert stat.S_IMODE(temporary.stat().st_mode) == 0o600
        yield b"bc"

    assert write_atomic(target, chunks()) == 3
    assert target.read_bytes() == b"abc"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [target]


def test_a_link_at_the_target_is_replaced_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "victim").write_bytes(b"keep")
    (tmp_path / "file").symlink_to(tmp_path / "victim")
    write_atomic(tmp_path / "file", [b"new"])
    assert (tmp_path / "victim").read_bytes() == b"keep"
    assert (tmp_path / "file").read_bytes() == b"new"


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/abs", "a\\b", "a\0b"])
def test_a_scratch_folder_needs_a_plain_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(PathOutsideRoot), scratch(tmp_path, name):
        pass


def test_a_folder_is_made_with_those_above_it_and_bears_being_made_again(tmp_path: Path) -> None:
    folder = tmp_path / "one" / "two"

    make_folder(folder)
    make_folder(folder)

    assert folder.is_dir()
    assert [stat.S_IMODE(path.stat().st_mode) & 0o007 for path in (folder, folder.parent)] == [0, 0]


def test_a_folder_is_made_though_others_remove_the_empty_one_above_it(tmp_path: Path) -> None:
    def come_and_go(name: str) -> None:
        for _ in range(300):
            make_folder(tmp_path / "shared" / name)
            (tmp_path / "shared" / name).rmdir()
            with suppress(OSError):  # if nobody else has made one in it
                (tmp_path / "shared").rmdir()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(come_and_go, "abc"))


def test_no_folder_is_made_where_a_file_lies(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")

    with pytest.raises((FileExistsError, NotADirectoryError)):
        make_folder(tmp_path / "file" / "folder")


def test_a_scratch_folder_is_private_and_gone_afterwards(tmp_path: Path) -> None:
    with scratch(tmp_path / "new" / "root", "job-1") as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        (folder / "deep" / "er").mkdir(parents=True)
        (folder / "deep" / "file").write_bytes(b"x")
    assert list((tmp_path / "new" / "root").iterdir()) == []


def test_a_scratch_folder_is_gone_after_a_failure(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), scratch(tmp_path, "job") as folder:  # noqa: PT012
        (folder / "file").write_bytes(b"x")
        raise RuntimeError
    assert not folder.exists()


def test_a_scratch_folder_that_is_already_gone_is_no_error(tmp_path: Path) -> None:
    with scratch(tmp_path, "job") as folder:
        folder.rmdir()
    assert not folder.exists()


def test_the_leavings_of_a_dead_attempt_are_removed_but_never_through_a_link(
    tmp_path: Path,
) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "keep").write_bytes(b"x")
    (tmp_path / "link").symlink_to(victim)
    (tmp_path / "old" / "deep").mkdir(parents=True)
    for name in ("link", "old"):
        with scratch(tmp_path, name) as folder:
            (folder / "inner").symlink_to(victim)
            assert [entry.name for entry in folder.iterdir()] == ["inner"]
    assert (victim / "keep").exists()
