import pytest

from core.realtime.backlog import Backlog, BacklogFull


def drained(backlog):
    return [backlog.pop() for _ in range(len(backlog))]


def test_one_final_thing_too_many_is_refused_and_nothing_is_lost():
    backlog = Backlog(max_finals=2)
    backlog.put("a")
    backlog.put("b")

    with pytest.raises(BacklogFull):
        backlog.put("c")

    assert drained(backlog) == ["a", "b"]


def test_one_topic_too_many_is_refused():
    backlog = Backlog(max_items=2)
    backlog.put("a", "1", is_final=False)
    backlog.put("b", "2", is_final=False)

    with pytest.raises(BacklogFull):
        backlog.put("c", "3", is_final=False)


def test_more_text_than_allowed_is_refused_but_one_long_text_is_not():
    backlog = Backlog(max_chars=10)
    backlog.put("long", chars=50)

    with pytest.raises(BacklogFull):
        backlog.put("short", chars=1)


def test_nothing_comes_out_of_an_empty_backlog():
    with pytest.raises(KeyError):
        Backlog().pop()


def test_progress_of_one_topic_is_merged_to_the_newest():
    backlog = Backlog()
    for number in range(1000):
        backlog.put(number, "job", is_final=False, chars=10)

    assert drained(backlog) == [999]


def test_progress_of_two_topics_is_kept_apart():
    backlog = Backlog()
    backlog.put("a1", "a", is_final=False)
    backlog.put("b1", "b", is_final=False)
    backlog.put("a2", "a", is_final=False)

    assert drained(backlog) == ["a2", "b1"]


def test_final_things_of_one_topic_all_stay_in_order():
    backlog = Backlog()
    for number in range(5):
        backlog.put(number, "job", is_final=True)

    assert drained(backlog) == [0, 1, 2, 3, 4]


def test_a_final_thing_takes_the_place_of_older_progress_of_its_topic():
    backlog = Backlog()
    backlog.put("old", "job", is_final=False)
    backlog.put("end", "job", is_final=True)

    assert drained(backlog) == ["end"]


def test_progress_after_a_final_thing_stays_after_it():
    backlog = Backlog()
    backlog.put("before", "job", is_final=False)
    backlog.put("end", "job", is_final=True)
    backlog.put("again", "job", is_final=False)

    assert drained(backlog) == ["end", "again"]


def test_what_has_no_topic_is_never_merged():
    backlog = Backlog()
    backlog.put("a", "", is_final=False)
    backlog.put("b", "", is_final=False)

    assert drained(backlog) == ["a", "b"]


def test_what_was_taken_makes_room():
    backlog = Backlog(max_finals=1, max_chars=10)
    for text in ("a", "b", "c"):
        backlog.put(text, chars=10)
        assert backlog.pop() == text


def test_a_cleared_backlog_is_as_new():
    backlog = Backlog(max_finals=1)
    backlog.put("a", chars=5)
    backlog.clear()
    backlog.put("b", chars=5)

    assert drained(backlog) == ["b"]
