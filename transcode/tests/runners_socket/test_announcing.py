"""When `available-jobs` is due: soon after every change, whatever is due later."""

import pytest

from core.realtime.publish import connection
from transcode.runners import events, holding
from transcode.runners.problems import NotPending
from transcode.tests import factories

pytestmark = pytest.mark.django_db(transaction=True)

NOW, LATER = "transcode:announced", "transcode:announce-later"


@pytest.fixture(autouse=True)
def forget(alone):
    """Begin as long after the last event; return what does it again."""

    def forget():
        keys = connection().keys("transcode:announce-again:*")
        connection().delete(NOW, LATER, *keys)

    forget()
    return forget


def just_announced():
    """Have one announced just now, on a machine of any speed."""
    connection().set(NOW, 1, px=60_000)


def test_a_change_is_told_of_within_a_second_though_another_event_is_due_later():
    just_announced()
    events.announce(delay_s=3.0)
    assert connection().pttl(LATER) > 1000

    events.announce()

    assert 0 < connection().pttl(LATER) <= 1000


def test_one_that_is_due_sooner_is_enough():
    just_announced()
    events.announce()
    events.announce(delay_s=3.0)

    assert 0 < connection().pttl(LATER) <= 1000


def test_what_was_aborted_is_told_of_again_and_holds_up_nothing(user, forget):
    runner, token = factories.make_runner()
    job = factories.make_job(factories.make_video(user))
    said = {"runner_token": token, "job_token": factories.accepted(runner, job)}
    forget()

    holding.abort(holding.held(job.pk, ip=None, **said), "going down")

    assert connection().keys("transcode:announce-again:*")
    with pytest.raises(NotPending):
        holding.accept(runner, job.pk)  # It is withheld from this one, which hears soon of others.
    assert 0 < connection().pttl(LATER) <= 3000
