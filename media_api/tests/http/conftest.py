"""What the tests of the routes share: a folder of their own, forms, and requests at any stage."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from media_api import storage
from media_api.tests.made import Requests
from tests.support.fixtures import client_of
from tests.support.throttling import forget

API = "/api/v1"


@pytest.fixture(autouse=True)
def persistence(settings, tmp_path, transactional_db, alone):  # forms are read in other threads
    """Keep files of requests in a folder of this test's own; no worker takes them up."""
    forget("media*")
    settings.MEDIA_API_PERSISTENCE = tmp_path / "media_api"
    return settings.MEDIA_API_PERSISTENCE


@pytest.fixture
def post(api):
    """Return a function that posts to a route: `post("compress", {...}, b"bytes", "film.mp4")`."""

    def send(route, data=None, content=None, filename="a.bin", *, client=api, **headers):
        form = {} if data is None else {"data": data if isinstance(data, str) else json.dumps(data)}
        if content is not None:
            form["file"] = SimpleUploadedFile(filename, content)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.post(f"{API}/{route}", form, format="multipart", headers=named)

    return send


@pytest.fixture
def anybody():
    """Return a client without an account."""
    return APIClient()


@pytest.fixture
def other_api(other_user, access_token):
    """Return a client of another user."""
    return client_of(other_user, access_token)


@pytest.fixture
def folders():
    """Return a function that lists the folders of inputs."""
    return lambda: sorted(path.name for path in storage.root().glob("data/*"))


@pytest.fixture
def requests(user):
    """Return requests of `user`."""
    return Requests(user)


@pytest.fixture
def others_requests(other_user):
    """Return requests of another user."""
    return Requests(other_user)


@pytest.fixture
def nobodys_requests():
    """Return requests made without an account."""
    return Requests(None)
