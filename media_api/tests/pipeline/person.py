"""Somebody who posts a file, a worker that takes it at once, and what has come of it."""

import io
import json
import zipfile

import ffmpeg
from asgiref.sync import async_to_sync
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from core.jobs import execution
from media_api import storage
from media_api.models import MediaRequest

API = "/api/v1"


class Person:
    """A client without an account; the work is done in this very process."""

    def __init__(self):
        self.client = APIClient()

    def post(self, route, path, data=None, *, name=None):
        """Post a file; return the answer."""
        file = SimpleUploadedFile(name or path.name, path.read_bytes())
        form = {"data": json.dumps(data or {}), "file": file}
        return self.client.post(f"{API}/{route}/", form, format="multipart")

    def ask(self, route, path, data=None, *, name=None):
        """Post a file that is taken; return the rid."""
        answer = self.post(route, path, data, name=name)
        assert answer.status_code == 200, answer.content
        return answer.json()["rid"]

    def ask_link(self, route, url, data=None):
        """Ask for work on what a link leads to; return the rid."""
        answer = self.client.post(f"{API}/{route}/", {"url": url, **(data or {})}, format="json")
        assert answer.status_code == 200, answer.content
        return answer.json()["rid"]

    def work(self, rid):
        """Do what a worker does; return the status afterwards."""
        execution.execute(self.job(rid).pk)
        return self.status(rid)

    def made(self, route, path, data=None, *, name=None):
        """Post a file and wait for what comes of it; return rid and status."""
        rid = self.ask(route, path, data, name=name)
        return rid, self.work(rid)

    def job(self, rid):
        return MediaRequest.objects.select_related("job").get(pk=rid).job

    def status(self, rid):
        return self.client.get(f"{API}/status/{rid}/").json()

    def download(self, rid, what=""):
        """Return the answer, and its bytes."""
        answer = self.client.get(f"{API}/download/{rid}/{what}")
        return answer, async_to_sync(_whole)(answer) if answer.streaming else answer.content

    def text(self, rid, what="text"):
        answer, body = self.download(rid, f"{what}/")
        assert answer.status_code == 200, body
        return json.loads(body)["content"]

    def archive(self, rid):
        """Return the names in the archive, in order."""
        answer, body = self.download(rid)
        assert answer.status_code == 200
        return sorted(zipfile.ZipFile(io.BytesIO(body)).namelist())


async def _whole(answer):
    return b"".join([part async for part in answer])


def streams_of(rid, name):
    """Return what ffprobe says of an output: its format, its streams by their sort."""
    found = ffmpeg.probe(str(storage.output(rid, name)))
    return found["format"], {stream["codec_type"]: stream for stream in found["streams"]}
