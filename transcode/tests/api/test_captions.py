"""`POST video/<uuid>/captions/generate`: somebody has to be there who can listen."""

import uuid

import pytest
from rest_framework.test import APIClient

from core.jobs.models import Job
from transcode.models import Caption, JobType, Video, VideoJob, VideoState
from transcode.tests.api.conftest import VIDEO, assert_problem
from transcode.tests.factories import make_runner
from transcode.tests.videos.making import make_video
from transcode.videos import captions, services
from transcode.videos.errors import NotFound

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def video(user, videos):
    """Return a video that plays and has a sound."""
    columns = {"state": VideoState.PUBLISHED, "is_playable": True}
    return make_video(user, "landscape", planned=[], **columns)[0]


def at(video_id):
    return f"{VIDEO}/{video_id}/captions/generate"


def test_without_a_token_it_is_401(video):
    assert_problem(APIClient().post(at(video.pk)), 401, "not_authenticated")


def test_what_is_not_there_or_anothers_is_404(api, other_api, video):
    assert_problem(api.post(at(uuid.uuid4())), 404, "not_found")
    assert_problem(other_api.post(at(video.pk)), 404, "not_found")


def test_a_video_that_is_removed_while_it_is_asked_for_is_not_found(video):
    make_runner()
    seen = Video.objects.get(pk=video.pk)
    services.remove(video)

    with pytest.raises(NotFound):
        captions.request(seen)

    assert not Job.objects.exists()


def test_get_is_405(api, video):
    assert_problem(api.get(at(video.pk)), 405, "method_not_allowed")


def test_a_wrong_field_is_named(api, video):
    answer = api.post(at(video.pk), {"force": "perhaps"}, format="json")

    assert_problem(answer, 400, "invalid", "force")


def test_with_nobody_to_understand_it_is_409(api, video):
    Video.objects.update(language="ru")
    assert_problem(api.post(at(video.pk)), 409, "no_engine")
    assert not Job.objects.exists()


def test_with_captions_there_it_is_409_unless_it_is_forced(api, video):
    make_runner()
    Caption.objects.create(video=video, language="en", name=f"captions/{video.pk}/x-en.vtt")

    assert_problem(api.post(at(video.pk)), 409, "conflict")
    assert api.post(at(video.pk), {"force": True}, format="json").status_code == 202


def test_with_a_runner_there_it_is_queued_once(api, video):
    make_runner()

    first, second = (api.post(f"{at(video.pk)}/") for _ in range(2))

    assert first.status_code == second.status_code == 202
    assert first.json()["video"]["uuid"] == str(video.pk)
    assert VideoJob.objects.get().type == JobType.TRANSCRIPTION
