"""`POST video/upload`: what is refused leaves nothing, what is accepted is described."""

import resource
import struct
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from core.jobs.models import Job
from tests.support.clips import clip
from transcode.models import Video, VideoJob
from transcode.tests.api.conftest import VIDEO, assert_problem, files_below, recording_server

pytestmark = pytest.mark.django_db(transaction=True)
UPLOAD = f"{VIDEO}/upload"
MIB = 2**20


def wav_without_samples() -> bytes:
    """Return a WAVE file whose data are none."""
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 2, 48000, 192000, 4, 16)
    data = struct.pack("<4sI", b"data", 0)
    body = b"WAVE" + fmt + data
    return struct.pack("<4sI", b"RIFF", len(body)) + body


def playlist_of(*addresses: str) -> bytes:
    lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:4"]
    for address in addresses:
        lines += ["#EXTINF:4,", address]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""]).encode()


def assert_nothing_is_left(videos, settings) -> None:
    assert files_below(videos) == []
    assert files_below(Path(settings.FILE_UPLOAD_TEMP_DIR)) == []
    assert not Video.objects.exists()
    assert not Job.objects.exists()


@pytest.fixture(autouse=True)
def own_temp_folder(settings, tmp_path):
    """Let the form's temporary files be seen."""
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path / "tmp")
    Path(settings.FILE_UPLOAD_TEMP_DIR).mkdir()


def test_without_a_token_it_is_401(videos):
    answer = APIClient().post(UPLOAD, {}, format="multipart")

    assert_problem(answer, 401, "not_authenticated")
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_session_without_a_csrf_token_is_403(user, videos):
    browser = APIClient(enforce_csrf_checks=True)
    browser.force_login(user)

    assert_problem(browser.post(UPLOAD, {}, format="multipart"), 403, "permission_denied")


def test_a_session_with_a_csrf_token_may_upload(user, videos):
    browser = APIClient(enforce_csrf_checks=True)
    browser.force_login(user)
    browser.get("/account/")
    token = browser.cookies["csrftoken"].value
    form = {"name": "x", "videoFile": SimpleUploadedFile("a.mp4", clip("silent").read_bytes())}

    answer = browser.post(UPLOAD, form, format="multipart", HTTP_X_CSRFTOKEN=token)

    assert answer.status_code == 201


def test_get_is_405(api):
    assert_problem(api.get(UPLOAD), 405, "method_not_allowed")


@pytest.mark.parametrize("body", [b"[]", b"3", b'"x"', b"null", b'{"name": "x", "videoFile": "y"}'])
def test_json_holds_no_file_and_is_400(api, videos, body):
    answer = api.post(UPLOAD, body, content_type="application/json")

    assert answer.status_code == 400
    assert answer.json()["errors"]


def test_json_of_nothing_but_brackets_is_400(api):
    answer = api.post(UPLOAD, b"[" * 5000, content_type="application/json")

    assert answer.status_code == 400


def test_a_long_form_without_a_file_is_413(api):
    answer = api.post(UPLOAD, b"a" * 70_000, content_type="application/x-www-form-urlencoded")

    assert_problem(answer, 413, "too_large")


def test_another_kind_of_body_is_415(api):
    assert_problem(api.post(UPLOAD, b"x", content_type="video/mp4"), 415, "unsupported_media_type")


def test_all_that_is_wrong_is_said_at_once(upload, videos, settings):
    wrong = {"language": "qqx", "private": "perhaps"}

    answer = upload(b"only words", "notes.mp4", name="", **wrong)

    assert_problem(answer, 400, "invalid", "name", "videoFile", *wrong)
    assert_nothing_is_left(videos, settings)


def test_a_name_that_is_too_long_beside_a_good_file_is_all_that_is_wrong(upload, videos, settings):
    answer = upload(clip("silent").read_bytes(), name="n" * 121)

    assert_problem(answer, 400, "invalid", "name")
    assert_nothing_is_left(videos, settings)


def test_a_form_that_is_cut_off_is_400_and_leaves_nothing(api, videos, settings):
    whole = b'--b\r\nContent-Disposition: form-data; name="videoFile"; filename="a.mp4"\r\n\r\nxxxx'

    answer = api.post(UPLOAD, whole, content_type="multipart/form-data; boundary=b")

    assert answer.status_code == 400
    assert_nothing_is_left(videos, settings)


def test_a_form_of_very_many_files_is_400_and_leaves_nothing(api, videos, settings):
    many = {f"f{number}": SimpleUploadedFile("a.mp4", b"x") for number in range(200)}

    answer = api.post(UPLOAD, many, format="multipart")

    assert answer.status_code == 400
    assert_nothing_is_left(videos, settings)


@pytest.mark.parametrize(
    ("fields", "at_fault"),
    [
        ({"name": ""}, "name"),
        ({"name": "   "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"language": "klingon"}, "language"),
        ({"language": "x" * 1000}, "language"),
        ({"private": "perhaps"}, "private"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_left(
    upload_clip, videos, settings, fields, at_fault
):
    answer = upload_clip("silent", **fields)

    assert_problem(answer, 400, "invalid", at_fault)
    assert_nothing_is_left(videos, settings)


def test_a_missing_name_and_a_missing_file_are_named_together(api, videos):
    assert_problem(api.post(UPLOAD, {}, format="multipart"), 400, "invalid", "name", "videoFile")


def test_a_text_where_the_file_should_be_is_400(api, videos):
    answer = api.post(UPLOAD, {"name": "x", "videoFile": "text"}, format="multipart")

    assert_problem(answer, 400, "invalid", "videoFile")


def test_a_disk_that_takes_no_more_is_507_and_leaves_nothing(upload, videos, settings):
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8 * MIB, most))
    try:
        answer = upload(b"x" * 9 * MIB)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    assert_problem(answer, 507, "no_space")
    assert_nothing_is_left(videos, settings)


def test_a_form_larger_than_the_largest_upload_is_413_and_leaves_nothing(upload, videos, settings):
    settings.MAX_UPLOAD_SIZE_BYTES = MIB

    answer = upload(b"x" * 2 * MIB)

    assert_problem(answer, 413, "too_large")
    assert_nothing_is_left(videos, settings)


def test_a_file_that_is_sent_twice_is_400_and_leaves_nothing(api, videos, settings):
    two = [SimpleUploadedFile("a.mp4", b"x"), SimpleUploadedFile("b.mp4", b"y")]

    answer = api.post(UPLOAD, {"name": "x", "videoFile": two}, format="multipart")

    assert_problem(answer, 400, "invalid", "videoFile")
    assert_nothing_is_left(videos, settings)


def test_a_field_without_a_file_is_as_none(api, videos, settings):
    body = (
        b'--b\r\nContent-Disposition: form-data; name="videoFile"; filename=""\r\n\r\n\r\n'
        b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nx\r\n--b--\r\n'
    )

    answer = api.post(UPLOAD, body, content_type="multipart/form-data; boundary=b")

    assert_problem(answer, 400, "invalid", "videoFile")
    assert_nothing_is_left(videos, settings)


def test_both_names_may_be_there_and_the_first_counts(api, videos):
    form = {
        "file": SimpleUploadedFile("other.mp4", b"no film"),
        "videoFile": SimpleUploadedFile("a.mp4", clip("silent").read_bytes()),
        "name": "the name after the file",
    }

    assert api.post(UPLOAD, form, format="multipart").status_code == 201
    assert files_below(videos / "staging") == []


@pytest.mark.parametrize(
    "filename",
    ["../../evil.mp4", "a/b.mp4", "..\\evil.mp4", "\u202egpj.mp4", "x" * 300 + ".mp4", "<b>.mp4"],
)
def test_the_clients_name_of_a_file_is_never_a_path(upload, videos, filename):
    answer = upload(clip("silent").read_bytes(), filename)

    assert answer.status_code == 201
    (video,) = Video.objects.all()
    assert video.source_name == f"originals/{video.pk}/source.mp4"
    assert all(str(video.pk) in name for name in files_below(videos))


@pytest.mark.parametrize("filename", ["clip.exe", "clip", "clip.mp4.html", ".mp4", "clip.svg"])
def test_another_extension_is_refused(upload, videos, settings, filename):
    answer = upload(clip("silent").read_bytes(), filename)

    assert_problem(answer, 400, "unsupported_extension", "videoFile")
    assert_nothing_is_left(videos, settings)


def test_a_file_may_be_called_file(upload, videos):
    answer = upload(clip("silent").read_bytes(), field="file")

    assert answer.status_code == 201


def test_what_was_said_is_kept(upload_clip, user):
    answer = upload_clip("silent", name="  Ein Film  ", language="deu", private="true")

    video = Video.objects.get(pk=answer.json()["video"]["uuid"])
    assert (video.name, video.owner, video.is_private) == ("Ein Film", user, True)
    assert answer.json()["video"]["language"] == video.language == "de"


def test_the_answer_names_the_address_at_which_the_video_is_followed(upload_clip, api):
    answer = upload_clip("silent")

    assert api.get(answer["Location"]).json()["video"]["uuid"] == answer.json()["video"]["uuid"]


def test_a_slash_at_the_end_changes_nothing(api, videos):
    form = {"name": "x", "videoFile": SimpleUploadedFile("a.mp4", clip("silent").read_bytes())}

    assert api.post(f"{UPLOAD}/", form, format="multipart").status_code == 201


def test_the_jobs_name_the_address_that_the_client_used(upload_clip):
    answer = upload_clip("silent")

    video = answer.json()["video"]["uuid"]
    urls = {job.payload["input"]["videoFileUrl"] for job in VideoJob.objects.all()}
    assert urls
    assert all(url.startswith("http://testserver/api/v1/runners/jobs/") for url in urls)
    assert all(url.endswith(f"/files/videos/{video}/max-quality") for url in urls)


ACCEPTED = {
    "landscape": (640, 360, 30, True, [0, 240, 360]),
    "audio_only": (None, None, None, True, [0, 240, 360, 480, 480]),
    "silent": (640, 360, 30, False, [240, 360]),
    "portrait": (360, 640, 30, True, [0, 240, 360]),
    "rotated": (360, 640, 30, True, [0, 240, 360]),
    "odd": (321, 181, 30, True, [0, 182]),
    "film": (640, 360, 24, True, [0, 240, 360]),
    "variable_rate": (640, 360, None, False, [240, 360]),
}


@pytest.mark.case("transcode", 28)
def test_every_kind_of_upload_has_its_documented_result(upload, upload_clip, videos, settings, api):
    with recording_server() as (address, asked):
        refused = {
            "empty_file": (b"", "clip.mp4"),
            "not_media": (b"This is no film.\n" * 100, "clip.mp4"),
            "not_media ": (playlist_of("file:///etc/passwd"), "clip.mp4"),
            "not_media  ": (playlist_of(f"{address}/a.ts", f"{address}/b.ts"), "clip.mp4"),
            "unsupported_extension": (playlist_of(f"{address}/c.ts"), "clip.m3u8"),
            "invalid_duration": (wav_without_samples(), "clip.wav"),
        }
        for code, (content, filename) in refused.items():
            assert_problem(upload(content, filename), 400, code.strip(), "videoFile")
            assert_nothing_is_left(videos, settings)
        no_file = api.post(UPLOAD, {"name": "A clip"}, format="multipart")
        assert_problem(no_file, 400, "invalid", "videoFile")
        assert_nothing_is_left(videos, settings)

        for name, (width, height, fps, has_audio, resolutions) in ACCEPTED.items():
            answer = upload_clip(name)
            assert answer.status_code == 201, (name, answer.content)
            body = answer.json()["video"]
            assert (body["width"], body["height"], body["hasAudio"]) == (width, height, has_audio)
            assert fps is None or body["fps"] == fps, name
            assert (body["state"]["id"], body["duration"]) == (2, 2)
            jobs = VideoJob.objects.filter(video=body["uuid"]).values_list("resolution", flat=True)
            assert sorted(jobs) == resolutions, name
        assert asked == []
