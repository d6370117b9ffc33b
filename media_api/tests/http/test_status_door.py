"""The layer in front of Django says what Django's view says, and lets nobody else in."""

import asyncio
import json
from uuid import UUID, uuid4

import pytest
from rest_framework.test import APIClient
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken

from core.accounts.authentication import VERSION_CLAIM
from core.jobs.models import Job
from media_api import status_door
from media_api.models import MediaRequest
from media_api.status_door import StatusDoor

pytestmark = pytest.mark.django_db(transaction=True)

DJANGO = object()


@pytest.fixture
def made(user):
    rid = "a" * 12 + "4" + "a" * 3 + "8" + "a" * 15
    job = Job.objects.create(
        owner=user, kind="media_api.request", params={"rid": rid, "actions": ["compress"]}
    )
    return MediaRequest.objects.create(id=UUID(rid), owner=user, job=job, input_type="blob")


async def asked(path, token=None, *, query=b"", method="GET", headers=()):
    """What the layer answers; DJANGO where it hands the request on."""
    sent = []

    async def django(scope, receive, send):
        sent.append(DJANGO)

    async def send(message):
        sent.append(message)

    bearer = [(b"authorization", b"Bearer " + token.encode())] if token else []
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query,
        "headers": [*bearer, *headers],
    }
    await StatusDoor(django)(scope, None, send)
    return DJANGO if sent == [DJANGO] else json.loads(sent[1]["body"])


@pytest.fixture
def token(user, access_token):
    return access_token(user)


async def test_both_addresses_are_answered_as_the_view_answers(made, token):
    by_path = await asked(f"/api/v1/status/{made.rid}/", token)
    by_query = await asked("/api/v1/status/", token, query=f"request_id={made.rid}".encode())

    assert by_path == by_query == {
        "rid": made.rid, "curStage": -1, "totalStages": -1, "elapsedTime": 0, "status": 0, "pct": 0,
    }  # fmt: skip


def test_the_view_behind_it_says_the_same(made, token):
    client = APIClient(headers={"Authorization": f"Bearer {token}"})

    assert client.get(f"/api/v1/status/{made.rid}").json()["status"] == 0


async def test_anothers_and_unknown_requests_are_alike(made, other_user, access_token):
    theirs = access_token(other_user)

    for rid in (made.rid, "0" * 32, "no-rid"):
        assert await asked(f"/api/v1/status/{rid}", theirs) == {"rid": rid, "status": 5}


@pytest.mark.parametrize(
    "asking",
    [
        {"token": "no.token.atall"},
        {"token": None},
        {"method": "HEAD"},
        {"query": b"format=xml"},
        {"headers": [(b"origin", b"https://example.org")]},
        {"headers": [(b"cookie", b"sessionid=x")]},
        {"headers": [(b"authorization", b"Basic eDp5")]},
    ],
)
async def test_what_is_not_plain_is_djangos(made, token, asking):
    assert await asked(f"/api/v1/status/{made.rid}/", **{"token": token, **asking}) is DJANGO


async def test_a_token_that_was_revoked_is_djangos_to_refuse(made, token, user):
    assert (await asked(f"/api/v1/status/{made.rid}", token))["status"] == 0
    user.token_version += 1
    await user.asave()

    assert await asked(f"/api/v1/status/{made.rid}", token) is DJANGO


async def test_where_no_account_is_needed_nobodys_requests_are_shown(made, configured):
    configured(auth={"required": False})

    assert await asked(f"/api/v1/status/{made.rid}") == {"rid": made.rid, "status": 5}
    await MediaRequest.objects.filter(pk=made.pk).aupdate(owner=None)
    assert (await asked(f"/api/v1/status/{made.rid}"))["status"] == 0


async def test_many_who_ask_at_once_are_answered_each(made, token):
    paths = [f"/api/v1/status/{made.rid}", "/api/v1/status/" + "1" * 32] * 100
    answers = await asyncio.gather(*(asked(path, token) for path in paths))

    assert [answer["status"] for answer in answers] == [0, 5] * 100


async def test_many_who_ask_at_once_get_each_their_own(made, token, other_user, access_token):
    theirs, path = access_token(other_user), f"/api/v1/status/{made.rid}/"
    asking = [(path, token), (path, theirs), ("/api/v1/status/none/", token)] * 40

    for _ in range(2):  # the second time they are waited for
        answers = await asyncio.gather(*(asked(*each) for each in asking))
        assert [answer["status"] for answer in answers] == [0, 5, 5] * 40


@pytest.mark.parametrize("version", [..., None, [], {}, "1", 0.5])
@pytest.mark.parametrize("is_there", [True, False])
async def test_a_token_that_names_no_state_of_its_account_is_djangos_to_refuse(
    made, user, token, version, is_there
):
    """Signed with our key, but not made by us: nothing of it may pass for "no such account"."""
    odd = AccessToken.for_user(user)
    if not is_there:
        odd[api_settings.USER_ID_CLAIM] = str(uuid4())
    if version is not ...:
        odd[VERSION_CLAIM] = version
    user.is_active = False
    await user.asave()

    assert await asked(f"/api/v1/status/{made.rid}/", str(odd)) is DJANGO


async def test_an_odd_token_is_nobody_elses_trouble(made, user, token):
    odd = AccessToken.for_user(user)
    odd[VERSION_CLAIM] = []
    path = f"/api/v1/status/{made.rid}/"

    answers = await asyncio.gather(*(asked(path, each) for each in (str(odd), token, token)))

    assert answers[0] is DJANGO
    assert [answer["status"] for answer in answers[1:]] == [0, 0]


async def test_two_tokens_are_djangos_to_judge(made, token):
    second = (b"authorization", b"Bearer " + token.encode())

    assert await asked(f"/api/v1/status/{made.rid}/", token, headers=[second]) is DJANGO


async def test_a_reading_that_is_given_up_leaves_nobody_waiting(made, token, monkeypatch):
    async def forever(*_):
        await asyncio.Event().wait()

    monkeypatch.setattr(status_door, "in_thread", forever)
    waiting = [asyncio.create_task(asked(f"/api/v1/status/{made.rid}/", token)) for _ in range(3)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    status_door.reading()._task.cancel()

    assert await asyncio.gather(*waiting) == [DJANGO] * 3
