"""`POST uploads/`: shapes of answers and refusals, over the test client."""

import base64
import hashlib
import json
import struct
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from core.accounts import api_tokens
from core.accounts.models import Role
from core.jobs.models import Job
from core.tests.uploads.conftest import UPLOADS, tiny_png
from core.uploads import upkeep
from core.uploads.models import Upload

pytestmark = pytest.mark.django_db(transaction=True)

PNG = tiny_png(123)
SHA = hashlib.sha256(PNG).hexdigest()
B64 = base64.b64encode(PNG).decode()


def file(content=PNG, name="scan.png", mime="image/png"):
    return SimpleUploadedFile(name, content, mime)


def post(api, **data):
    return api.post(UPLOADS, data, format="json")


def send(api, content=PNG, **data):
    return api.post(UPLOADS, {"image_file": file(content), **data}, format="multipart")


def test_without_a_login_nothing_is_taken(client):
    assert client.post(UPLOADS, {"image_file": file()}).status_code == 401
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    "body", ["", "{", "not json", "[]", '"text"', "5", "null", "[[[[", '{"a":NaN}', "{" * 5000]
)
def test_a_body_that_is_no_object_is_400(api, body):
    answer = api.post(UPLOADS, body, content_type="application/json")

    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["__all__"] or body == ""


def test_another_content_type_is_415(api):
    assert api.post(UPLOADS, "<x/>", content_type="application/xml").status_code == 415


def test_a_broken_form_is_400(api):
    answer = api.post(UPLOADS, b"--x\r\nnope", content_type="multipart/form-data; boundary=x")

    assert answer.status_code == 400


def test_a_bad_field_has_the_shape_of_the_contract(api):
    answer = send(api, ocr_mode="slow")

    assert answer.status_code == 400
    assert answer.json() == {"errors": {"ocr_mode": ['"slow" is not a valid choice.']}}


def test_an_unknown_language_is_400_and_names_the_installed_ones(api):
    answer = send(api, language_hint="xx")

    assert answer.status_code == 400
    message = answer.json()["errors"]["language_hint"][0]
    assert all(code in message for code in ("eng", "fra", "rus"))


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"a text file", 415, "unsupported_media"),
        (
            b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>",
            415,
            "unsupported_media",
        ),
        (b"", 400, None),
        (PNG[:-16], 400, "unreadable_image"),
        (b"%PDF-", 400, "unreadable_image"),
    ],
)
def test_content_that_is_not_accepted_is_keyed_by_its_field(api, content, status, code):
    answer = send(api, content)

    assert answer.status_code == status
    assert list(answer.json()["errors"]) == ["image_file"]
    assert answer.json().get("code") == code
    assert not Upload.objects.exists()


@pytest.mark.case("core", 48)
def test_text_svg_and_a_truncated_jpeg_are_refused_by_content(api):
    import io

    from PIL import Image

    jpeg = io.BytesIO()
    Image.effect_noise((300, 300), 50).save(jpeg, "JPEG")
    codes = [
        send(api, content).json()["code"]
        for content in (b"just text", b"<svg/>", jpeg.getvalue()[:2000])
    ]

    assert codes == ["unsupported_media", "unsupported_media", "unreadable_image"]


def bomb(width=40_000, height=40_000):
    """Return a PNG of a few KB whose header declares very many pixels."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 100_000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(40_000, 40_000), (32_001, 10), (2**31 - 1, 2**31 - 1)])
def test_a_picture_of_too_many_pixels_is_refused_by_its_header(api, size):
    answer = send(api, bomb(*size))

    assert answer.status_code == 400
    assert answer.json()["code"] == "too_many_pixels"


def test_a_file_above_the_limit_is_413(api, settings):
    settings.CORE_UPLOAD_MAX_BYTES = 50

    for answer, field in [(send(api), "image_file"), (post(api, image_base64=B64), "image_base64")]:
        assert answer.status_code == 413
        assert list(answer.json()["errors"]) == [field]
        assert answer.json()["code"] == "too_large"


def test_a_json_body_above_the_limit_is_413(api, settings):
    settings.CORE_WS_MAX_MESSAGE_BYTES = 100

    assert post(api, image_base64="QUJD" * 100).status_code == 413


def test_base64_errors_are_those_of_the_socket(api):
    answer = post(api, image_base64="@@@")

    assert answer.status_code == 400
    assert answer.json()["errors"]["image_base64"][0].startswith("Invalid base64 encoding:")
    assert "code" not in answer.json()


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "x.png"])
def test_paths_of_the_server_are_disabled_by_default(api, path):
    assert post(api, image_path=path).json() == {
        "errors": {"image_path": ["Server-side paths are disabled."]}
    }


@pytest.mark.case("core", 22)
def test_paths_outside_the_roots_get_one_answer_for_all(api, settings, tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "outside.png").write_bytes(PNG)
    (root / "link.png").symlink_to(tmp_path / "outside.png")
    settings.CORE_IMAGE_PATH_ROOTS = [str(root)]

    paths = [
        str(tmp_path / "outside.png"),
        "../outside.png",
        "link.png",
        "/dev/zero",
        "missing.png",
    ]
    answers = [post(api, image_path=path) for path in paths]

    assert {answer.status_code for answer in answers} == {400}
    assert {answer.content for answer in answers} == {
        b'{"errors":{"image_path":["Not available."]}}'
    }
    assert not Upload.objects.exists()


@pytest.mark.case("core", 23)
def test_a_path_inside_a_root_is_copied_into_managed_storage(api, user, settings, tmp_path):
    source = tmp_path / "inbox" / "scan.png"
    source.parent.mkdir()
    source.write_bytes(PNG)
    before = source.stat()
    settings.CORE_IMAGE_PATH_ROOTS = [str(tmp_path)]

    answer = post(api, image_path="inbox/scan.png")

    assert answer.status_code == 201
    assert answer.json()["image_path"] == f"{user.pk}/{SHA[:2]}/{SHA}.png"
    assert str(tmp_path) not in answer.content.decode()
    assert source.read_bytes() == PNG
    assert (source.stat().st_ino, source.stat().st_nlink) == (before.st_ino, 1)


def test_a_new_upload_is_201_with_every_field_of_the_contract(api, user):
    answer = send(api, filename="my scan.png")

    assert answer.status_code == 201
    assert "X-Duplicate" not in answer
    body = answer.json()
    moments = [body.pop("created_at"), body.pop("updated_at")]
    assert all(moment.endswith("Z") for moment in moments)
    assert body == {
        "id": str(Upload.objects.get().pk),
        "owner": str(user.pk),
        "image_path": f"{user.pk}/{SHA[:2]}/{SHA}.png",
        "image_url": f"/api/v1/core/uploads/{Upload.objects.get().pk}/image/",
        "image_hash": SHA,
        "filename": "my scan.png",
        "mime_type": "image/png",
        "size_bytes": len(PNG),
        "page_count": 1,
        "status": "pending",
        "auto_language_detection": True,
        "language_hint": None,
        "output_format": "raw",
        "ocr_mode": "fast",
        "detected_language": None,
        "confidence": None,
        "engine": None,
        "raw_text": None,
        "processed_text": None,
        "progress": 0.0,
        "run": 1,
        "error": None,
        "error_code": None,
        "followup_qa": [],
        "processed_at": None,
    }


@pytest.mark.parametrize("field", ["image_file", "image"])
def test_a_form_may_call_the_file_by_either_name(api, field):
    answer = api.post(UPLOADS, {field: file(name="a.png")}, format="multipart")

    assert answer.status_code == 201
    assert answer.json()["filename"] == "a.png"


def test_a_form_without_options_has_the_defaults_of_json(api):
    """A browser's form leaves unticked boxes out; that must not switch detection off."""
    assert send(api).json()["auto_language_detection"] is True
    assert Job.objects.count() == 1


@pytest.mark.parametrize(
    "text", [B64, f"data:image/png;base64,{B64}", "\n".join([B64[:60], B64[60:]])]
)
def test_base64_in_json_is_taken(api, text):
    assert post(api, image_base64=text).json()["image_hash"] == SHA


def test_a_duplicate_is_200_with_a_header(api):
    first = send(api).json()

    for answer in (send(api), post(api, image_base64=B64), post(api, image_hash=SHA)):
        assert answer.status_code == 200
        assert answer["X-Duplicate"] == "true"
        assert answer.json()["id"] == first["id"]


def test_another_users_bytes_are_new_to_oneself(api, other_api):
    mine, theirs = send(api), send(other_api)

    assert (mine.status_code, theirs.status_code) == (201, 201)
    assert mine.json()["id"] != theirs.json()["id"]
    assert post(api, image_hash="0" * 64).status_code == 400


@pytest.mark.case("core", 24)
def test_the_same_bytes_after_a_delete_are_new_and_keep_their_file(api, settings):
    first = send(api).json()
    api.delete(f"{UPLOADS}{first['id']}/")
    settings.CORE_DELETE_RETENTION_HOURS = 0

    second = send(api)
    assert upkeep.purge_deleted() == 1

    assert second.status_code == 201
    assert "X-Duplicate" not in second
    assert second.json()["id"] != first["id"]
    assert [str(pk) for pk in Upload.objects.values_list("pk", flat=True)] == [second.json()["id"]]
    shown = api.get(f"{UPLOADS}{second.json()['id']}/pages/1.png")
    assert shown.status_code == 200


def test_a_demo_users_last_upload_is_429_without_a_time_that_would_help(api, user, settings):
    settings.CORE_DEMO_UPLOADS = 1
    user.role = Role.DEMO
    user.save()
    send(api)

    answer = send(api, tiny_png(5))

    assert answer.status_code == 429
    assert answer.json()["detail"].startswith("Request was throttled.")
    assert int(answer["Retry-After"]) > 0
    assert send(api).status_code == 200


def test_too_many_from_one_address_are_429(api, settings):
    settings.CORE_UPLOADS_PER_IP_HOUR = 1
    send(api)

    answer = send(api, tiny_png(5))

    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 3600
    assert send(api).status_code == 200


@pytest.mark.parametrize("key", ["0" * 64, "ml_" + "0" * 64])
def test_an_unknown_token_in_the_address_is_400(api, key):
    answer = api.post(f"{UPLOADS}{key}/", {"image_file": file()}, format="multipart")

    assert answer.status_code == 400
    assert answer.json()["errors"]["token"][0].endswith("invalid or inactive.")


@pytest.mark.parametrize("key", ["0" * 63, "G" * 64, "ML_" + "0" * 64, "0" * 65])
def test_what_is_no_token_is_no_address(api, key):
    assert api.post(f"{UPLOADS}{key}/", {"image_file": file()}).status_code == 404


def test_another_users_token_is_refused_and_does_not_replace_a_login(api, client, other_user):
    _, key = api_tokens.create_api_token(other_user)

    refused = api.post(f"{UPLOADS}{key}/", {"image_file": file()}, format="multipart")
    anonymous = client.post(f"{UPLOADS}{key}/", {"image_file": file()})

    assert (refused.status_code, anonymous.status_code) == (400, 401)
    assert not Upload.objects.exists()


@pytest.mark.parametrize("prefix", ["", "ml_"])
def test_an_own_token_in_the_address_counts_for_itself(api, user, settings, prefix):
    settings.CORE_UPLOADS_PER_TOKEN_HOUR = 1
    _, key = api_tokens.create_api_token(user)
    address = f"{UPLOADS}{prefix}{key}/"

    first = api.post(address, {"image_file": file()}, format="multipart")
    second = api.post(address, {"image_file": file(tiny_png(5))}, format="multipart")

    assert (first.status_code, second.status_code) == (201, 429)


def test_no_answer_tells_a_path_of_the_server(api, settings):
    bodies = [
        send(api).content,
        send(api, b"bad").content,
        post(api, image_base64="@").content,
        post(api, image_path="/etc/passwd").content,
    ]

    assert not any(str(settings.DATA_DIR).encode() in body for body in bodies)


def test_depth_and_number_of_json_values_are_bounded(api):
    deep: object = "x"
    for _ in range(200):
        deep = [deep]

    assert post(api, filename=deep).status_code == 400
    assert post(api, filename=[0] * 300_000).status_code == 400
    assert json.loads(post(api, a=1).content)["errors"]
