"""Calls after a commit: one that fails is logged, and the next is made."""

import logging

import pytest
from django.db import transaction

from core.after_commit import after_commit

pytestmark = pytest.mark.django_db(transaction=True)


class Room:
    def __init__(self):
        self.said = []

    def say(self, word, *, loud=False):
        self.said.append(word.upper() if loud else word)


def divide(dividend, divisor):
    return dividend / divisor


def test_what_fails_is_logged_by_its_name_and_holds_up_nothing(caplog):
    room = Room()
    with caplog.at_level(logging.ERROR), transaction.atomic():
        after_commit(divide, 1, 0)
        after_commit(room.say, "still", loud=True)
        assert room.said == []

    assert room.said == ["STILL"]
    assert "divide" in caplog.text


def test_what_fails_where_there_is_no_transaction_raises_nothing():
    after_commit(divide, 1, 0)


def test_nothing_is_called_of_what_was_taken_back():
    room = Room()
    with transaction.atomic():
        after_commit(room.say, "never")
        transaction.set_rollback(True)

    assert room.said == []
