"""A web server of its own for one client after the other: sockets, processes, and their ends."""

import contextlib
import json
import os
import socket
import stat
import sys
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest
import yaml
from rest_framework.test import APIClient

from media_api import storage
from media_api.config.schema import Config, as_plain
from media_api.models import MediaRequest
from media_api.tests.made import Requests
from media_api.upkeep import clean
from tests.support.clips import clip
from tests.support.environment import FOLDER, free_port
from tests.support.running import Child, _celery, database_url
from tests.support.throttling import forget
from tests.support.tus_client import TusClient
from tests.support.waiting import wait_until

HOME = FOLDER / "wired"
EDIT = {
    "auth": {"required": False},
    "requests_queue_size": 2,
    "max_upload_bytes": 1_000_000,
    "file_read_chunk_size": 8192,
    "limits": {"posts_per_minute": 0},
}
ANSWER_S = 120


class Server:
    """The web process, its settings and its clients."""

    def __init__(self, home=HOME):
        self.port = free_port()
        self.env = {"MEDIA_API_PERSISTENCE": str(home), "DATABASE_URL": database_url()}
        self.children = []
        self.web = self.start()

    def start(self):
        """Start the web process and wait until it answers."""
        env = {**self.env, "HOST": "127.0.0.1", "PORT": str(self.port)}
        self.web = self._child("wired", [sys.executable, "-m", "backend.serve"], env)
        wait_until(self._answers, 240)
        return self.web

    def start_worker(self, **env):
        """Start a worker for it."""
        return self._child("wired-worker", _celery("ffmpeg,default,io", 1), {**self.env, **env})

    def _child(self, name, command, env):
        child = Child(f"{name}-{len(self.children)}", command, env)
        self.children.append(child)
        return child

    def _answers(self):
        assert self.web.process.poll() is None, self.web.text()[-2000:]
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def client(self):
        """Return a client without an account."""
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}/api/v1", timeout=ANSWER_S)

    @contextlib.contextmanager
    def begun(self, *, length=None, first=b"x" * 100_000, more=""):
        """Begin a form by hand: its file is the test's to send, or not."""
        size = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
        head = (
            f"POST /api/v1/compress/ HTTP/1.1\r\nHost: 127.0.0.1\r\n{size}\r\n"
            f"Content-Type: multipart/form-data; boundary=x\r\n{more}\r\n"
        )
        with socket.create_connection(("127.0.0.1", self.port), ANSWER_S) as wire:
            wire.sendall(head.encode())
            body = BODY + first
            wire.sendall(chunk(body) if length is None else body)
            yield wire


BODY = (
    b'--x\r\nContent-Disposition: form-data; name="data"\r\n\r\n{}\r\n'
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n'
)


def chunk(content):
    """Return bytes as a chunk (RFC 9112, 7.1)."""
    return b"%x\r\n%s\r\n" % (len(content), content)


def edit(**keys):
    """Write other settings as an editor does."""
    draft = HOME / "draft"
    draft.write_text(yaml.safe_dump({**EDIT, **keys}))
    draft.rename(HOME / "config.yaml")


@pytest.fixture(scope="module")
def served(django_db_setup, django_db_blocker):
    """Return the server, started once for this file on a folder where nothing was before."""
    with django_db_blocker.unblock():
        server = Server()
    yield server
    for child in server.children:
        child.kill()


@pytest.fixture(autouse=True)
def persistence(alone, settings, transactional_db):
    """Let this process see the files of the server's; start each test without any."""
    settings.MEDIA_API_PERSISTENCE = HOME
    for rid in storage.rids_with_input():
        storage.remove_all(rid)


@pytest.fixture
def server(served):
    """Return the server, with the settings of `EDIT` in force."""
    if served.web.process.poll() is not None:
        served.start()
    if yaml.safe_load((HOME / "config.yaml").read_text()) != EDIT:
        edit()
    with served.client() as client:
        wait_until(lambda: client.get("/status/x/").status_code == 200)
    return served


def post(client, content, headers=None, **data):
    """Post a file to be compressed."""
    form, files = {"data": json.dumps(data)}, {"file": ("a.mp4", content)}
    return client.post("/compress/", data=form, files=files, headers=headers)


@pytest.mark.case("media_api", 37)
def test_the_settings_are_written_at_first_and_read_when_they_change(served):
    path = HOME / "config.yaml"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert yaml.safe_load(path.read_text()) == as_plain(Config())

    with served.client() as client:
        assert client.get("/status/x/").status_code == 401
        edit(requests_queue_size=1)
        wait_until(lambda: client.get("/status/x/").status_code == 200)
        assert [post(client, content).status_code for content in (b"1", b"2")] == [200, 503]

        path.write_text("requests_queue_size: many\nauth: {required: false}\n")

        def is_told():
            # The file is looked at by whoever asks for a setting.
            assert client.get("/status/x/").status_code == 200
            return "The settings from before stay." in served.web.text()

        wait_until(is_told)
        assert post(client, b"3").status_code == 503

        edit()
        wait_until(lambda: post(client, b"3").status_code == 200)


def test_what_the_server_says_of_a_status_is_what_the_view_says(server, configured):
    configured(auth={"required": False})
    queued, canceled = Requests(None).queued().rid, Requests(None).failed().rid
    rids = (queued, canceled, "0" * 32, "x", "A" * 32, "a" * 64, "a" * 65, "%C3%A9", "ws")
    paths = [f"status/{rid}/" for rid in rids] + [f"status?request_id={rid}" for rid in rids]
    view = APIClient()

    with server.client() as client:
        for path in (*paths, "status/", "status", "status/?request_id="):
            told, expected = client.get(f"/{path}"), view.get(f"/api/v1/{path}")
            assert (told.status_code, told.json()) == (expected.status_code, expected.json()), path
        wrong = client.get("/status/x/", headers={"Authorization": "Bearer wrong"})
        assert wrong.status_code == 401


def test_bytes_come_whole_in_part_or_not_at_all(server):
    request = Requests(None).finished({"out.mp4": bytes(range(256)) * 4096})
    where = f"/download/{request.rid}/video/"

    with server.client() as client:
        whole, head = client.get(where), client.head(where)
        part = client.get(where, headers={"Range": "bytes=1000-500000"})
        archive = client.get(f"/download/{request.rid}")
        waiting = client.head(f"/download/{Requests(None).queued().rid}/text/")

    assert whole.content == bytes(range(256)) * 4096
    assert (head.status_code, head.content) == (200, b"")
    for name in ("Content-Length", "ETag", "Content-Type", "Content-Disposition"):
        assert head.headers[name] == whole.headers[name]
    assert (part.status_code, part.content) == (206, whole.content[1000:500_001])
    (HOME / "got.zip").write_bytes(archive.content)
    with zipfile.ZipFile(HOME / "got.zip") as made:
        assert made.read("out.mp4") == whole.content
    assert (waiting.status_code, waiting.headers["Retry-After"]) == (202, "5")


@pytest.mark.case("media_api", 40)
def test_a_file_over_the_limit_is_refused_and_leaves_nothing(server, folders):
    with server.client() as client:
        for size in (1_000_001, 10_000_000):
            answer = post(client, b"x" * size)
            assert (answer.status_code, answer.json()) == (413, {"detail": "File too large"})
    assert folders() == []
    assert not MediaRequest.objects.exists()


def test_a_body_without_a_length_is_ended_when_it_grows_too_large(server, folders):
    piece = chunk(b"x" * 100_000)

    with server.begun() as wire:
        with contextlib.suppress(OSError):  # It stops reading some time.
            for _ in range(1000):
                wire.sendall(piece)
                if select_readable(wire):
                    break
            else:
                raise AssertionError("a hundred megabytes were read")
        assert wire.recv(1000).startswith(b"HTTP/1.1 413")
    assert wait_until(lambda: folders() == [])


def select_readable(wire):
    """Return whether an answer has come."""
    import select

    return bool(select.select([wire], [], [], 0)[0])


def test_a_client_that_breaks_off_leaves_nothing(server, folders):
    for length in (None, 500_000):
        with server.begun(length=length):
            wait_until(lambda: len(folders()) == 1)
        wait_until(lambda: folders() == [])
    assert not MediaRequest.objects.exists()


def test_an_upload_is_written_in_pieces_of_the_configured_size(server, folders):
    def written():
        return sum(path.stat().st_size for path in storage.data_folder(folders()[0]).iterdir())

    with server.begun(length=500_000, first=b"x" * 3 * EDIT["file_read_chunk_size"]):
        wait_until(lambda: folders() and written())

        assert written() > 2 * EDIT["file_read_chunk_size"]
    wait_until(lambda: folders() == [])


def test_a_token_that_runs_out_while_its_form_arrives_is_good_to_the_end(
    server, folders, user, access_token
):
    lifetime = timedelta(seconds=5)
    runs_out = time.monotonic() + lifetime.total_seconds()
    token = access_token(user, lifetime=lifetime)

    with server.begun(more=f"Authorization: Bearer {token}\r\n") as wire:
        wait_until(folders)
        wait_until(lambda: time.monotonic() > runs_out + 1)
        wire.sendall(chunk(b"\r\n--x--\r\n") + b"0\r\n\r\n")
        assert wire.recv(1000).startswith(b"HTTP/1.1 200")

    assert MediaRequest.objects.get().owner == user
    with server.client() as client:
        headers = {"Authorization": f"Bearer {token}"}
        assert client.get("/status/x/", headers=headers).status_code == 401


def test_a_resumable_upload_becomes_a_request(server, user, access_token, folders):
    forget("uploads*")
    token = access_token(user)
    tus = TusClient(f"http://127.0.0.1:{server.port}", token)
    where = tus.made(8, filename="Film.mov")
    headers = {"Authorization": f"Bearer {token}"}
    data = {"uploadId": where.rstrip("/").rpartition("/")[2]}
    tus.patch(where, b"half")

    with server.client() as client:
        early = client.post("/compress/", json=data, headers=headers)
        tus.patch(where, b"half", offset=4)
        taken = client.post("/compress/", json=data, headers=headers)

    assert (early.status_code, taken.status_code) == (400, 200), taken.text
    raw = storage.raw_of(taken.json()["rid"])
    assert (raw.name, raw.read_bytes()) == ("raw.mov", b"halfhalf")
    assert len(folders()) == 1


def posted_at_once(server, count, content="film {}", headers=None):
    """Post files at the same moment, as a rule different ones; return the answers."""
    barrier = threading.Barrier(count)

    def send(number):
        with server.client() as client:
            barrier.wait()
            return post(client, content.format(number).encode(), headers)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(send, range(count)))


@pytest.mark.case("media_api", 32)
def test_of_five_at_once_two_find_room_beside_the_one_that_runs(server, folders):
    running = Requests(None).running("compress", 0.5).rid

    answers = posted_at_once(server, 5)

    assert sorted(answer.status_code for answer in answers) == [200, 200, 503, 503, 503]
    for answer in answers:
        assert (answer.headers.get("Retry-After") == "30") == (answer.status_code == 503)
    taken = [answer.json()["rid"] for answer in answers if answer.status_code == 200]
    assert folders() == sorted([running, *taken])


def test_a_burst_does_not_pass_the_queues_limit(server, folders):
    codes = [answer.status_code for answer in posted_at_once(server, 32)]

    assert sorted(codes) == [200] * 2 + [503] * 30
    assert len(folders()) == MediaRequest.objects.count() == 2


def test_of_twins_at_once_one_is_taken_and_the_others_hear_of_it(server, folders):
    answers = posted_at_once(server, 8, "film")

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    assert {answer.json()["rid"] for answer in answers} == set(folders())
    assert len(folders()) == 1


def test_one_key_at_once_makes_one_request(server, folders):
    answers = posted_at_once(server, 8, "film", {"Idempotency-Key": "k"})

    assert [answer.status_code for answer in answers] == [200] * 8
    assert {answer.json()["rid"] for answer in answers} == set(folders())
    assert len(folders()) == 1


def test_a_server_that_dies_amid_a_form_leaves_a_folder_for_the_cleaner(server, folders):
    with server.begun(length=500_000):
        wait_until(lambda: folders() and list(storage.data_folder(folders()[0]).iterdir()))
        server.web.kill()
    (left,) = folders()
    assert not MediaRequest.objects.exists()
    assert clean() == 0

    hours_ago = time.time() - 7200
    for path in (*storage.data_folder(left).iterdir(), storage.data_folder(left)):
        os.utime(path, (hours_ago, hours_ago))

    assert clean() == 1
    assert folders() == []


@pytest.mark.case("media_api", 25)
@pytest.mark.case("media_api", 35)
def test_a_queued_mix_outlives_a_restart_and_its_time_is_right_east_of_greenwich(server):
    form = {"data": json.dumps({"actions": ["extract_audio", "compress"]})}
    with server.client() as client:
        sent = client.post("/custom/", data=form, files={"file": clip("landscape").open("rb")})
    rid = sent.json()["rid"]
    server.web.kill()

    server.start()
    server.start_worker(TZ="Etc/GMT-3")

    seen = []
    with server.client() as client:

        def is_over():
            status = client.get(f"/status/{rid}/").json()
            seen.append((time.monotonic(), status))
            return status["status"] >= 2

        wait_until(is_over, 240)
    running = [at for at, status in seen if status["status"] == 1]
    at_most_s = seen[-1][0] - max(at for at, status in seen if status["status"] == 0)
    at_least_s = running[-1] - running[0]
    final = seen[-1][1]
    assert (final["status"], final["curStage"], final["totalStages"]) == (2, 2, 2)
    assert at_least_s - 1 <= final["elapsedTime"] <= at_most_s + 1
    assert all(status["elapsedTime"] >= 0 for _, status in seen)
