"""What the tests of the routes share: a persistence folder of their own, and a form to post."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.support.fixtures import client_of

API = "/api/v1"


@pytest.fixture(autouse=True)
def persistence(settings, tmp_path, transactional_db):  # forms are read in other threads
    """Keep files of requests in a folder of this test's own."""
    settings.MEDIA_API_PERSISTENCE = tmp_path / "media_api"
    return settings.MEDIA_API_PERSISTENCE


@pytest.fixture
def post(api):
    """Return a function that posts to a route: `post("compress", {...}, b"bytes", "film.mp4")`."""

    def send(route, data=None, content=None, filename="a.bin", *, client=api, **headers):
        form = {} if data is None else {"data": data if isinstance(data, str) else json.dumps(data)}
        if content is not None:
            form["file"] = SimpleUploadedFile(filename, content)
        return client.post(f"{API}/{route}", form, format="multipart", headers=headers)

    return send


@pytest.fixture
def other_api(other_user, access_token):
    """Return a client of another user."""
    return client_of(other_user, access_token)
