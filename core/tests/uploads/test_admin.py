"""Uploads in the admin: what staff can see and do, through the services."""

import pytest
from django.urls import reverse

from core.jobs.models import Job, Status
from core.tests.uploads.conftest import tiny_png
from core.tests.uploads.making import again, claimed, made, processed
from core.uploads import services
from core.uploads.models import Upload
from core.uploads.status import STATUSES, run_of, status_of

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "admin:core_upload_changelist"


@pytest.fixture
def site(client, staff):
    client.force_login(staff)
    return client


def act(site, action, *uploads, **more):
    data = {"action": action, "_selected_action": [str(upload.pk) for upload in uploads], **more}
    return site.post(reverse(LIST), data, follow=True)


def test_users_are_not_let_in(client, user):
    client.force_login(user)

    assert client.get(reverse(LIST)).status_code == 302


def test_nobody_makes_an_upload_by_hand(site):
    assert site.get(reverse("admin:core_upload_add")).status_code == 403


@pytest.mark.parametrize("status", STATUSES)
def test_the_list_can_be_narrowed_to_a_status(site, user, status):
    stored, pending = made(user, tiny_png(1), process=False), made(user, tiny_png(2))
    running = made(user, tiny_png(3))
    claimed(running)
    done = processed(user, content=tiny_png(4))
    failed = made(user, tiny_png(5))
    services.cancel_upload(owner=user, upload_id=failed.pk)
    of_status = dict(zip(STATUSES, (stored, pending, running, done, failed), strict=True))

    answer = site.get(reverse(LIST), {"status": status})

    assert [upload.pk for upload in answer.context["cl"].queryset] == [of_status[status].pk]


def test_uploads_are_found_by_their_owner(site, user, other_user):
    mine = made(user)
    made(other_user)

    answer = site.get(reverse(LIST), {"q": user.email})

    assert list(answer.context["cl"].queryset) == [mine]


def test_one_upload_is_shown_and_its_fields_are_not_edited(site, user):
    upload = processed(user, "<script>alert(1)</script>")
    address = reverse("admin:core_upload_change", args=[upload.pk])

    shown = site.get(address).content.decode()
    site.post(address, {"filename": "changed", "raw_text": "changed"})

    assert 'name="_save"' not in shown
    assert "<script>alert(1)" not in shown
    assert "processed" in shown
    assert again(upload).filename == upload.filename


def test_a_reprocess_goes_through_the_service(site, user):
    done, busy = processed(user), made(user, tiny_png(1))

    answer = act(site, "reprocess", done, busy)

    assert (status_of(again(done)), run_of(again(done))) == ("pending", 2)
    assert run_of(again(busy)) == 1
    assert "recognised already" in answer.content.decode()


def test_a_cancel_ends_the_run(site, user):
    upload = made(user)

    act(site, "cancel", upload)

    assert Job.objects.get().status == Status.CANCELLED


def test_a_delete_is_as_soft_as_the_owners(site, user, heard):
    first, second = made(user), made(user, tiny_png(1))
    heard.events()

    act(site, "delete_selected", first, post="yes")
    site.post(reverse("admin:core_upload_delete", args=[second.pk]), {"post": "yes"})

    assert Upload.objects.filter(is_deleted=True).count() == 2
    assert set(Job.objects.values_list("status", flat=True)) == {Status.CANCELLED}
    assert [name.split()[0] for name in heard.names()] == ["Upload.deleted", "Upload.deleted"]
