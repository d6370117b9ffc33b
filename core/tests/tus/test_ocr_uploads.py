"""The purpose `upload`: the same checks, options and duplicates as a POST has."""

import pytest

from core.tests.uploads.conftest import tiny_png
from core.tus.models import TusUpload
from core.uploads.models import Upload

PNG = tiny_png(77)


def test_options_that_a_post_refuses_are_400_before_a_byte_is_sent(tus, folders):
    answer = tus.create(len(PNG), purpose="upload", ocr_mode="psychic", language_hint="klingon")

    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {"ocr_mode", "language_hint"}
    assert not folders()


def test_an_empty_file_is_400(tus):
    assert tus.create(0, purpose="upload").status_code == 400


def test_a_file_too_large_to_be_read_is_413(tus):
    assert tus.create(512 * 2**20 + 1, purpose="upload").status_code == 413


def test_content_of_no_accepted_type_is_refused_and_gone(tus, folders):
    where = tus.made(5, purpose="upload")

    answer = tus.patch(where, b"hello")

    assert answer.status_code == 415
    assert answer.json()["code"] == "unsupported_media"
    assert tus.head(where).status_code == 404
    assert not Upload.objects.exists()
    assert not folders()


@pytest.mark.parametrize("option", [{"image_path": "/etc/passwd"}, {"token": "ml_unknown"}])
def test_a_path_of_the_server_or_a_token_is_no_option_here(tus, option):
    answer = tus.create(len(PNG), PNG, purpose="upload", process="false", **option)

    assert answer.status_code == 201
    assert Upload.objects.get().size_bytes == len(PNG)


def test_a_finished_upload_is_one_with_its_options(tus, api, user):
    where = tus.made(
        len(PNG), purpose="upload", filename="scan.png", ocr_mode="high_accuracy", process="false"
    )

    resource = tus.patch(where, PNG).headers["Upload-Resource"]

    body = api.get(resource).json()
    assert (body["filename"], body["ocr_mode"]) == ("scan.png", "high_accuracy")
    assert body["owner"] == str(user.pk)
    assert TusUpload.objects.get().status == "complete"


def test_the_same_content_again_is_the_same_upload(tus):
    first = tus.create(len(PNG), PNG, purpose="upload", process="false")
    again = tus.create(len(PNG), PNG, purpose="upload", process="false")

    assert again.headers["Upload-Resource"] == first.headers["Upload-Resource"]
    assert Upload.objects.count() == 1


def test_a_hash_that_the_content_does_not_have_is_400(tus):
    answer = tus.create(len(PNG), PNG, purpose="upload", image_hash="0" * 64)

    assert answer.status_code == 400
    assert "image_hash" in answer.json()["errors"]


def test_uploads_are_counted_by_the_clients_address(own_web):
    tus = own_web.start(CORE_UPLOADS_PER_IP_HOUR="1")
    tus.create(len(PNG), PNG, purpose="upload", process="false")
    other = tiny_png(78)
    where = tus.made(len(other), purpose="upload", process="false")

    answer = tus.patch(where, other)

    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert TusUpload.objects.get(status="completing").client_ip == "127.0.0.1"
