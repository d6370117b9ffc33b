"""What the tests of the admin share: browsers of people with different rights."""

import pytest
from django.contrib.auth.models import Permission

from tests.support.fixtures import make_account


@pytest.fixture(autouse=True)
def _nobody_else(alone, transactional_db, settings):
    settings.TRANSCODE_LOCAL_WORKERS = "off"


def browser_of_staff(client, *codenames):
    """Log somebody of the staff in who has these rights alone."""
    account = make_account("clerk@example.org", role="admin", is_superuser=False)
    account.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(account)
    return client


@pytest.fixture
def desk(client, staff):
    """Return a browser that is logged in as an administrator."""
    client.force_login(staff)
    return client


@pytest.fixture
def onlooker(client, db):
    """Return the browser of somebody who may look at everything of this app, and no more."""
    models = ("video", "videofile", "videojob", "runner", "registrationtoken")
    return browser_of_staff(client, *(f"view_{model}" for model in models))


@pytest.fixture
def operator(client, db):
    """Return the browser of somebody of the staff who manages runners."""
    return browser_of_staff(client, "manage_runners", "view_videojob")


def act(browser, address, action, *rows, **more):
    """Press an action of a list's; return the page that follows."""
    chosen = {"action": action, "_selected_action": [str(row.pk) for row in rows], **more}
    return browser.post(address, chosen, follow=True)


def text_of(response):
    """Return the page, which is there."""
    assert response.status_code == 200
    return response.content.decode()
