"""Bytes on their way in: every refusal leaves no file behind."""

import base64
import hashlib
import os
import threading
import uuid

import pytest
from django.core.files.base import ContentFile
from PIL import Image

from core.errors import FieldErrors
from core.tests.uploads.conftest import bytes_of, tiny_png
from core.uploads import intake
from core.uploads.encoded import Encoded

OWNER = uuid.uuid4()


def take(content: intake.Content) -> intake.Received:
    with intake.received(content, owner_id=OWNER) as received:
        assert received.path.exists()
        return received


def refused(content: intake.Content) -> FieldErrors:
    with pytest.raises(FieldErrors) as refusal:
        take(content)
    return refusal.value


def test_an_empty_text_is_refused(incoming):
    error = refused(intake.from_base64("data:image/png;base64,"))

    assert error.fields == {"image_base64": ["Empty image data."]}
    assert incoming() == []


def test_a_bad_text_is_refused_with_the_reason(incoming):
    error = refused(intake.from_base64("@@@"))

    assert error.fields["image_base64"][0].startswith("Invalid base64 encoding: ")
    assert error.code == "invalid"
    assert incoming() == []


def test_a_text_that_turns_bad_after_megabytes_leaves_no_file(incoming):
    error = refused(intake.from_base64("QUJD" * 1_000_000 + "@"))

    assert error.code == "invalid"
    assert incoming() == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"just a text", "unsupported_media"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unsupported_media"),
        (b"#EXTM3U\nfile:///etc/passwd", "unsupported_media"),
        (b"PK\x03\x04" + b"\0" * 100, "unsupported_media"),
        (b"\x89PNG\r\n\x1a\n", "unreadable_image"),
        (tiny_png()[:-20], "unreadable_image"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 20, "unreadable_image"),
    ],
)
def test_content_of_a_wrong_type_is_refused_whatever_its_name(content, code, incoming):
    error = refused(intake.from_file(ContentFile(content, name="scan.png")))

    assert error.code == code
    assert list(error.fields) == ["image_file"]
    assert incoming() == []


def test_a_file_larger_than_allowed_is_refused_before_it_is_read(settings, incoming):
    settings.CORE_UPLOAD_MAX_BYTES = 100

    error = refused(intake.from_file(ContentFile(tiny_png() + b"x" * 100, name="a.png")))

    assert error.code == "too_large"
    assert incoming() == []


def test_a_text_is_too_large_by_its_length_before_it_is_decoded(settings):
    settings.CORE_UPLOAD_MAX_BYTES = 1000

    def never():
        raise AssertionError("it was decoded")
        yield b""

    long = Encoded.of("@" * 4000)
    content = intake.from_base64(long)

    assert refused(intake.Content(content.field, never, size_bytes=content.size_bytes)).code == (
        "too_large"
    )


def test_what_the_length_could_not_tell_is_counted_while_it_is_decoded(settings, incoming):
    settings.CORE_UPLOAD_MAX_BYTES = 1000
    text = base64.b64encode(os.urandom(1100)).decode()

    assert refused(intake.from_base64(text)).code == "too_large"
    assert incoming() == []


def test_a_limit_of_zero_is_none(settings):
    settings.CORE_UPLOAD_MAX_BYTES = 0

    assert take(intake.from_file(ContentFile(tiny_png(), name="a.png"))).size_bytes > 0


def test_what_arrives_is_hashed_and_told_by_its_content(incoming):
    content = bytes_of(Image.new("RGB", (30, 20)), "JPEG")

    received = take(intake.from_base64(base64.b64encode(content).decode()))

    assert received.sha256 == hashlib.sha256(content).hexdigest()
    assert (received.mime_type, received.extension) == ("image/jpeg", ".jpg")
    assert received.size_bytes == len(content)
    assert incoming() == []


@pytest.fixture
def roots(settings, tmp_path):
    """Open one root for paths of the server, and put a picture in it."""
    folder = tmp_path / "root"
    folder.mkdir()
    (folder / "inbox").mkdir()
    (folder / "inbox" / "scan.png").write_bytes(tiny_png())
    (tmp_path / "outside.png").write_bytes(tiny_png(1))
    settings.CORE_IMAGE_PATH_ROOTS = [str(folder)]
    return folder


def test_paths_of_the_server_are_disabled_by_default():
    with pytest.raises(FieldErrors) as refusal:
        intake.from_server_path("/etc/passwd", owner_id=OWNER)

    assert refusal.value.fields == {"image_path": ["Server-side paths are disabled."]}


@pytest.mark.parametrize(
    "path",
    [
        "../outside.png",
        "inbox/../../outside.png",
        "inbox/../../root-other/x.png",
        "{outside}",
        "link.png",
        "folder-link/outside.png",
        "/etc/passwd",
        "/dev/zero",
        "/proc/self/environ",
        "missing.png",
        "inbox",
        ".",
        "",
        "fifo",
        "a\0b",
        "\ud800.png",
        "x" * 5000,
        "loop",
    ],
)
def test_every_path_that_is_not_allowed_gets_one_answer(path, roots, tmp_path, incoming):
    (roots / "link.png").symlink_to(tmp_path / "outside.png")
    (roots / "folder-link").symlink_to(tmp_path)
    (roots / "loop").symlink_to(roots / "loop")
    os.mkfifo(roots / "fifo")

    error = refused(
        intake.from_server_path(path.format(outside=tmp_path / "outside.png"), owner_id=OWNER)
    )

    assert error.fields == {"image_path": ["Not available."]}
    assert error.code == "invalid"
    assert incoming() == []


def test_a_file_that_may_not_be_read_is_not_available(roots):
    secret = roots / "secret.png"
    secret.write_bytes(tiny_png())
    secret.chmod(0)
    if os.access(secret, os.R_OK):  # root reads everything: then nothing is unreadable
        secret.unlink()

    assert refused(intake.from_server_path("secret.png", owner_id=OWNER)).fields == {
        "image_path": ["Not available."]
    }


@pytest.mark.parametrize("spelling", ["inbox/scan.png", "{root}/inbox/scan.png", "in.png"])
def test_a_file_inside_a_root_is_taken_by_either_spelling(spelling, roots):
    (roots / "in.png").symlink_to(roots / "inbox" / "scan.png")

    received = take(intake.from_server_path(spelling.format(root=roots), owner_id=OWNER))

    assert received.mime_type == "image/png"


def test_a_root_may_be_a_users_own(settings, tmp_path):
    settings.CORE_IMAGE_PATH_ROOTS = [str(tmp_path / "{user_id}")]
    mine = tmp_path / str(OWNER)
    mine.mkdir()
    (mine / "a.png").write_bytes(tiny_png())

    assert take(intake.from_server_path("a.png", owner_id=OWNER)).size_bytes
    with (
        pytest.raises(FieldErrors),
        intake.received(
            intake.from_server_path(str(mine / "a.png"), owner_id=uuid.uuid4()),
            owner_id=uuid.uuid4(),
        ),
    ):
        pass


def test_at_most_two_files_of_a_user_are_taken_in_at_once():
    running, most, lock = 0, 0, threading.Lock()
    second_came = threading.Event()

    def slices():
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
            if running == 2:
                second_came.set()
        second_came.wait(180)
        yield tiny_png()
        with lock:
            running -= 1

    threads = [
        threading.Thread(target=take, args=(intake.Content("image_file", slices),))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == 2
    assert not intake._busy
