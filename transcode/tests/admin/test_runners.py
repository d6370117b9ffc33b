"""Runners and registration tokens in the admin: removed, made, and no token shown twice."""

import re

import pytest
import redis
from django.contrib.admin.models import LogEntry

from core.jobs.models import Job
from transcode.models import RegistrationToken, Runner
from transcode.runners import presence
from transcode.states import JobState, state_of
from transcode.tests.admin.conftest import act, text_of
from transcode.tests.factories import (
    accepted,
    fresh,
    make_job,
    make_registration_token,
    make_runner,
    make_video,
)

RUNNERS, TOKENS = "/admin/transcode/runner/", "/admin/transcode/registrationtoken/"
MAKE = f"{TOKENS}make/"


@pytest.fixture
def held(user):
    """Return a job that a runner is at work on."""
    job = make_job(make_video(user))
    accepted(make_runner("one")[0], job)
    return job


@pytest.mark.parametrize("address", [RUNNERS, TOKENS])
def test_a_user_who_is_not_staff_sees_nothing(client, user, address):
    client.force_login(user)
    assert client.get(address).status_code == 302
    assert client.post(MAKE).status_code == 302
    assert not RegistrationToken.objects.exists()


@pytest.mark.parametrize("address", [RUNNERS, TOKENS])
def test_nothing_is_added_by_hand(desk, address):
    assert desk.get(f"{address}add/").status_code == 403


def test_a_runner_is_not_edited_by_hand(desk, held):
    address = f"{RUNNERS}{held.runner_id}/change/"
    assert desk.post(address, {"name": "changed"}).status_code == 403
    assert Runner.objects.get().name == "one"


def test_who_may_only_look_removes_and_makes_nothing(onlooker, held):
    token = held.runner.registration_token
    act(onlooker, RUNNERS, "delete_selected", held.runner, post="yes")
    act(onlooker, TOKENS, "delete_selected", token, post="yes")
    for address in (f"{RUNNERS}{held.runner_id}/delete/", f"{TOKENS}{token.pk}/delete/", MAKE):
        assert onlooker.post(address, {"post": "yes"}).status_code == 403
    assert "Make a registration token" not in text_of(onlooker.get(TOKENS))
    assert (Runner.objects.count(), RegistrationToken.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    "address",
    [
        f"{RUNNERS}?token_hash__startswith=a",
        f"{RUNNERS}?registration_token__token__startswith=ptrrt-a",
        f"{TOKENS}?token__startswith=ptrrt-a",
        f"{TOKENS}?runners__token_hash__startswith=a",
    ],
)
def test_no_token_is_found_out_by_asking(onlooker, held, address):
    assert onlooker.get(address).status_code == 400


@pytest.mark.parametrize("query", ["q=%00", "q='", "version=%00", "o=99", "p=x"])
@pytest.mark.parametrize("address", [RUNNERS, TOKENS])
def test_a_hostile_query_breaks_nothing(desk, held, address, query):
    assert desk.get(f"{address}?{query}").status_code in (200, 302, 400)


def test_the_lists_and_pages_show_no_token(desk, user):
    runner, token = make_runner("one")
    secrets = [token, runner.token_hash, runner.registration_token.token]
    pages = [RUNNERS, TOKENS, f"{RUNNERS}{runner.pk}/change/"]
    pages += [f"{TOKENS}{runner.registration_token.pk}/{page}/" for page in ("change", "delete")]
    for address in pages:
        text = text_of(desk.get(address))
        assert not [secret for secret in secrets if secret in text]
        assert not re.search(r"ptr(r|j)?t-[0-9a-f]", text)


def test_a_runner_is_shown_with_its_socket_and_its_work(desk, held):
    make_runner("other")
    presence.seen({"sid": held.runner_id})
    shown = desk.get(RUNNERS).context["cl"].result_list
    assert {row.name: (row.connected, row.at_work) for row in shown} == {
        "one": (True, 1),
        "other": (False, 0),
    }
    presence.gone(held.runner_id, "sid")
    text = text_of(desk.get(f"{RUNNERS}{held.runner_id}/change/"))
    address = f"/admin/transcode/videojob/?runner__id__exact={held.runner_id}"
    assert address in text
    assert [row.pk for row in desk.get(address).context["cl"].queryset] == [held.pk]


def test_a_redis_that_is_away_leaves_only_the_sockets_unknown(desk, held, monkeypatch):
    nowhere = redis.Redis(unix_socket_path="/nowhere", socket_connect_timeout=0.1)
    monkeypatch.setattr(presence, "connection", lambda: nowhere)
    shown = desk.get(RUNNERS).context["cl"].result_list
    assert [(row.connected, row.at_work) for row in shown] == [(None, 1)]


@pytest.mark.parametrize("way", ["one", "several"])
def test_a_removed_runners_jobs_go_on_elsewhere(operator, held, way):
    if way == "one":
        assert "one" in text_of(operator.get(f"{RUNNERS}{held.runner_id}/delete/"))
        operator.post(f"{RUNNERS}{held.runner_id}/delete/", {"post": "yes"})
    else:
        act(operator, RUNNERS, "delete_selected", held.runner, post="yes")
    assert not Runner.objects.exists()
    assert state_of(Job.objects.get(pk=held.pk)) == JobState.PENDING
    assert fresh(held).token_hash == ""


@pytest.mark.parametrize("way", ["one", "several"])
def test_a_revoked_token_takes_its_runners_along(operator, held, way):
    stays, token = make_registration_token(), held.runner.registration_token
    if way == "one":
        assert "Runner: one" in text_of(operator.get(f"{TOKENS}{token.pk}/delete/"))
        operator.post(f"{TOKENS}{token.pk}/delete/", {"post": "yes"})
    else:
        act(operator, TOKENS, "delete_selected", token, post="yes")
    assert not Runner.objects.exists()
    assert list(RegistrationToken.objects.all()) == [stays]
    assert state_of(Job.objects.get(pk=held.pk)) == JobState.PENDING


def test_a_token_is_not_made_by_a_mere_visit(desk):
    assert desk.get(MAKE).status_code == 405
    assert not RegistrationToken.objects.exists()


def test_a_new_token_is_shown_this_once(operator, settings):
    settings.TRANSCODE_PUBLIC_URL = "https://video.example"
    assert "Make a registration token" in text_of(operator.get(TOKENS))
    answer = operator.post(MAKE)
    token = RegistrationToken.objects.get().token
    assert f'value="{token}"' in text_of(answer)
    assert f"--url https://video.example --registration-token {token}" in text_of(answer)
    assert "no-store" in answer["Cache-Control"]
    assert token not in str(answer.headers) + str(answer.cookies)
    assert token not in text_of(operator.get(TOKENS))
    assert "ptrrt-…" in text_of(operator.get(TOKENS))
    assert [entry.object_repr for entry in LogEntry.objects.all()] == ["ptrrt-…"]
