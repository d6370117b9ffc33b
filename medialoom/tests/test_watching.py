"""Watching over sockets that break, lie, or say what nobody asked for."""

import json
import time
from collections import Counter, deque

import pytest

from medialoom import watching
from medialoom.credentials import Tokens
from medialoom.errors import BadAnswer, ClientError, NotAllowed, Unreachable
from medialoom.session import Session
from medialoom.tests.servers import http_server, socket_server
from medialoom.watching import Watch

RID, OTHER = "a" * 32, "b" * 32


def sync(rid=RID, status=1, stage=1, stages=2, pct=0, **more):
    body = {"rid": rid, "curStage": stage, "totalStages": stages, "elapsedTime": 1}
    return {"type": "sync", **body, "status": status, "pct": pct, **more}


def says(*frames, asks=2, closes=None):
    """Read what is asked at first, then say these frames, then close or wait."""

    def talk(connection):
        talk.asked = [json.loads(connection.recv()) for _ in range(asks)]
        for frame in frames:
            connection.send(frame if isinstance(frame, str | bytes) else json.dumps(frame))
        if closes is not None:
            connection.close(closes)
        else:
            for _ in connection:
                pass

    return talk


def watched(*talks, rids=(RID,), tokens=None, **more):
    with socket_server(*talks) as url:
        return list(Watch(Session(url, tokens), rids, **more))


@pytest.mark.parametrize("frame", ["<html>", "[1]", b"\xff\x00", '"text"', "[" * 50_000])
def test_what_is_no_json_object_is_a_bad_answer(frame):
    with pytest.raises(BadAnswer):
        watched(says(frame))


@pytest.mark.parametrize(
    "frame",
    [
        sync(status=9),
        sync(status="2"),
        sync(status=True),
        sync(pct=101),
        sync(stage=-2),
        {"type": "progress", "rid": RID},
        {"type": "stage", "rid": RID, "curStage": None},
        {"type": "sync", "rid": RID},
    ],
)
def test_numbers_that_cannot_be_are_a_bad_answer(frame):
    with pytest.raises(BadAnswer):
        watched(says(frame))


def test_a_server_that_does_not_understand_is_told():
    with pytest.raises(BadAnswer):
        watched(says({"type": "error", "isValidation": True, "detail": [], "code": 5}))


def test_too_many_subscriptions_are_told():
    with pytest.raises(ClientError, match="fewer"):
        watched(says({"type": "error", "rid": RID, "code": 6}))


def test_a_server_without_that_socket_is_told():
    with http_server() as server, pytest.raises(BadAnswer):
        list(Watch(Session(server.url), [RID]))


def test_a_server_that_stays_away_is_given_up():
    with pytest.raises(Unreachable):
        list(Watch(Session("http://127.0.0.1:1"), [RID], patience_s=0))


def test_a_refused_login_is_told():
    with pytest.raises(NotAllowed):
        watched(says(asks=0, closes=4401))


def test_a_login_that_is_refused_again_after_its_renewal_is_told():
    renewed = []

    class Renewing(Session):
        def renew(self):
            renewed.append(1)
            return True

    with socket_server(says(asks=0, closes=4401)) as url, pytest.raises(NotAllowed):
        list(Watch(Renewing(url, Tokens("a")), [RID]))

    assert renewed == [1]


def test_an_unknown_request_ends_as_deleted():
    missing = {"type": "error", "rid": RID, "code": 1, "isMissing": True}

    (end,) = watched(says(missing, {"type": "sync", "rid": RID, "status": 5}))

    assert (end.status, end.exit_status) == (5, 1)


def test_a_request_that_ended_before_the_subscription_is_told():
    over = {"type": "error", "rid": RID, "code": 2}

    (end,) = watched(says(over, sync(status=3, error={"code": "timeout", "message": "Too long"})))

    assert (end.exit_status, end.error["code"]) == (3, "timeout")


def test_frames_of_other_requests_and_of_ended_ones_change_nothing():
    other = {"type": "status", "rid": OTHER, "status": 2}
    late = {"type": "status", "rid": RID, "status": 4}

    events = watched(says(other, {"type": "news"}, sync(status=2, pct=100), late))

    assert [event.status for event in events] == [2]


def test_every_step_is_told_once_and_in_order():
    frames = [
        sync(status=0, stage=-1, stages=-1),
        {"type": "status", "rid": RID, "status": 1},
        {"type": "stage", "rid": RID, "curStage": 1},
        sync(stage=1, stages=2),
        {"type": "progress", "rid": RID, "pct": 100},
        {"type": "progress", "rid": RID, "pct": 100},
        {"type": "stage", "rid": RID, "curStage": 2},
        {"type": "status", "rid": RID, "status": 2},
    ]

    events = watched(says(*frames))

    told = [(event.status, event.stage, event.stages, event.pct) for event in events]
    assert told == [
        *((1, -1, -1, 0), (1, 1, -1, 0), (1, 1, 2, 0)),
        *((1, 1, 2, 100), (1, 2, 2, 0), (2, 2, 2, 0)),
    ]


def test_a_lost_connection_is_made_again_for_what_has_not_ended():
    first = says(sync(), sync(OTHER, status=2, pct=100), asks=4, closes=1011)
    second = says(sync(pct=50), sync(status=2, pct=100))

    events = watched(first, second, rids=(RID, OTHER))

    assert [(event.rid, event.pct) for event in events] == [
        *((RID, 0), (OTHER, 100), (RID, 50), (RID, 100)),
    ]
    assert second.asked == [{"type": "sub", "rid": RID}, {"type": "sync", "rid": RID}]


def test_many_are_asked_after_in_no_more_frames_than_a_server_bears(monkeypatch):
    monkeypatch.setattr(watching, "ASK_AGAIN_S", 1.0)
    monkeypatch.setattr(watching, "PAUSE_S", 0.6)
    asked = Counter()

    def talk(connection):
        """Close above 250 frames in half a pause; say nothing before one asks a second time."""
        heard = deque(maxlen=250)
        for text in connection:
            heard_at_s = time.monotonic()
            if len(heard) == 250 and heard_at_s - heard[0] < 0.3:
                connection.close(1008)
                return
            heard.append(heard_at_s)
            frame = json.loads(text)
            asked[frame["rid"]] += frame["type"] == "sync"
            if asked[frame["rid"]] == 2:
                connection.send(json.dumps(sync(frame["rid"], status=2, pct=100)))

    rids = [f"{number:032x}" for number in range(251)]
    events = watched(talk, rids=rids, patience_s=0)

    assert sorted(event.rid for event in events) == rids


def test_a_frame_without_end_does_not_fill_the_memory():
    with pytest.raises(Unreachable):
        watched(says("x" * (2**20 + 1)), patience_s=0)
