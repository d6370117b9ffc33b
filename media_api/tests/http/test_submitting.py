"""The six routes by which a request comes (Media API contract, 2.1 to 2.6)."""

import re
import socket
import sys

import pytest

from core.jobs import lifecycle
from media_api import storage
from media_api.models import MediaRequest

API = "/api/v1"
ROUTES = ("compress", "extract-audio", "transcribe", "summarize", "file-to-text", "custom")
LINK = "https://disk.yandex.ru/i/abcdefghij1234"
_OPENED: list[str] = []
sys.addaudithook(lambda event, args: _OPENED.append(str(args[0])) if event == "open" else None)


@pytest.fixture
def connections(monkeypatch):
    """Return the addresses beyond this machine's sockets that are connected to from now on."""
    made = []
    connect = socket.socket.connect

    def noted(self, address):
        if self.family != socket.AF_UNIX:
            made.append(address)
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", noted)
    return made


def refusal(answer):
    """Return status and sentence of a refusal, which is all that it may hold."""
    assert list(answer.json()) == ["detail"]
    return answer.status_code, answer.json()["detail"]


@pytest.mark.parametrize("slash", ["/", ""])
@pytest.mark.parametrize("route", ROUTES)
def test_a_file_is_taken_with_and_without_the_last_slash(post, route, slash):
    data = {"actions": ["compress"]} if route == "custom" else {}

    answer = post(route + slash, data, b"some bytes", "Film.MP4")

    assert answer.status_code == 200, answer.content
    rid = answer.json()["rid"]
    assert list(answer.json()) == ["rid"]
    assert re.fullmatch(r"[0-9a-f]{32}", rid)
    raw = storage.data_folder(rid) / "raw.mp4"
    assert raw.read_bytes() == b"some bytes"
    assert (raw.stat().st_mode & 0o777, raw.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    row = MediaRequest.objects.get(pk=rid)
    assert (row.original_name, row.job.status) == ("Film.MP4", "queued")


def test_a_route_is_only_posted_to(api):
    for route in ROUTES:
        assert refusal(api.get(f"{API}/{route}/"))[0] == 405


@pytest.mark.case("media_api", 1)
def test_data_has_to_be_there(post, folders):
    answer = post("compress/", None, b"x")

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "data"]
    assert answer.json()["detail"][0]["type"] == "missing"
    assert folders() == []


@pytest.mark.case("media_api", 2)
def test_data_has_to_be_json(post, folders):
    answer = post("compress/", "{not json", b"x")

    assert answer.status_code == 422
    assert isinstance(answer.json()["detail"], list)
    assert answer.json()["detail"][0]["type"] == "json_invalid"
    assert folders() == []


@pytest.mark.case("media_api", 3)
def test_there_has_to_be_something_to_work_on(post):
    assert refusal(post("compress/", {})) == (400, "Either a file or a url must be provided")


@pytest.mark.case("media_api", 4)
def test_only_one_source_is_taken(post, folders):
    answer = post("compress/", {"url": LINK}, b"x")

    sentence = "Only one of the following: url/file/path should be provided"
    assert refusal(answer) == (400, sentence)
    assert folders() == []


@pytest.mark.case("media_api", 5)
def test_a_path_of_this_server_is_refused_and_not_opened(post):
    _OPENED.clear()

    answer = post("compress/", {"path": "/etc/passwd"})

    assert refusal(answer) == (400, "Local files are disabled on this server")
    assert "/etc/passwd" not in _OPENED


@pytest.mark.case("media_api", 6)
@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/x",
        "https://disk.yandex.ru/i/short",
        "https://disk.yandex.ru.evil.com/i/abcdefghij1234",
    ],
)
def test_a_link_that_is_none_of_yandex_disk_is_refused_unasked(post, connections, url):
    answer = post("compress/", {"url": url})

    assert answer.status_code == 422
    assert answer.json()["detail"] == [
        {
            "loc": ["body", "data", "url"],
            "msg": "Value error, Invalid Yandex Disk URL format",
            "type": "value_error",
        }
    ]
    assert connections == []


@pytest.mark.case("media_api", 8)
@pytest.mark.parametrize(
    "video", [{"width": -5}, {"width": 641}, {"audioSampleRate": 96000}], ids=str
)
def test_what_no_encoder_takes_is_refused(post, folders, video):
    answer = post("compress/", {"config": {"video": video}}, b"x")

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "data", "config", "video", *video]
    assert folders() == []


@pytest.mark.case("media_api", 20)
@pytest.mark.parametrize("data", [{"actions": []}, {}, {"actions": ["x"]}])
def test_a_mix_names_actions_that_there_are(post, data):
    answer = post("custom/", data, b"x")

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][:3] == ["body", "data", "actions"]


def test_the_first_check_that_fails_answers(post, configured):
    configured(requests_queue_size=1)
    both = {"path": "/etc/passwd", "url": LINK}
    several = (400, "Only one of the following: url/file/path should be provided")
    disabled = (400, "Local files are disabled on this server")

    assert post("compress/", {**both, "config": {"preset": "x"}}).status_code == 422
    assert refusal(post("compress/", {**both, "uploadId": "x"})) == several
    assert refusal(post("compress/", {"path": "/x"})) == disabled
    assert refusal(post("compress/", {"uploadId": "x"}))[0] == 400
    assert post("compress/", {"url": LINK}).status_code == 200
    # A full queue may be told before all of these; with a key it is told last.
    assert refusal(post("compress/", {"path": "/x"}, Idempotency_Key="k")) == disabled
    assert post("compress/", {"url": LINK}, Idempotency_Key="k").status_code == 409
    assert post("transcribe/", {"url": LINK}, Idempotency_Key="k").status_code == 503


def test_a_named_file_without_bytes_is_refused(post, folders):
    assert refusal(post("compress/", {}, b"", "a.mp4")) == (400, "Uploaded file is empty")
    assert folders() == []


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8"])
def test_a_body_of_json_is_the_data_itself(api, kind):
    taken = api.post(f"{API}/compress/", f'{{"url":"{LINK}"}}', content_type=kind)

    assert taken.status_code == 200
    assert MediaRequest.objects.get(pk=taken.json()["rid"]).input_value == LINK


def test_a_body_of_json_is_held_to_the_same(api):
    def said(body):
        answer = api.post(f"{API}/compress", body, content_type="application/json")
        return answer.status_code, answer.json()["detail"]

    assert said("{not")[1][0]["type"] == "json_invalid"
    assert said("[]")[0] == said("")[0] == 422
    assert said("{}") == (400, "Either a file or a url must be provided")


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/mixed; boundary=x"])
def test_a_body_of_another_type_brings_no_data(api, kind):
    answer = api.post(f"{API}/compress/", b"{}", content_type=kind)

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["type"] == "missing"


def test_a_link_of_the_web_is_taken_where_the_operator_allows_it(post, configured):
    configured(allow_remote_urls=True)

    assert post("compress/", {"url": "https://127.0.0.1/x"}).status_code == 422
    assert post("compress/", {"url": "https://example.org/film.mp4"}).status_code == 200


def test_a_path_is_for_administrators_and_below_a_root(post, api, staff, configured, tmp_path):
    root, other = tmp_path / "films", tmp_path / "films-of-others"
    for folder in (root, other):
        folder.mkdir()
        (folder / "a.mp4").write_bytes(b"film")
    (root / "link.mp4").symlink_to(other / "a.mp4")
    configured(allow_local_files=True, local_files_roots=[str(root)])
    refused = (400, "This path cannot be used")

    assert refusal(post("compress/", {"path": str(root / "a.mp4")})) == refused
    api.force_authenticate(staff)
    wrong = (
        root / "none",
        other / "a.mp4",
        root / "link.mp4",
        root,
        f"{root}/../films-of-others/a.mp4",
    )
    for path in (*wrong, "films/a.mp4", "/dev/zero"):
        assert refusal(post("compress/", {"path": str(path)})) == refused, path

    taken = post("compress/", {"path": str(root / "a.mp4")})

    assert taken.status_code == 200
    row = MediaRequest.objects.get(pk=taken.json()["rid"])
    assert (row.input_type, row.input_value) == ("path", str(root / "a.mp4"))
    assert storage.raw_of(row.rid) is None


def test_the_same_work_is_queued_once_for_one_user(post, other_api, folders):
    first = post("compress/", {}, b"film", "a.mp4")

    again = post("compress/", {"config": {"preset": "VERYFAST"}}, b"film", "b.mp4")

    assert again.status_code == 409
    assert again.json() == {"detail": "Already queued", "rid": first.json()["rid"]}
    assert folders() == [first.json()["rid"]]
    for other in (
        post("compress/", {"config": {"preset": "slow"}}, b"film"),
        post("transcribe/", {}, b"film"),
        post("compress/", {}, b"another film"),
        post("compress/", {}, b"film", client=other_api),
    ):
        assert other.status_code == 200


def test_twins_are_taken_where_the_operator_allows_them(post, configured):
    configured(deduplicate=False)

    assert post("compress/", {}, b"film").status_code == 200
    assert post("compress/", {}, b"film").status_code == 200


def test_a_full_queue_refuses_before_the_file_is_stored(post, configured, folders, requests):
    configured(requests_queue_size=1)
    running = requests.running().rid
    first = post("compress/", {}, b"one").json()["rid"]

    answer = post("compress/", {}, b"two")

    assert refusal(answer) == (503, "Queue limit has been reached. Try again later")
    assert answer["Retry-After"] == "30"
    assert folders() == sorted([first, running])
    lifecycle.cancel(MediaRequest.objects.get(pk=first).job_id)
    assert post("compress/", {}, b"two").status_code == 200


def test_too_little_room_on_the_disk_refuses(post, configured, folders):
    configured(min_free_disk_bytes=2**53)

    answer = post("compress/", {}, b"x")

    assert answer.status_code == 503
    assert "Retry-After" in answer
    assert folders() == []


def test_too_many_posts_a_minute_are_refused(post, other_api, configured):
    configured(limits={"posts_per_minute": 2})
    assert [post("compress/", "{}").status_code for _ in range(2)] == [400, 400]

    answer = post("compress/", {}, b"x")

    assert refusal(answer)[0] == 429
    assert int(answer["Retry-After"]) >= 1
    assert post("compress/", {}, b"x", client=other_api).status_code == 200


def test_an_upload_that_cannot_be_stored_leaves_no_record(post, persistence):
    persistence.mkdir()
    (persistence / "data").write_text("no folder")

    assert refusal(post("compress/", {}, b"x")) == (500, "Could not store the upload")
    assert not MediaRequest.objects.exists()


def test_who_has_no_token_is_refused_before_anything_is_stored(post, anybody, folders):
    answer = post("compress/", {}, b"x", client=anybody)

    assert refusal(answer)[0] == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert folders() == []


def test_where_nobody_has_to_say_who_they_are_a_request_has_no_owner(post, anybody, configured):
    configured(auth={"required": False})

    mine, nobodys = post("compress/", {}, b"x"), post("compress/", {}, b"x", client=anybody)

    assert MediaRequest.objects.get(pk=nobodys.json()["rid"]).owner is None
    assert MediaRequest.objects.get(pk=mine.json()["rid"]).owner is not None


def test_a_session_posts_with_its_csrf_token_alone(post, user, folders):
    from rest_framework.test import APIClient

    browser = APIClient(enforce_csrf_checks=True)
    browser.force_login(user)
    browser.cookies["csrftoken"] = "a" * 32

    refused = post("compress/", {}, b"x", client=browser)
    taken = post("compress/", {}, b"x", client=browser, X_CSRFToken="a" * 32)

    assert refusal(refused)[0] == 403
    assert taken.status_code == 200
    assert folders() == [taken.json()["rid"]]
    assert MediaRequest.objects.get().owner == user
