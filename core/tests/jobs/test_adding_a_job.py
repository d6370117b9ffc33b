"""`docs/adding-a-job.md` is run: its file, in a package of its own, on a real platform."""

import json
import re
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from core.jobs.models import Job
from tests.support.running import ROOT, free_port
from tests.support.waiting import wait_until

PAGE = (ROOT / "docs" / "adding-a-job.md").read_text(encoding="utf-8")
CODE = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1]
SETTINGS = """from backend.settings import *
from backend.settings import INSTALLED_APPS
INSTALLED_APPS = [*INSTALLED_APPS, "kitchen"]
"""


@pytest.fixture
def kitchen(platform, tmp_path: Path, user, access_token):
    """Return a client of a platform that has the page's app."""
    (tmp_path / "kitchen" / "kinds").mkdir(parents=True)
    (tmp_path / "kitchen" / "__init__.py").touch()
    (tmp_path / "kitchen" / "kinds" / "__init__.py").touch()
    (tmp_path / "kitchen" / "kinds" / "digest.py").write_text(CODE)
    (tmp_path / "kitchen_settings.py").write_text(SETTINGS)
    env = {"DJANGO_SETTINGS_MODULE": "kitchen_settings", "PYTHONPATH": f"{tmp_path}:{ROOT}"}
    platform.worker.kill()
    port = free_port()
    started = [platform.start_worker(**env), platform.start_web(port, **env)]
    platform.wait_for_web(port)
    token = access_token(user)
    with httpx.Client(
        base_url=f"http://127.0.0.1:{port}/api/v1/jobs",
        headers={"Authorization": f"Bearer {token}"},
        timeout=180,
    ) as client:
        client.ws_url = f"ws://127.0.0.1:{port}/ws/jobs/%s/?token={token}"
        yield client
    for child in started:
        child.kill()


def begin(client, **params):
    response = client.post("/", json={"kind": "kitchen.digest", "params": params})
    assert response.status_code == 201, response.text
    return response.json()["id"]


def shown(client, job_id):
    return client.get(f"/{job_id}/").json()


def ended(client, job_id):
    wait_until(lambda: shown(client, job_id)["finished_at"])
    return shown(client, job_id)


def test_the_file_of_the_page_is_short():
    assert len(CODE.splitlines()) <= 30


def test_the_page_works(kitchen):
    assert kitchen.post("/", json={"kind": "kitchen.digest", "params": {}}).status_code == 400

    job_id = begin(kitchen, text="x", rounds=3_000_000)
    frames = []
    with connect(kitchen.ws_url % job_id) as socket:
        while not frames or frames[-1]["status"] in ("queued", "running"):
            frames.append(json.loads(socket.recv(timeout=180)))
    assert frames[-1]["status"] == "succeeded"
    assert len(frames[-1]["result"]["digest"]) == 64
    assert any(frame["stage"] == "hash" and frame["progress"] > 0 for frame in frames[:-1])

    failed_id = begin(kitchen, text=" ", rounds=1)
    error = ended(kitchen, failed_id)["error"]
    assert error == {"code": "invalid_input", "message": "There is nothing to hash."}
    assert kitchen.post(f"/{failed_id}/retry/").status_code == 202
    wait_until(lambda: shown(kitchen, failed_id)["attempt"] == 2)
    assert ended(kitchen, failed_id)["status"] == "failed"

    long_id = begin(kitchen, text="x", rounds=10**9)
    wait_until(lambda: shown(kitchen, long_id)["status"] == "running")
    assert kitchen.post(f"/{long_id}/cancel/").json()["status"] == "cancelled"
    assert kitchen.post(f"/{long_id}/cancel/").status_code == 409
    # The worker is free again: the cancelled work has been ended.
    assert ended(kitchen, begin(kitchen, text="y", rounds=1))["status"] == "succeeded"
    assert Job.objects.get(pk=long_id).status == "cancelled"
