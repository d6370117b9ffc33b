"""`POST video/<uuid>/studio`: forms of tasks with files, and what is refused."""

import io
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from PIL import Image
from rest_framework.test import APIClient

from core.jobs.models import Job
from tests.support.clips import clip
from transcode.api.tasks_form import edit_of
from transcode.models import JobType, Video, VideoJob, VideoState
from transcode.tests.api.conftest import VIDEO, assert_problem, files_below
from transcode.tests.videos.making import make_video

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def video(user, videos):
    """Return a published video with its original, and no job."""
    video, _ = make_video(user, "landscape", planned=[], state=VideoState.PUBLISHED)
    return video


def at(video_id):
    return f"{VIDEO}/{video_id}/studio"


def png() -> SimpleUploadedFile:
    buffer = io.BytesIO()
    Image.new("RGB", (20, 10), "red").save(buffer, "PNG")
    return SimpleUploadedFile("mark.png", buffer.getvalue())


def mp4(name="intro.mp4") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, clip("silent").read_bytes())


CUT = {"tasks[0][name]": "cut", "tasks[0][options][start]": "1"}


def test_without_a_token_it_is_401(video):
    assert_problem(APIClient().post(at(video.pk), CUT), 401, "not_authenticated")


def test_what_is_not_there_or_anothers_is_404(api, other_api, video):
    assert_problem(api.post(at(uuid.uuid4()), CUT), 404, "not_found")
    assert_problem(other_api.post(at(video.pk), CUT), 404, "not_found")
    assert not Job.objects.exists()


@pytest.mark.parametrize("body", ["[]", "null", "{}", '{"tasks": {}}', '{"tasks": "cut"}', '"x"'])
def test_json_without_a_list_of_tasks_is_400(api, video, body):
    answer = api.post(at(video.pk), body, content_type="application/json")

    assert_problem(answer, 400, "invalid", "tasks")


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({}, "tasks"),
        ({"tasks": "cut"}, "tasks"),
        ({"tasks[][name]": "cut"}, "tasks"),
        ({"tasks[-1][name]": "cut"}, "tasks"),
        ({"tasks[0][name]": "explode"}, "tasks[0]"),
        ({"tasks[0][name]": "cut"}, "tasks[0]"),
        ({"tasks[0][options][start]": "1"}, "tasks[0]"),
        ({**CUT, "tasks[0][options][start]": "x"}, "tasks[0]"),
        ({**CUT, "tasks[0][options][start]": "99"}, "tasks[0]"),
        ({"tasks[0][name]": "add-intro"}, "tasks[0]"),
        ({"tasks[0][name]": "add-intro", "tasks[0][options][file]": "/etc/passwd"}, "tasks[0]"),
        ({**CUT, "tasks[1][name]": "add-intro", "tasks[1][options][file]": "x"}, "tasks[1]"),
        ({f"tasks[{number}][name]": "cut" for number in range(11)}, "tasks"),
    ],
)
def test_a_wrong_task_is_named_and_nothing_is_queued(api, video, form, field):
    assert_problem(api.post(at(video.pk), form, format="multipart"), 400, "invalid", field)
    assert not Job.objects.exists()


def test_files_that_are_no_clip_or_no_picture_leave_nothing(api, video, videos):
    before = files_below(videos)
    for name, file in (
        ("add-intro", SimpleUploadedFile("x.mp4", b"no film")),
        ("add-outro", SimpleUploadedFile("x.m3u8", b"#EXTM3U")),
        ("add-watermark", SimpleUploadedFile("x.png", b"<svg onload=alert(1)>")),
    ):
        form = {"tasks[0][name]": name, "tasks[0][options][file]": file}
        assert_problem(api.post(at(video.pk), form, format="multipart"), 400, "invalid", "tasks[0]")

    assert files_below(videos) == before
    assert not Job.objects.exists()


def test_a_video_that_is_being_made_is_409(api, video):
    Video.objects.update(state=VideoState.TO_TRANSCODE)

    assert_problem(api.post(at(video.pk), CUT, format="multipart"), 409, "conflict")


def test_an_edit_is_queued_with_its_files_in_their_order(api, video, videos):
    form = {
        "tasks[2][name]": "add-watermark",
        "tasks[2][options][file]": png(),
        **CUT,
        "tasks[1][name]": "add-intro",
        "tasks[1][options][file]": mp4("../../intro.mp4"),
    }

    answer = api.post(f"{at(video.pk)}/", form, format="multipart")

    assert answer.status_code == 202, answer.content
    assert answer.json()["video"]["state"]["id"] == VideoState.TO_EDIT
    (row,) = VideoJob.objects.all()
    assert row.type == JobType.STUDIO
    assert [task["name"] for task in row.payload["tasks"]] == ["cut", "add-intro", "add-watermark"]
    assert row.payload["tasks"][1]["options"]["file"].startswith(
        "http://testserver/api/v1/runners/"
    )
    placed = files_below(videos / "studio" / str(video.pk))
    assert sorted(name.rpartition(".")[2] for name in placed) == ["mp4", "png"]


def test_json_does_for_cuts(api, video):
    tasks = [{"name": "cut", "options": {"start": 0, "end": 1}}]

    answer = api.post(at(video.pk), {"tasks": tasks}, format="json")

    assert answer.status_code == 202
    assert VideoJob.objects.get().payload["tasks"] == tasks


def test_tasks_keep_the_order_of_their_numbers_and_unknown_fields_are_left():
    form = QueryDict(mutable=True)
    form.update({f"tasks[{number}][name]": f"t{number}" for number in (10, 2, 0)})
    form["tasks[100][name]"] = form["tasks[0][evil][x]"] = form["other"] = "x"

    with edit_of(form) as edit:
        assert [task["name"] for task in edit.tasks] == ["t0", "t2", "t10"]
        assert edit.files == {}
