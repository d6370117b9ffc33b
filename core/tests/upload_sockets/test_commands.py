"""Commands and their answers (core contract, 2.3 and 2.4)."""

import base64
import os

import pytest
from PIL import Image

from core.jobs import lifecycle
from core.tests.upload_sockets.conftest import encoded, picture, saved
from core.uploads.models import Upload


@pytest.mark.case("core", 12)
@pytest.mark.parametrize(
    ("message", "code"),
    [
        ('{"foo":1}', "bad_request"),
        ("[]", "bad_request"),
        ("not json", "bad_request"),
        ('{"type":5}', "bad_request"),
        ('{"type":"list","x":NaN}', "bad_request"),
        ("[" * 2000, "bad_request"),
        ('{"type":"nope"}', "unsupported_command"),
        ('{"type":"begin","data":{}}', "unsupported_command"),
        (b"\x00\x01", "bad_request"),
    ],
)
def test_nonsense_is_answered_and_the_socket_stays_open(connect, message, code):
    socket = connect()

    socket.send(message)
    answer = socket.receive()

    assert (answer["type"], answer["code"]) == ("error", code)
    assert isinstance(answer["error"], str)
    assert socket.command("ping")["type"] == "pong"


def test_an_unknown_command_is_named_in_its_answer(connect):
    answer = connect().command("nope")

    assert answer["command"] == "nope"
    assert answer["error"] == "Unsupported command"


@pytest.mark.case("core", 11)
def test_subscribe_has_the_four_keys(connect):
    socket = connect()

    socket.send({"type": "subscribe"})

    assert socket.receive() == {
        "type": "subscribed",
        "message": "subscribed",
        "model": "Upload",
        "instance_id": None,
    }


def test_an_unsubscribed_socket_hears_nothing_and_still_obeys(connect):
    quiet, loud = connect(), connect()
    assert quiet.command("unsubscribe")["type"] == "unsubscribed"

    upload_id = loud.create(picture("Unheard"), process=False)["instance"]["id"]

    assert quiet.is_quiet()
    assert quiet.command("retrieve", instance_id=upload_id)["instance"]["id"] == upload_id


@pytest.fixture
def two(connect):
    """Return a socket that has heard of two uploads, what renames one, and their ids."""
    socket, other_tab = connect(), connect()
    ids = [other_tab.create(picture(t), process=False)["instance"]["id"] for t in ("One", "Two")]
    for upload_id in ids:
        socket.until(lambda frame, i=upload_id: frame["instance"]["id"] == i)

    def rename(upload_id, name):
        other_tab.command("update", instance_id=upload_id, data={"filename": name})

    return socket, rename, *ids


def test_one_muted_upload_is_heard_again_after_a_subscribe_to_all(two):
    socket, rename, muted, other = two
    assert socket.command("unsubscribe", instance_id=muted)["instance_id"] == muted

    rename(muted, "unheard")
    assert socket.is_quiet()
    rename(other, "heard")
    assert socket.receive()["instance"]["filename"] == "heard"
    socket.command("subscribe")
    rename(muted, "heard again")
    assert socket.receive()["instance"]["filename"] == "heard again"


def test_one_upload_can_be_heard_alone(two):
    socket, rename, wanted, other = two
    socket.command("unsubscribe")
    socket.command("subscribe", instance_id=wanted)
    socket.until(lambda frame: frame["type"] == "Upload.status")  # where it stands

    rename(other, "unheard")
    rename(wanted, "heard")

    assert socket.receive()["instance"]["filename"] == "heard"
    assert socket.is_quiet()


def test_a_list_goes_on_behind_an_upload_that_was_deleted_since(connect):
    socket = connect()
    older = socket.create(picture("Older"), process=False)["instance"]["id"]
    newer = socket.create(picture("Newer"), process=False)["instance"]["id"]
    page = socket.command("list", limit=1)
    socket.command("delete", instance_id=newer)

    rest = socket.command("list", limit=1, before=page["next"])

    assert page["next"] == newer
    assert [upload["id"] for upload in rest["list"]] == [older]


def test_subscribing_to_one_upload_shows_where_it_stands(connect):
    socket = connect()
    upload_id = socket.create(picture("Standing"))["instance"]["id"]
    socket.statuses_until_end(upload_id)

    answer = socket.command("subscribe", instance_id=upload_id, stream="delta")
    status = socket.until(lambda frame: frame["type"] == "Upload.status")

    assert (answer["instance_id"], answer["stream"]) == (upload_id, "delta")
    assert (status["id"], status["status"], status["raw_text"]) == (
        upload_id,
        "processed",
        "Standing",
    )


@pytest.mark.parametrize(
    "name", ["retrieve", "update", "delete", "reprocess", "cancel", "question"]
)
def test_a_command_without_an_id_says_so(connect, name):
    answer = connect().command(name, data={})

    assert (answer["code"], answer["error"]) == ("instance_id_required", "instance_id_required")


@pytest.mark.parametrize(
    "upload_id",
    ["6f9619ff-8b86-4d11-b42d-00c04fc964ff", "not-an-id", 5, [], {}, "\x00", "../../etc"],
)
def test_an_id_that_names_nothing_is_not_found(connect, upload_id):
    answer = connect().command("retrieve", instance_id=upload_id)

    assert answer == {
        "type": "Upload.status",
        "instance": None,
        "code": "not_found",
        "error": "not_found",
        "request_id": "r1",
    }


@pytest.mark.case("core", 17)
@pytest.mark.parametrize("text", ["@@@", "QUJD=", "QUJ", "QU=JD", "Привет"])
def test_bad_base64_is_named(connect, text):
    answer = connect().command("create", data={"image_base64": text})

    assert (answer["type"], answer["code"]) == ("Upload.created", "invalid")
    assert answer["error"]["image_base64"].startswith("Invalid base64 encoding:")


def test_empty_base64_is_empty_image_data(connect):
    answer = connect().command("create", data={"image_base64": ""})

    assert answer["error"] == {"image_base64": "Empty image data."}


def test_nothing_at_all_is_asked_for(connect):
    answer = connect().command("create", data={})

    assert answer["error"] == {"image_base64": "Provide image_base64, image_path or image_hash."}


@pytest.mark.parametrize("data", [None, [], "text", 5])
def test_data_that_is_no_object_is_refused(connect, data):
    answer = connect().command("create", data=data)

    assert answer["code"] == "invalid"
    assert isinstance(answer["error"], dict)


@pytest.mark.case("core", 18)
def test_data_urls_and_line_breaks_are_accepted(connect):
    socket = connect()
    data_url = "data:image/png;base64," + encoded(picture("One"))
    wrapped = base64.encodebytes(picture("Two")).decode()

    first = socket.command("create", data={"image_base64": data_url, "process": False})
    second = socket.command("create", data={"image_base64": wrapped, "process": False})

    assert first["duplicate"] is False
    assert second["duplicate"] is False


@pytest.mark.case("core", 21)
def test_content_of_another_hash_is_refused_and_not_stored(connect):
    data = {"image_base64": encoded(picture("Hash")), "image_hash": "0" * 64}

    answer = connect().command("create", data=data)

    assert answer["error"] == {"image_hash": "Does not match the content."}
    assert not Upload.objects.exists()


@pytest.mark.parametrize("sha256", ["xyz", "0" * 63, "g" * 64])
def test_a_hash_that_is_none_is_refused(connect, sha256):
    assert "image_hash" in connect().command("create", data={"image_hash": sha256})["error"]


@pytest.mark.case("core", 41)
def test_an_unknown_language_is_refused_with_the_installed_ones(connect):
    answer = connect().create(picture("Language"), language_hint="xx")

    assert answer["code"] == "invalid"
    assert all(code in answer["error"]["language_hint"] for code in ("eng", "fra", "rus"))


@pytest.mark.case("core", 48)
@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"just some words in a file\n" * 20, "unsupported_media"),
        (
            b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>',
            "unsupported_media",
        ),
        (b"#EXTM3U\n#EXT-X-VERSION:3\n/etc/passwd\n", "unsupported_media"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "unsupported_media"),
        (b"<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011'/>", "unsupported_media"),
    ],
)
def test_what_is_no_picture_is_unsupported(connect, data, code):
    answer = connect().create(data, filename="scan.png")

    assert answer["code"] == code
    assert list(answer["error"]) == ["image_base64"]
    assert not Upload.objects.exists()


@pytest.mark.case("core", 48)
def test_a_truncated_jpeg_is_unreadable(connect):
    jpeg = saved(Image.effect_noise((400, 300), 80), "JPEG")

    assert connect().create(jpeg[: len(jpeg) // 2])["code"] == "unreadable_image"


@pytest.mark.case("core", 28)
def test_update_changes_texts_and_ignores_the_rest(connect):
    socket = connect()
    upload_id = socket.create(picture("Before"))["instance"]["id"]
    socket.statuses_until_end(upload_id)
    data = {"status": "processed", "image_path": "x", "processed_text": "t"}

    answer = socket.command("update", instance_id=upload_id, data=data)

    assert answer["type"] == "Upload.updated"
    assert answer["ignored"] == ["status", "image_path"]
    assert answer["instance"]["processed_text"] == "t"
    assert answer["instance"]["image_path"] != "x"


@pytest.mark.case("core", 29)
def test_a_text_is_not_edited_while_it_is_read(connect, slow_document):
    socket = connect()
    upload_id = socket.create(slow_document)["instance"]["id"]
    socket.until(lambda frame: frame["type"] == "Upload.status")

    answer = socket.command("update", instance_id=upload_id, data={"raw_text": "mine"})

    assert (answer["type"], answer["code"]) == ("Upload.updated", "conflict")
    assert isinstance(answer["error"], str)
    lifecycle.cancel(Upload.objects.get().job_id)


def test_a_list_is_newest_first_and_pages(connect):
    socket = connect()
    ids = [socket.create(picture(f"Number {n}"), process=False)["instance"]["id"] for n in range(3)]

    first = socket.command("list", limit=2)
    second = socket.command("list", limit=2, before=first["next"])

    assert [item["id"] for item in first["list"] + second["list"]] == ids[::-1]
    assert second["next"] is None


@pytest.mark.parametrize("ordering", ["created_at", "updated_at", "-updated_at"])
def test_a_list_takes_no_other_order(connect, ordering):
    socket = connect()
    ids = [socket.create(picture(f"Number {n}"), process=False)["instance"]["id"] for n in range(3)]
    socket.command("update", instance_id=ids[0], data={"filename": "changed"})

    first = socket.command("list", limit=2, ordering=ordering)
    second = socket.command("list", limit=2, ordering=ordering, before=first["next"])

    assert [item["id"] for item in first["list"] + second["list"]] == ids[::-1]
    assert second["next"] is None


@pytest.mark.parametrize("keys", [{"limit": 0}, {"limit": "x"}, {"limit": 101}, {"before": "x"}])
def test_a_bad_page_of_a_list_is_refused(connect, keys):
    assert connect().command("list", **keys)["code"] == "invalid"


def test_initial_sends_the_list_first(connect):
    connect().create(picture("Listed"), process=False)

    assert connect(query="&initial=1").receive()["type"] == "Upload.list"


def test_a_path_of_the_server_is_refused_while_there_are_no_roots(connect):
    answer = connect().command("create", data={"image_path": "/etc/passwd"})

    assert answer["error"] == {"image_path": "Server-side paths are disabled."}


def test_a_random_message_never_ends_a_socket(connect):
    socket = connect()

    for _ in range(20):
        socket.send(os.urandom(40).decode("latin-1"))
        assert socket.receive()["type"] == "error"
    assert socket.command("ping")["type"] == "pong"
