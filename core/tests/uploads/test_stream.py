"""The text of a run in Redis: appended, closed for good, written anew after a loss."""

import uuid

import pytest

from core.realtime.groups import group_for_upload
from core.realtime.publish import channel_of, connection
from core.uploads import stream
from core.uploads.stream import LAST_SEQ, StreamEnded, StreamWriter
from tests.support.environment import start_redis


@pytest.fixture
def upload_id():
    return uuid.uuid4()


@pytest.fixture
def writer(upload_id):
    """Return the writer of a run that has begun."""
    writer = StreamWriter(upload_id, uuid.uuid4(), 1)
    writer.begin()
    return writer


def place(text, page=1):
    return {"text": text, "progress": page / 10, "page": page, "page_count": 10}


def seen(subscription):
    """Return the `data` of the events that have arrived."""
    from channels.layers import get_channel_layer

    found = []
    while message := subscription.get_message(timeout=0.2):
        if message["type"] == "message":
            found.append(get_channel_layer().deserialize(message["data"])["data"])
    return found


@pytest.fixture
def subscription(upload_id):
    """Return a subscription to the upload's events."""
    with connection().pubsub() as pubsub:
        pubsub.subscribe(channel_of(group_for_upload(upload_id)))
        pubsub.get_message(timeout=60)
        yield pubsub


def test_nothing_is_known_of_a_run_that_has_not_begun(upload_id):
    assert stream.snapshot(upload_id, 1) is None


def test_a_run_begins_empty(writer, upload_id):
    found = stream.snapshot(upload_id, 1)

    assert (found.text, found.seq, found.progress) == ("", 1, 0.0)


def test_pieces_are_appended_and_numbered(writer, upload_id):
    writer.write(**place("Grüße"))
    writer.write(**place(" из Москвы", page=2))

    found = stream.snapshot(upload_id, 1)
    assert found.text == "Grüße из Москвы"
    assert (found.seq, found.page, found.page_count, found.progress) == (3, 2, 10, 0.2)


def test_events_carry_only_what_is_new_with_its_offset_in_characters(subscription, upload_id):
    writer = StreamWriter(upload_id, uuid.uuid4(), 4)
    writer.begin()
    writer.write(**place("Grüße"))
    writer.write(**place("!"))

    events = seen(subscription)
    assert [event["delta"] for event in events] == ["", "Grüße", "!"]
    assert [event["offset"] for event in events] == [0, 0, 5]
    assert [event["seq"] for event in events] == [1, 2, 3]
    assert {event["run"] for event in events} == {4}


def test_after_the_end_nothing_is_appended_and_nothing_is_sent(writer, upload_id, subscription):
    writer.write(**place("before"))
    assert stream.end(upload_id, 1) == 3
    seen(subscription)

    with pytest.raises(StreamEnded):
        writer.write(**place("after"))

    assert stream.snapshot(upload_id, 1).text == "before"
    assert seen(subscription) == []


def test_the_writer_learns_of_the_end_without_writing(writer, upload_id):
    writer.check()
    stream.end(upload_id, 1)

    with pytest.raises(StreamEnded):
        writer.check()


def test_a_run_that_ended_before_it_began_cannot_begin(upload_id):
    stream.end(upload_id, 2, has_begun=False)

    with pytest.raises(StreamEnded):
        StreamWriter(upload_id, uuid.uuid4(), 2).begin()


def test_the_end_of_one_run_does_not_end_the_next(writer, upload_id):
    stream.end(upload_id, 1)

    StreamWriter(upload_id, uuid.uuid4(), 2).begin()

    assert stream.snapshot(upload_id, 2).seq == 1


def test_a_second_end_still_rises(writer, upload_id):
    assert stream.end(upload_id, 1) == 2
    assert stream.end(upload_id, 1) == 3


def test_the_number_of_an_end_without_a_beginning(upload_id):
    assert stream.end(upload_id, 7, has_begun=False) == 1
    assert stream.end(upload_id, 8) == LAST_SEQ


def test_a_writer_that_goes_on_for_another_does_not_repeat_its_number(upload_id):
    StreamWriter(upload_id, uuid.uuid4(), 1).begin()
    writer = StreamWriter(upload_id, uuid.uuid4(), 1)
    writer.resume()

    writer.write(**place("text"))

    assert stream.snapshot(upload_id, 1).seq == 2


def test_an_emptied_redis_gets_the_whole_text_again(writer, upload_id):
    writer.write(**place("one "))
    connection().delete(f"core:ocr:{upload_id}:1", f"core:ocr:{upload_id}:1:meta")

    writer.write(**place("two"))

    found = stream.snapshot(upload_id, 1)
    assert (found.text, found.seq) == ("one two", 3)


def test_a_text_that_is_too_short_is_written_anew(writer, upload_id):
    writer.write(**place("one "))
    connection().set(f"core:ocr:{upload_id}:1", "o")

    writer.write(**place("two"))

    assert stream.snapshot(upload_id, 1).text == "one two"


def test_a_redis_that_is_away_costs_no_text(writer, upload_id, machine):
    writer.write(**place("one "))
    machine.stop_redis()
    try:
        writer.write(**place("two "))
        writer.check()
        assert stream.snapshot(upload_id, 1) is None
        assert stream.end(uuid.uuid4(), 1) == LAST_SEQ
    finally:
        machine.redis = start_redis()

    writer.write(**place("three"))

    assert stream.snapshot(upload_id, 1).text == "one two three"


def test_the_keys_go_by_themselves(writer, upload_id):
    writer.write(**place("x"))

    for key in (f"core:ocr:{upload_id}:1", f"core:ocr:{upload_id}:1:meta"):
        assert 0 < connection().ttl(key) <= 3600
