"""`POST video/live` and `…/live/end`: announced, told where to send, ended."""

import uuid

import pytest
from rest_framework.test import APIClient

from transcode.models import LiveSession, Video, VideoState
from transcode.tests.api.conftest import VIDEO, assert_problem
from transcode.tests.factories import make_video

pytestmark = pytest.mark.django_db(transaction=True)
LIVE = f"{VIDEO}/live"


def announce(api, **fields):
    return api.post(LIVE, {"name": "On air", **fields}, format="json")


def test_without_a_token_it_is_401():
    assert_problem(announce(APIClient()), 401, "not_authenticated")


@pytest.mark.parametrize(
    ("fields", "at_fault"),
    [
        *(({"name": ""}, "name"), ({"name": None}, "name"), ({"name": "x" * 121}, "name")),
        *(({"replay": "perhaps"}, "replay"), ({"lowLatency": 7}, "lowLatency")),
    ],
)
def test_a_wrong_field_is_named(api, fields, at_fault):
    assert_problem(announce(api, **fields), 400, "invalid", at_fault)
    assert not Video.objects.exists()


def test_where_live_is_off_it_is_404(api, settings):
    settings.TRANSCODE_LIVE_RTMP_PORT = 0

    assert_problem(announce(api), 404, "live_off")


def test_above_the_limit_it_is_503_and_leaves_nothing(api, settings):
    settings.TRANSCODE_LIVE_MAX_SESSIONS = 1
    assert announce(api).status_code == 201

    assert_problem(announce(api), 503, "live_busy")
    assert Video.objects.count() == 1


def test_a_stream_is_announced_with_its_key_once(api, user):
    answer = announce(api, replay=False, lowLatency=True)

    assert answer.status_code == 201
    body = answer.json()
    assert body["video"]["state"] == {"id": 4, "label": "Waiting for livestream"}
    assert (body["video"]["isLive"], body["video"]["progress"]) == (True, None)
    assert body["live"]["rtmpUrl"].startswith("rtmp://")
    key = body["live"]["streamKey"]
    assert len(key) > 20
    assert answer["Cache-Control"] == "no-store"
    session = LiveSession.objects.get()
    assert (session.keeps_replay, session.is_low_latency) == (False, True)
    for address in (answer["Location"], VIDEO, f"{answer['Location']}/jobs"):
        assert key not in api.get(address).content.decode()


def test_ending_what_is_not_there_or_anothers_is_404(api, other_api):
    video = announce(api).json()["video"]["uuid"]

    assert_problem(api.post(f"{VIDEO}/{uuid.uuid4()}/live/end"), 404, "not_found")
    assert_problem(other_api.post(f"{VIDEO}/{video}/live/end"), 404, "not_found")
    assert LiveSession.objects.get().ended_at is None


def test_ending_what_is_no_stream_or_is_over_is_409(api, user):
    assert_problem(api.post(f"{VIDEO}/{make_video(user).pk}/live/end"), 409, "conflict")
    video = announce(api).json()["video"]["uuid"]
    api.post(f"{VIDEO}/{video}/live/end")

    assert_problem(api.post(f"{VIDEO}/{video}/live/end"), 409, "conflict")


def test_a_stream_that_never_came_ends_in_state_5(api):
    video = announce(api).json()["video"]["uuid"]

    answer = api.post(f"{VIDEO}/{video}/live/end/")

    assert answer.status_code == 202
    assert answer.json()["video"]["state"]["id"] == VideoState.LIVE_ENDED
