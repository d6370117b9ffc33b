"""`POST video/transcode`: a file of the storage by its path, and none from anywhere else."""

import json
import shutil

import pytest
from rest_framework.test import APIClient

from core.jobs.models import Job
from tests.support.clips import clip
from transcode.models import Video
from transcode.tests.api.conftest import VIDEO, assert_problem, files_below, recording_server

pytestmark = pytest.mark.django_db(transaction=True)
DOOR = f"{VIDEO}/transcode"


@pytest.fixture
def stored(videos):
    """Return a function that puts a clip somewhere into the storage."""

    def put(path, name="silent"):
        target = videos / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(clip(name), target)
        return target

    return put


@pytest.fixture
def mine(stored, user):
    """Return the path of a file in the user's own folder."""
    path = f"incoming/{user.pk}/clip.mp4"
    stored(path)
    return path


def ask(api, path, **fields):
    return api.post(DOOR, {"path": path, "name": "A clip", **fields}, format="json")


def test_without_a_token_it_is_401():
    assert_problem(APIClient().post(DOOR, {}, format="json"), 401, "not_authenticated")


@pytest.mark.parametrize("body", ["[]", "3", "null", '"x"'])
def test_what_is_no_object_is_400(api, body):
    assert api.post(DOOR, body, content_type="application/json").status_code == 400


@pytest.mark.parametrize("body", ["{", "[" * 60_000, "\ufeff", '{"a":' * 9000, ""])
def test_what_is_no_json_is_400(api, body):
    assert api.post(DOOR, body, content_type="application/json").status_code == 400


def test_a_long_body_is_413(api):
    answer = api.post(DOOR, json.dumps({"path": "x" * 70_000}), content_type="application/json")

    assert_problem(answer, 413, "too_large")


@pytest.mark.parametrize("body", [{"name": "x"}, {"path": None, "name": "x"}])
def test_a_missing_path_is_named(api, body):
    assert_problem(api.post(DOOR, body, format="json"), 400, "invalid", "path")


@pytest.mark.parametrize("name", ["", None, "x" * 121, "a\0b", ["x"]])
def test_a_wrong_name_is_named(api, mine, name):
    assert_problem(ask(api, mine, name=name), 400, "invalid", "name")


def test_a_long_label_is_named(api, mine):
    assert_problem(ask(api, mine, destination="x" * 256), 400, "invalid", "destination")


@pytest.mark.parametrize(
    "path",
    [
        *("", " ", "/etc/passwd", "//etc/passwd", "..", "../x.mp4", "a/../../x.mp4", "a/.."),
        *("http://127.0.0.1/x.mp4", "file:///etc/passwd", "C:\\x.mp4", "a\\b.mp4", "concat:a|b"),
        *("x\0.mp4", "\ud800.mp4", "x" * 2000),
    ],
)
def test_what_is_no_path_of_the_storage_is_invalid_path(api, videos, path):
    body = json.dumps({"path": path, "name": "A clip"})

    assert_problem(api.post(DOOR, body, content_type="application/json"), 400, "invalid_path")
    assert not Video.objects.exists()


def test_a_form_may_not_bring_another_path_either(api, videos):
    answer = api.post(DOOR, {"path": "x\0.mp4", "name": "x"}, format="multipart")

    assert_problem(answer, 400, "invalid_path")


def test_a_file_that_is_no_film_is_refused_and_stays(api, videos, user):
    path = videos / "incoming" / str(user.pk) / "notes.mp4"
    path.parent.mkdir(parents=True)
    path.write_text("no film")

    assert_problem(ask(api, f"incoming/{user.pk}/notes.mp4"), 400, "not_media", "videoFile")
    assert files_below(videos) == [f"incoming/{user.pk}/notes.mp4"]


def test_a_folder_is_no_file(api, mine, user):
    assert_problem(ask(api, f"incoming/{user.pk}"), 404, "not_found")


@pytest.mark.parametrize("folder", ["incoming/{other}", "incoming", "originals/{other}", ""])
def test_a_file_outside_of_the_users_own_folder_is_404(api, stored, other_user, folder):
    path = f"{folder}/clip.mp4".format(other=other_user.pk).lstrip("/")
    stored(path)

    assert_problem(ask(api, path), 404, "not_found")
    assert not Video.objects.exists()


def test_a_link_into_anothers_folder_is_404(api, stored, videos, user, other_user):
    theirs = stored(f"incoming/{other_user.pk}/clip.mp4")
    link = videos / "incoming" / str(user.pk) / "mine.mp4"
    link.parent.mkdir()
    link.symlink_to(theirs)

    assert_problem(ask(api, f"incoming/{user.pk}/mine.mp4"), 404, "not_found")


def test_staff_may_use_any_file(staff_api, stored, other_user):
    stored(f"incoming/{other_user.pk}/clip.mp4")

    assert ask(staff_api, f"incoming/{other_user.pk}/clip.mp4").status_code == 201


def test_a_form_does_as_well_and_the_label_is_kept(api, mine):
    form = {"path": mine, "name": "A clip", "destination": "shelf 3"}

    for kind in ("multipart", None):
        more = {"format": kind} if kind else {"content_type": "application/x-www-form-urlencoded"}
        data = form if kind else f"path={mine}&name=A+clip&destination=shelf+3"
        answer = api.post(f"{DOOR}/", data, **more)
        assert answer.status_code == 201, answer.content
        assert Video.objects.get(pk=answer.json()["video"]["uuid"]).destination == "shelf 3"


@pytest.mark.case("transcode", 29)
def test_a_good_path_makes_a_video_and_every_other_is_refused(api, mine, videos, user, tmp_path):
    outside = tmp_path / "outside.mp4"
    shutil.copyfile(clip("silent"), outside)
    (videos / "incoming" / str(user.pk) / "link.mp4").symlink_to(outside)
    with recording_server() as (address, asked):
        assert_problem(ask(api, f"incoming/{user.pk}/missing.mp4"), 404, "not_found")
        for path in (
            f"incoming/{user.pk}/../../../outside.mp4",
            str(outside),
            f"{address}/clip.mp4",
            f"incoming/{user.pk}/link.mp4",
        ):
            assert_problem(ask(api, path), 400, "invalid_path")
        assert not Video.objects.exists()
        assert not Job.objects.exists()

        answer = ask(api, mine)

        assert answer.status_code == 201
        assert asked == []
    video = Video.objects.get(pk=answer.json()["video"]["uuid"])
    assert (videos / video.source_name).read_bytes() == clip("silent").read_bytes()
    assert (videos / mine).exists()
    assert Job.objects.exists()
