"""What news is to a client that knows something already; without sockets."""

from media_api.config.schema import WebSockets
from media_api.progress import Progress
from media_api.states import State
from media_api.telling import Told
from media_api.tests.sockets.client import told as in_short

RID = "a" * 32
AT_ONCE = WebSockets(update_progress_interval=0)


def state(status, stage=-1, pct=0, revision=1):
    return {"status": int(status), "stage": stage, "pct": pct, "revision": revision}


def hear(told, *states, pace=AT_ONCE, now_s=0.0):
    frames = [frame for one in states for frame in told.news(one, pace=pace, now_s=now_s)]
    return in_short(frames)


def test_what_is_older_than_what_was_told_is_left():
    told = Told(RID, State.PROCESSING, 1, 50, revision=7)

    assert hear(told, state(State.PROCESSING, 1, 60, revision=6)) == []
    assert hear(told, state(State.QUEUED, revision=6)) == []
    assert hear(told, state(State.PROCESSING, 1, 60, revision=7)) == ["progress 60"]


def test_the_same_state_again_is_no_news():
    told = Told(RID)
    assert hear(told, state(State.QUEUED), state(State.PROCESSING, 0)) == ["status 1"]
    assert hear(told, state(State.PROCESSING, 0)) == []


def test_whoever_subscribes_knows_what_the_row_says():
    told = Told.of(Progress(RID, State.PROCESSING, 2, 4, 17, 43, None, 9))

    assert hear(told, state(State.PROCESSING, 2, 43, revision=9)) == []
    assert hear(told, state(State.PROCESSING, 2, 44, revision=10)) == ["progress 44"]


def test_events_that_were_lost_are_made_up_for():
    assert hear(Told(RID), state(State.PROCESSING, 2, 10)) == [
        "status 1", "stage 1", "stage 2", "progress 10",
    ]  # fmt: skip
    assert hear(Told(RID), state(State.FINISHED, 2, 100)) == [
        "status 1", "stage 1", "progress 100", "stage 2", "progress 100", "status 2",
    ]  # fmt: skip


def test_a_new_attempt_of_which_only_the_begin_was_heard_is_told_as_such():
    told = Told(RID, State.PROCESSING, 3, 20)

    assert hear(told, state(State.PROCESSING, 1, 5)) == [
        "status 0", "status 1", "stage 1", "progress 5",
    ]  # fmt: skip


def test_less_than_was_told_is_not_told():
    told = Told(RID, State.PROCESSING, 1, 50)

    assert hear(told, state(State.PROCESSING, 1, 40)) == []


def test_within_the_interval_nothing_is_told_but_the_hundredth():
    told, pace = Told(RID, State.PROCESSING, 1), WebSockets(update_progress_interval=10)

    assert hear(told, state(State.PROCESSING, 1, 1), pace=pace, now_s=100.0) == ["progress 1"]
    assert hear(told, state(State.PROCESSING, 1, 2), pace=pace, now_s=109.9) == []
    assert hear(told, state(State.PROCESSING, 1, 3), pace=pace, now_s=110.0) == ["progress 3"]
    assert hear(told, state(State.PROCESSING, 1, 100), pace=pace, now_s=110.1) == ["progress 100"]


def test_where_progress_is_not_wanted_not_even_the_hundredth_is_told():
    told = Told(RID, State.PROCESSING, 1)
    pace = WebSockets(update_progress_interval=0, no_progress_updates=True)

    assert hear(told, state(State.PROCESSING, 1, 100), pace=pace) == []
    assert hear(told, state(State.FINISHED, 2, 100), pace=pace) == ["stage 2", "status 2"]


def test_whatever_ended_is_over():
    for final in (State.FINISHED, State.DONE_PARTIALLY, State.CANCELED, State.DELETED):
        told = Told(RID, State.PROCESSING, 1, 50)
        hear(told, state(final, 1, 50, revision=None))
        assert told.is_over


def test_a_deletion_or_a_cancel_tells_no_stages():
    for final in (State.DELETED, State.CANCELED):
        assert hear(Told(RID), state(final, 2, 50)) == [f"status {int(final)}"]
