"""`create_upload`: its rules in their order, duplicates, and all of it or none of it."""

import base64
import hashlib
import threading

import pytest
from django.core.files.base import ContentFile
from django.db import connection as database

from core.accounts import api_tokens
from core.accounts.models import Role
from core.errors import FieldErrors, Throttled
from core.jobs.models import Job
from core.tests.uploads.conftest import tiny_png
from core.tests.uploads.making import again, claimed, made, processed, succeeded
from core.uploads import services
from core.uploads.encoded import cut
from core.uploads.models import Upload
from core.uploads.status import status_of

pytestmark = pytest.mark.django_db(transaction=True)

PNG = tiny_png(200)
SHA = hashlib.sha256(PNG).hexdigest()


def create(owner, **data):
    return services.create_upload(owner=owner, data=data)


def file(content=PNG, name="scan.png"):
    return ContentFile(content, name=name)


def refused(owner, **data):
    with pytest.raises(FieldErrors) as refusal:
        create(owner, **data)
    assert not Upload.objects.exists()
    assert not Job.objects.exists()
    return refusal.value.fields


def test_nothing_at_all_is_refused(user):
    assert refused(user) == {"image_base64": ["Provide image_base64, image_path or image_hash."]}


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"image_base64": 5}, "image_base64"),
        ({"image_base64": ["QUJD"]}, "image_base64"),
        ({"image_base64": {}}, "image_base64"),
        ({"image_file": "not a file"}, "image_file"),
        ({"image": 7}, "image"),
        ({"image_path": 5}, "image_path"),
        ({"image_path": ["/etc/passwd"]}, "image_path"),
        ({"image_hash": "abc"}, "image_hash"),
        ({"image_hash": 5}, "image_hash"),
        ({"image_hash": "g" * 64}, "image_hash"),
        ({"image_hash": SHA + "\n0"}, "image_hash"),
        ({"filename": 5}, "filename"),
        ({"filename": "x" * 5000}, "filename"),
        ({"filename": "a\0b"}, "filename"),
        ({"language_hint": 5}, "language_hint"),
        ({"language_hint": "xx"}, "language_hint"),
        ({"language_hint": "eng+rus+fra+osd+equ"}, "language_hint"),
        ({"language_hint": "../eng"}, "language_hint"),
        ({"language_hint": "--psm"}, "language_hint"),
        ({"output_format": "html"}, "output_format"),
        ({"output_format": None}, "output_format"),
        ({"ocr_mode": "slow"}, "ocr_mode"),
        ({"ocr_mode": {}}, "ocr_mode"),
        ({"auto_language_detection": "perhaps"}, "auto_language_detection"),
        ({"auto_language_detection": []}, "auto_language_detection"),
        ({"process": "perhaps"}, "process"),
        ({"token": "x" * 64}, "token"),
        ({"token": "0" * 64}, "token"),
        ({"token": 5}, "token"),
    ],
)
def test_a_bad_field_is_named_and_nothing_is_stored(user, data, field, stored):
    before = stored()

    fields = refused(user, **{"image_file": file(), **data})

    assert list(fields) == [field]
    assert stored() == before


def test_an_unknown_language_names_the_installed_ones(user):
    message = refused(user, image_file=file(), language_hint="xx")["language_hint"][0]

    assert all(code in message for code in ("eng", "fra", "rus"))


def test_a_hash_that_does_not_fit_the_content_stores_nothing(user, stored, incoming):
    before = stored()

    assert refused(user, image_file=file(), image_hash="0" * 64) == {
        "image_hash": ["Does not match the content."]
    }
    assert stored() == before
    assert incoming() == []


def test_an_unknown_hash_asks_for_the_content(user):
    assert refused(user, image_hash=SHA) == {
        "image_hash": ["No upload with this hash; send the content."]
    }


def test_someone_elses_hash_is_unknown(user, other_user):
    create(other_user, image_file=file())

    with pytest.raises(FieldErrors, match="No upload with this hash"):
        create(user, image_hash=SHA)


def test_the_hash_of_a_deleted_upload_is_unknown(user):
    upload = create(user, image_file=file()).upload
    services.delete_upload(owner=user, upload_id=upload.pk)

    with pytest.raises(FieldErrors, match="No upload with this hash"):
        create(user, image_hash=SHA)


@pytest.mark.parametrize("spelling", [SHA, SHA.upper(), f" {SHA} "])
def test_an_own_hash_finds_the_upload(user, spelling):
    upload = create(user, image_file=file()).upload

    found = create(user, image_hash=spelling)

    assert (found.upload.pk, found.is_duplicate) == (upload.pk, True)


def test_base64_wins_over_a_path_which_is_not_even_looked_at(user):
    created = create(user, image_base64=base64.b64encode(PNG).decode(), image_path="/etc/passwd")

    assert created.upload.image_hash == SHA


def test_base64_that_was_cut_out_of_its_message_is_taken(user):
    message = b'{"image_base64": "' + base64.b64encode(PNG) + b'"}'

    assert create(user, image_base64=cut(message).encoded).upload.image_hash == SHA


def test_empty_base64_does_not_fall_back_to_a_path(user):
    assert refused(user, image_base64="", image_path="x.png") == {
        "image_base64": ["Empty image data."]
    }


def test_a_new_upload_is_stored_under_its_owner_and_hash(user, stored, settings):
    upload = create(user, image_file=file()).upload

    assert upload.stored_name == f"{user.pk}/{SHA[:2]}/{SHA}.png"
    path = next(
        path for path in stored() if path.name == f"{SHA}.png" and str(user.pk) in str(path)
    )
    assert path.read_bytes() == PNG
    assert path.stat().st_mode & 0o777 == 0o640
    assert path.stat().st_nlink == 1


def test_a_new_upload_has_the_documented_defaults(user):
    upload = again(create(user, image_file=file()).upload)

    assert status_of(upload) == "pending"
    assert (upload.filename, upload.mime_type, upload.size_bytes) == (
        "scan.png",
        "image/png",
        len(PNG),
    )
    assert upload.auto_language_detection
    assert upload.language_hint is None
    assert (upload.output_format, upload.ocr_mode) == ("raw", "fast")
    assert upload.raw_text is None


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("../../etc/passwd.png", "passwd.png"),
        ("C:\\scans\\bill.png", "bill.png"),
        ("a\r\nb.png", "ab.png"),
        ("\u202egnp.exe", "gnp.exe"),
        ("...", ""),
        (None, "scan.png"),
    ],
)
def test_a_name_from_a_client_is_a_label(user, name, label):
    assert create(user, image_file=file(), filename=name).upload.filename == label


def test_the_options_go_to_the_job(user):
    upload = create(
        user,
        image_file=file(),
        language_hint="en",
        auto_language_detection=False,
        ocr_mode="high_accuracy",
        output_format="paragraph",
    ).upload

    assert Job.objects.get().params == {
        "upload_id": str(upload.pk),
        "auto_language_detection": False,
        "language_hint": "en",
        "output_format": "paragraph",
        "ocr_mode": "high_accuracy",
    }


def test_without_process_there_is_no_job(user):
    upload = create(user, image_file=file(), process=False).upload

    assert upload.job is None
    assert not Job.objects.exists()


def test_a_duplicate_starts_nothing_costs_nothing_and_is_not_announced(user, heard):
    first = create(user, image_file=file())
    heard.events()
    user.refresh_from_db()
    counted = user.uploads_made

    second = create(user, image_file=file(name="other.png"), process=False)

    assert second.is_duplicate
    assert second.upload.pk == first.upload.pk
    assert not second.options_differ
    assert heard.names() == []
    assert Job.objects.count() == 1
    user.refresh_from_db()
    assert user.uploads_made == counted == 1


@pytest.mark.parametrize(
    "options",
    [
        {"language_hint": "rus"},
        {"ocr_mode": "high_accuracy"},
        {"auto_language_detection": False},
        {"output_format": "paragraph"},
    ],
)
def test_a_duplicate_tells_that_the_text_was_made_with_other_options(user, options):
    create(user, image_file=file())

    assert create(user, image_file=file(), **options).options_differ


def test_two_names_of_one_language_are_the_same_option(user):
    create(user, image_file=file(), language_hint="en")

    assert not create(user, image_file=file(), language_hint="eng").options_differ


def test_changed_options_differ_until_a_run_was_made_with_them(user):
    upload = processed(user, content=PNG)
    services.update_upload(owner=user, upload_id=upload.pk, data={"ocr_mode": "high_accuracy"})
    wanted = {"image_file": file(), "ocr_mode": "high_accuracy"}
    assert create(user, **wanted).options_differ

    services.reprocess_upload(owner=user, upload_id=upload.pk)
    succeeded(claimed(upload))

    assert not create(user, **{**wanted, "image_file": file()}).options_differ


def test_the_same_bytes_of_another_user_are_another_upload(user, other_user, stored):
    mine, theirs = create(user, image_file=file()), create(other_user, image_file=file())

    assert not theirs.is_duplicate
    assert mine.upload.pk != theirs.upload.pk
    assert mine.upload.stored_name != theirs.upload.stored_name


def test_the_same_bytes_after_a_delete_are_a_new_upload(user):
    first = create(user, image_file=file()).upload
    services.delete_upload(owner=user, upload_id=first.pk)

    second = create(user, image_file=file())

    assert not second.is_duplicate
    assert second.upload.pk != first.pk


def test_a_demo_user_is_stopped_and_keeps_nothing_of_the_sixth(user, settings, stored, incoming):
    settings.CORE_DEMO_UPLOADS = 2
    user.role = Role.DEMO
    user.save()
    for colour in (1, 2):
        create(user, image_file=file(tiny_png(colour)))
    before = stored()

    with pytest.raises(Throttled):
        create(user, image_file=file(tiny_png(3)))

    assert sorted(stored()) == sorted(before)
    assert incoming() == []
    assert create(user, image_file=file(tiny_png(1))).is_duplicate


def test_refused_input_costs_no_quota(user):
    with pytest.raises(FieldErrors):
        create(user, image_file=file(b"no picture"))

    user.refresh_from_db()
    assert user.uploads_made == 0


def test_a_token_of_someone_else_is_refused(user, other_user):
    _, key = api_tokens.create_api_token(other_user)

    assert list(refused(user, image_file=file(), token=key)) == ["token"]


def test_an_own_token_counts_by_itself(user, settings):
    settings.CORE_UPLOADS_PER_TOKEN_HOUR = 1
    _, key = api_tokens.create_api_token(user)
    create(user, image_file=file(tiny_png(1)), token=f"ml_{key}")

    with pytest.raises(Throttled) as refusal:
        create(user, image_file=file(tiny_png(2)), token=key)

    assert refusal.value.retry_after_s > 0
    assert create(user, image_file=file(tiny_png(1)), token=key).is_duplicate
    assert not create(user, image_file=file(tiny_png(2))).is_duplicate


def test_of_ten_creates_at_once_one_wins_and_nine_are_duplicates(user, stored):
    answers, errors = [], []

    def one():
        try:
            answers.append(create(user, image_file=file()))
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            errors.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=one) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert sorted(answer.is_duplicate for answer in answers) == [False] + [True] * 9
    assert len({answer.upload.pk for answer in answers}) == 1
    assert Upload.objects.count() == Job.objects.count() == 1
    user.refresh_from_db()
    assert user.uploads_made == 1


def create_behind_a_twin(owner):
    """Create what was not there yet when it was looked for, and is a moment later."""
    twins = []

    def twin():
        twins.append(create(owner, image_file=file()))
        database.close()

    def with_twin(execute, sql, *rest):
        answer = execute(sql, *rest)
        if not twins and sql.startswith("SELECT") and SHA in map(str, rest[0] or ()):
            thread = threading.Thread(target=twin)
            thread.start()
            thread.join(180)
        return answer

    with database.execute_wrapper(with_twin):
        return twins, create(owner, image_file=file())


def test_a_duplicate_is_answered_where_its_twin_took_the_last_place(user, settings):
    settings.CORE_DEMO_UPLOADS = 1
    user.role = Role.DEMO
    user.save()

    (twin,), answer = create_behind_a_twin(user)

    assert (answer.upload.pk, answer.is_duplicate) == (twin.upload.pk, True)
    user.refresh_from_db()
    assert user.uploads_made == 1


def test_the_event_of_the_new_upload_names_the_socket_that_made_it(user, heard):
    services.create_upload(owner=user, data={"image_file": file()}, origin="socket-1")

    event = heard.events()[0]
    assert (event.name, event.origin, event.is_final) == ("upload.changed", "socket-1", True)
    assert '"type":"Upload.created"' in event.text
    assert '"duplicate":false' in event.text


def test_a_tiff_tells_its_pages_at_once_and_a_png_has_one(user):
    assert made(user).page_count == 1
