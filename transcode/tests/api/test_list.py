"""`GET video`: one's own videos, newest first, in parts."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from transcode.models import Caption, FileKind, VideoFile, VideoState
from transcode.tests.api.conftest import VIDEO, assert_problem
from transcode.tests.factories import make_video

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf(user):
    """Return a function that saves videos of these names, the first the oldest."""

    def save(*names, owner=user, **columns):
        now = timezone.now()
        return [
            make_video(owner, name=name, created_at=now + timedelta(seconds=number), **columns)
            for number, name in enumerate(names)
        ]

    return save


def names(answer):
    assert answer.status_code == 200, answer.content
    return [video["name"] for video in answer.json()["data"]]


def test_without_a_token_it_is_401():
    assert_problem(APIClient().get(VIDEO), 401, "not_authenticated")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        *(("start=-1", "start"), ("start=x", "start"), ("start=99999999999999999999", "start")),
        *(("count=0", "count"), ("count=-1", "count"), ("count=1.5", "count")),
        *(("state=0", "state.0"), ("state=77", "state.0"), ("state=nope", "state.0")),
        *(("state=1&state=²", "state.1"), ("search=%00", "search")),
        ("search=" + "x" * 201, "search"),
    ],
)
def test_a_wrong_query_is_named(api, query, field):
    assert_problem(api.get(f"{VIDEO}?{query}"), 400, "invalid", field)


def test_post_is_405(api):
    assert_problem(api.post(VIDEO), 405, "method_not_allowed")


def test_anothers_videos_are_not_there(api, staff_api, shelf, other_user):
    shelf("theirs", owner=other_user)

    assert api.get(VIDEO).json() == {"total": 0, "data": []}
    assert staff_api.get(VIDEO).json() == {"total": 0, "data": []}


def test_the_newest_come_first_in_parts_of_15(api, shelf):
    shelf(*(f"clip {number}" for number in range(20)))

    first = api.get(f"{VIDEO}/")
    second = api.get(f"{VIDEO}?start=15")

    assert first.json()["total"] == second.json()["total"] == 20
    assert names(first) == [f"clip {number}" for number in range(19, 4, -1)]
    assert names(second) == [f"clip {number}" for number in range(4, -1, -1)]
    assert names(api.get(f"{VIDEO}?start=500")) == []


def test_a_part_has_100_at_most(api, shelf):
    shelf(*("x" for _ in range(101)))

    assert len(names(api.get(f"{VIDEO}?count=1000000"))) == 100
    assert len(names(api.get(f"{VIDEO}?count=2"))) == 2


def test_states_are_numbers_or_words_and_may_be_several(api, shelf):
    shelf("done", state=VideoState.PUBLISHED)
    shelf("failed", state=VideoState.TRANSCODING_FAILED)
    shelf("busy")

    assert names(api.get(f"{VIDEO}?state=1")) == ["done"]
    assert names(api.get(f"{VIDEO}?state=transcoding_failed")) == ["failed"]
    both = api.get(f"{VIDEO}?state=1&state=to_transcode")
    assert (sorted(names(both)), both.json()["total"]) == (["busy", "done"], 2)


def test_a_search_finds_parts_of_names_in_any_case_and_ids(api, shelf, other_user):
    first, _ = shelf("Ärger im Büro", "50% [of]* a.b")
    shelf("ärger woanders", owner=other_user)

    assert names(api.get(VIDEO, {"search": "äRGER"})) == ["Ärger im Büro"]
    assert names(api.get(VIDEO, {"search": "% [of]* a."})) == ["50% [of]* a.b"]
    assert names(api.get(VIDEO, {"search": "a_b"})) == []
    assert names(api.get(VIDEO, {"search": str(first.pk)})) == ["Ärger im Büro"]
    assert names(api.get(VIDEO, {"search": str(uuid.uuid4())})) == []


def test_a_list_costs_the_same_queries_however_long_it_is(
    api, shelf, django_assert_max_num_queries
):
    for video in shelf(*("x" for _ in range(10))):
        Caption.objects.create(video=video, language="en", name=f"captions/{video.pk}/a-en.vtt")
        VideoFile.objects.create(
            video=video, kind=FileKind.HLS, resolution=360, fps=30, size_bytes=1,
            name=f"hls/{video.pk}/a-360-fragmented.mp4", has_video=True, has_audio=True,
        )  # fmt: skip

    with django_assert_max_num_queries(5):
        answer = api.get(VIDEO)

    assert all(len(video["files"]) == 1 for video in answer.json()["data"])
    assert all(video["captions"][0]["language"] == "en" for video in answer.json()["data"])
