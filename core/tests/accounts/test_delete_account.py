"""DELETE /api/v1/users/profile/delete/: nothing of an account is left (core contract, 3.3)."""

import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone
from rest_framework.test import APIClient

from core.accounts import api_tokens, services
from core.accounts.models import ApiToken, User
from core.accounts.signals import account_removed
from core.accounts.tokens import token_pair
from core.jobs import lifecycle
from core.jobs.models import Job
from core.kinds.selftest import Selftest
from core.tests.accounts.conftest import Revocations, at_once
from core.uploads import storage
from core.uploads.models import Upload

URL = "/api/v1/users/profile/delete/"
pytestmark = pytest.mark.django_db(transaction=True)


def stored(user: User, digits: str = "ab" * 32) -> Path:
    """Store a file for a user, with its row; return where it lies."""
    name = storage.stored_name(user.pk, digits, ".png")
    path = storage.root() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"bytes")
    Upload.objects.create(owner=user, stored_name=name, image_hash=digits, size_bytes=5)
    return path


def queued(user: User) -> Job:
    """Queue a job for later: a worker that other tests have left running leaves it alone."""
    params = {"duration_s": 0, "stages": 1, "behaviour": "ok"}
    with transaction.atomic():
        job = lifecycle.enqueue(Selftest, owner=user, params=params)
        Job.objects.update(not_before=timezone.now() + timedelta(hours=1))
        return job


def test_a_body_does_not_name_another_account(api: APIClient, user: User, other_user: User) -> None:
    api.delete(URL, {"id": str(other_user.pk)}, format="json")

    assert list(User.objects.all()) == [other_user]


def test_another_accounts_things_stay(api: APIClient, other_user: User) -> None:
    path, job = stored(other_user), queued(other_user)
    api_tokens.create_api_token(other_user)

    assert api.delete(URL).status_code == 204

    assert path.exists()
    job.refresh_from_db()
    assert job.status == "queued"
    assert ApiToken.objects.count() == 1


@pytest.mark.parametrize(
    ("method", "url", "body"),
    [
        ("post", "/api/v1/jobs/", {"kind": "core.selftest"}),
        ("post", "/api/v1/users/tokens/", {"name": "late"}),
        ("patch", "/api/v1/users/profile/edit/", {"first_name": "late"}),
    ],
)
def test_a_write_of_an_account_that_was_deleted_a_moment_ago_is_401(
    staff: User, method: str, url: str, body: dict[str, object]
) -> None:
    client = APIClient()
    client.force_authenticate(User.objects.get(pk=staff.pk))
    staff.delete()

    answer = getattr(client, method)(url, body, format="json")

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer.data["detail"] == "The token is not valid any more."


def test_a_login_during_which_its_account_goes_is_no_crash(user: User) -> None:
    User.objects.filter(pk=user.pk).delete()

    services.note_login(user, "192.0.2.7")
    services.note_address(user, "192.0.2.8")

    assert not User.objects.filter(pk=user.pk).exists()


def test_a_deletion_that_fails_removes_nothing(
    user: User, revocations: Revocations, monkeypatch
) -> None:
    path, job = stored(user), queued(user)

    def crash(*_args: object, **_kwargs: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(User, "delete", crash)
    with pytest.raises(OSError, match="full"):
        services.delete_account(user)

    job.refresh_from_db()
    assert job.status == "queued"
    assert path.exists()
    assert revocations.next(0.2) is None


def test_an_account_goes_with_its_rows_files_and_sockets(
    api: APIClient, user: User, revocations: Revocations
) -> None:
    stored(user)
    stored(user, "cd" * 32)
    queued(user)
    api_tokens.create_api_token(user)
    pair = token_pair(user)

    answer = api.delete(URL)

    assert (answer.status_code, answer.content) == (204, b"")
    assert not User.objects.exists()
    assert not Upload.objects.exists()
    assert not Job.objects.exists()
    assert not ApiToken.objects.exists()
    assert not (storage.root() / str(user.pk)).exists()
    event = revocations.next()
    assert (event["name"], event["data"]) == ("core.auth.revoked", {})
    assert api.get("/api/v1/users/user/").status_code == 401
    body = {"refresh": pair.refresh}
    assert APIClient().post("/api/v1/users/refresh/", body, format="json").status_code == 401


def test_a_running_job_is_cancelled_and_its_worker_told(user: User) -> None:
    claimed = lifecycle.claim(queued(user).pk, holder="test", is_outside=True)

    services.delete_account(user)

    with pytest.raises(lifecycle.LeaseLost):
        lifecycle.report(claimed, "work", 0, 0.5)


def test_finished_jobs_do_not_stand_in_the_way(user: User) -> None:
    claimed = lifecycle.claim(queued(user).pk, holder="test", is_outside=True)
    lifecycle.succeed(claimed, {})

    services.delete_account(user)

    assert not Job.objects.exists()


def test_the_same_email_may_sign_up_again(api: APIClient, user: User) -> None:
    api.delete(URL)

    body = {"email": user.email, "password": "correct horse battery"}
    answer = APIClient().post("/api/v1/users/signup/", body, format="json")

    assert answer.status_code == 201
    assert answer.json()["user"]["id"] != str(user.pk)


def test_an_account_that_is_deleted_twice_at_once_is_deleted_once(user: User) -> None:
    stored(user)

    at_once(4, lambda _: services.delete_account(User(pk=user.pk)))

    assert not User.objects.exists()


def test_apps_are_told_once_after_the_rows_are_gone(user: User) -> None:
    told: list[tuple[uuid.UUID, bool]] = []

    def remember(user_id: uuid.UUID, **_: object) -> None:
        told.append((user_id, User.objects.exists()))

    account_removed.connect(remember)
    try:
        services.delete_account(user)
    finally:
        account_removed.disconnect(remember)

    assert told == [(user.pk, False)]


def test_an_account_without_files_is_deleted(user: User) -> None:
    storage.remove_all_of(user.pk)
    services.delete_account(user)

    assert not User.objects.exists()
