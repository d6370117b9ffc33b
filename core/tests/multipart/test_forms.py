"""A form read from the wire: refused ones leave nothing, files lie where they were placed."""

import asyncio
import hashlib
import resource

import pytest

from core.errors import FieldErrors
from core.multipart import NotAForm
from core.multipart.forms import WRITE_BYTES
from core.tests.multipart.conftest import END, file, inflow, text
from core.tus.errors import Disconnected, TooLarge

MIB = 2**20
# A file of so many bytes is written while it comes; less waits for the form's end.
LARGE = b"a" * 2 * WRITE_BYTES


def left_in(folder) -> list[str]:
    return sorted(path.name for path in folder.rglob("*")) if folder.exists() else []


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"nonsense", NotAForm),
        (file("file", b"abc"), NotAForm),
        (file("file", b"abc") + b"--x garbage\r\n", NotAForm),
        (file("file", b"abc") + file("file", b"def") + END, FieldErrors),
        (file("file", b"abc") + text("name", b"\xff") + END, FieldErrors),
        (file("file", b"abc") + text("name", b"a\0b") + END, FieldErrors),
        (file("file", LARGE), NotAForm),
        (file("file", LARGE) + file("file", b"def") + END, FieldErrors),
        (file("file", b"abc") + file("file", LARGE) + END, FieldErrors),
        (file("file", LARGE) + text("name", b"\xff") + END, FieldErrors),
    ],
)
async def test_what_cannot_be_read_is_refused_and_leaves_nothing(reader, folder, body, error):
    with pytest.raises(error):
        await reader().read(inflow(body))

    assert left_in(folder) == []


@pytest.mark.parametrize("content", [b"abc", LARGE])
async def test_a_client_that_goes_away_leaves_nothing(reader, folder, content):
    with pytest.raises(Disconnected):
        await reader().read(inflow(file("file", content)[:-2], is_broken=True))

    assert left_in(folder) == []


@pytest.mark.parametrize(
    ("limits", "body"),
    [
        ({"whole_bytes": 200}, file("file", b"a" * 200)),
        ({"whole_bytes": 200}, file("unwanted", b"a" * 200)),
        ({"text_bytes": 20}, file("file", b"a") + text("name", b"b" * 21)),
        ({"text_bytes": 20}, text("one", b"b" * 11) + text("two", b"b" * 11)),
        ({"before_files_bytes": 200}, text("name", b"b" * 200)),
        ({"before_files_bytes": 200}, b"\r\n" * 200),
    ],
)
async def test_what_is_too_much_is_refused_and_leaves_nothing(reader, folder, limits, body):
    with pytest.raises(TooLarge):
        await reader(**limits).read(inflow(body, END))

    assert left_in(folder) == []


async def test_a_body_too_large_is_read_no_further(reader):
    body = inflow(file("file", b"a" * 500), *[b"a" * 500] * 5000)

    with pytest.raises(TooLarge):
        await reader(whole_bytes=600).read(body)

    assert not body.is_over
    await body.stop()


async def test_who_places_files_may_refuse_the_form(reader, folder):
    async def refuse_second(part, _texts):
        if part.name == "other":
            raise FieldErrors({"other": "Not with the first."})
        return folder / part.name

    with pytest.raises(FieldErrors, match="Not with the first"):
        await reader(refuse_second).read(inflow(file("file", b"a") + file("other", b"b") + END))

    assert left_in(folder) == []


async def test_a_disk_that_takes_no_more_is_told_and_nothing_is_left(reader, folder):
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4 * MIB, most))
    try:
        with pytest.raises(OSError, match="File too large"):
            await reader(whole_bytes=9 * MIB).read(inflow(file("file", b"a" * 5 * MIB), END))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    assert left_in(folder) == []


@pytest.mark.parametrize("content", [b"mine", LARGE])
async def test_a_file_that_is_there_already_is_left_alone(reader, folder, content):
    folder.mkdir(parents=True)
    (folder / "file").write_bytes(b"somebody's")

    with pytest.raises(FileExistsError):
        await reader().read(inflow(file("file", content) + END))

    assert (folder / "file").read_bytes() == b"somebody's"


async def test_many_small_files_are_held_in_no_more_memory_than_one_piece(reader, folder):
    async def anywhere(part, _texts):
        return folder / part.name

    each = b"a" * (WRITE_BYTES // 4)
    form = reader(anywhere)
    await form.receive(inflow(*(file(f"file{n}", each) for n in range(8)), END))

    assert sum(path.stat().st_size for path in folder.iterdir()) >= 4 * len(each)
    form.settle()
    assert [path.read_bytes() for path in folder.iterdir()] == [each] * 8
    assert sorted(form.files) == [f"file{n}" for n in range(8)]


async def test_what_has_come_is_written_once_it_is_as_much_as_was_said(reader, folder):
    form = reader(chunk_bytes=1000)
    reading = asyncio.create_task(form.read(_endless(inflow(file("file", b"a" * 5000)[:-2]))))
    while not left_in(folder):
        await asyncio.sleep(0.01)

    assert (folder / "file").stat().st_size > 4000
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading


@pytest.mark.parametrize("chunk_bytes", [1, 100_000, 10**9])
async def test_a_file_is_whole_whatever_is_written_at_a_time(reader, folder, chunk_bytes):
    pieces = [bytes([number]) * 70_000 for number in range(5)]
    head, end = file("file", b"|").split(b"|")
    form = reader(chunk_bytes=chunk_bytes)
    await form.read(inflow(head, *pieces, end + END))

    content = b"".join(pieces)
    assert (folder / "file").read_bytes() == content
    assert form.files["file"].sha256 == hashlib.sha256(content).hexdigest()


async def test_one_that_is_cancelled_leaves_nothing(reader, folder):
    body = inflow(file("file", LARGE)[:-2])
    reading = asyncio.create_task(reader().read(_endless(body)))
    while not left_in(folder):
        await asyncio.sleep(0.01)

    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading

    assert left_in(folder) == []


def _endless(body):
    """Have a body stand still after its pieces."""
    receive, was_empty = body._receive, []

    async def wait_at_the_end():
        message = await receive()
        if not message["more_body"]:
            was_empty.append(message)
            await asyncio.Event().wait()
        return message

    body._receive = wait_at_the_end
    return body


@pytest.mark.parametrize("is_file_first", [True, False])
async def test_files_and_texts_may_come_in_any_order(reader, folder, is_file_first):
    pieces = [file("file", b"abc" * 1000, "ü.mp4"), text("name", "ü".encode()), text("x", b"")]
    form = reader()

    await form.read(inflow(*(pieces if is_file_first else pieces[::-1]), END))

    assert form.texts == {"name": "ü", "x": ""}
    (got,) = form.files.values()
    assert (got.path, got.filename, got.size_bytes) == (folder / "file", "ü.mp4", 3000)
    assert got.path.read_bytes() == b"abc" * 1000
    assert got.sha256 == hashlib.sha256(b"abc" * 1000).hexdigest()


async def test_texts_before_a_file_are_told_to_who_places_it(reader, folder):
    heard = {}

    async def listen(part, texts):
        heard.update(texts)
        return folder / part.name

    await reader(listen).read(inflow(text("a", b"1") + file("file", b"x") + text("b", b"2") + END))

    assert heard == {"a": "1"}


async def test_a_hash_is_made_only_where_it_is_wanted(reader):
    form = reader(is_hashed=False)

    await form.read(inflow(file("file", b"abc") + END))

    assert form.files["file"].sha256 == ""


async def test_a_file_of_no_bytes_is_a_file(reader, folder):
    form = reader()

    await form.read(inflow(file("file", b"") + END))

    assert form.files["file"].size_bytes == 0
    assert (folder / "file").read_bytes() == b""
    assert form.files["file"].sha256 == hashlib.sha256().hexdigest()


async def test_no_name_and_no_bytes_is_no_file(reader, folder):
    form = reader()

    await form.read(inflow(file("file", b"", "") + text("name", b"x") + END))

    assert (form.files, form.texts, left_in(folder)) == ({}, {"name": "x"}, [])


async def test_bytes_without_a_name_are_a_file(reader, folder):
    form = reader()

    await form.read(inflow(file("file", b"abc", "") + END))

    assert (form.files["file"].filename, form.files["file"].size_bytes) == ("", 3)
    assert (folder / "file").read_bytes() == b"abc"


async def test_an_unwanted_file_is_dropped(reader, folder):
    form = reader()

    await form.read(inflow(file("unwanted", b"abc"), file("file", b"x"), END))

    assert list(form.files) == ["file"]
    assert left_in(folder) == ["file"]


async def test_of_a_text_that_comes_twice_the_last_counts(reader):
    form = reader()

    await form.read(inflow(text("name", b"one") + text("name", b"two") + END))

    assert form.texts == {"name": "two"}


async def test_what_is_discarded_goes_and_what_is_kept_or_moved_stays(reader, folder):
    kept, gone = reader(), reader()
    await kept.read(inflow(file("file", b"1") + END))
    await gone.read(inflow(file("other", b"2") + END))

    kept.keep()
    await kept.discard()
    await gone.discard()

    assert left_in(folder) == ["file"]
