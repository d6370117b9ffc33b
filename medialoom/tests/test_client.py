"""The client in Python, before servers that forget, refuse and answer with something else."""

import json

import pytest

from medialoom import (
    BadAnswer,
    Client,
    ClientError,
    NoSuchFile,
    NotAllowed,
    NotReady,
    Refused,
)
from medialoom.client import NOBODYS, why
from medialoom.progress import Progress
from medialoom.tests.servers import Handler
from medialoom.tests.test_uploads import HERE, SIZE, Store
from medialoom.uploads import SMALL_BYTES, TUS, Upload

RID = "c" * 32
API = "/api/v1"


@pytest.fixture
def client(server):
    with Client(server.url, "token") as client:
        yield client


@pytest.fixture
def large(tmp_path):
    path = tmp_path / "film.mp4"
    path.write_bytes(b"x" * SIZE)
    return path


@pytest.fixture
def store(server):
    return Store(server)


def test_a_file_that_is_not_there_is_told_before_anything_is_asked(client, server):
    with pytest.raises(NoSuchFile, match="no file"):
        client.compress("nowhere.mp4")

    assert not server.seen


@pytest.mark.parametrize(
    "body", [{}, {"rid": None}, {"rid": 7}, {"rid": ""}, {"rid": "../x"}, {"rid": "é"}]
)
def test_an_answer_without_a_request_id_is_a_bad_one(client, server, body):
    server.says("POST", f"{API}/compress/", 200, body)

    with pytest.raises(BadAnswer):
        client.compress("https://a.example/film.mp4")


def test_a_conflict_that_names_no_request_is_a_refusal(client, server):
    server.says("POST", f"{API}/compress/", 409, {"detail": "Already queued"})

    with pytest.raises(Refused, match="Already queued"):
        client.compress("https://a.example/film.mp4")


@pytest.mark.parametrize("body", [{}, {"results": None}, {"results": {}}, {"results": [1]}])
def test_a_list_that_is_none_is_a_bad_answer(client, server, body):
    server.says("GET", f"{API}/requests/", 200, body)

    with pytest.raises(BadAnswer):
        list(client.requests())


def test_a_list_that_has_no_end_stops_at_an_empty_page(client, server):
    server.says("GET", f"{API}/requests/", 200, {"results": [], "next": "more"})

    assert list(client.requests()) == []
    assert len(server.seen) == 1


def test_a_text_that_is_none_is_a_bad_answer(client, server):
    server.says("GET", f"{API}/download/{RID}/text/", 200, {"content": 7})

    with pytest.raises(BadAnswer):
        client.request(RID).text()


def test_outputs_of_a_request_that_still_runs_are_not_ready(client, server, tmp_path):
    server.says("HEAD", f"{API}/download/{RID}/", 202)

    with pytest.raises(NotReady):
        client.request(RID).download(tmp_path / "made")


def test_a_request_id_cannot_lead_to_another_address(client, server, tmp_path):
    with pytest.raises(ClientError):
        client.request("../users/user").cancel()
    with pytest.raises(ClientError):
        client.request("a?b#c/..").fetch(tmp_path / "x")

    asked = [call[1] for call in server.seen]
    assert asked == [
        f"{API}/requests/..%2Fusers%2Fuser/cancel/",
        f"{API}/download/a%3Fb%23c%2F../",
    ]


def test_a_status_of_what_is_not_there_says_deleted(client, server):
    server.says("GET", f"{API}/status/{RID}/", 200, {"rid": RID, "status": 5})

    assert client.request(RID).status() == Progress(RID, 5)


def test_the_end_is_told_with_its_reason():
    failed = Progress(RID, 4, error={"code": "no_audio_stream", "message": "It has no sound."})

    assert why(failed) == f"{RID}: failed: It has no sound."
    assert why(Progress(RID, 4, error={"code": "canceled_by_user"})) == f"{RID}: canceled."
    assert why(Progress(RID, 2)) == f"{RID}: finished."
    assert "no such request" in why(Progress(RID, 5))


def test_a_refused_upload_is_not_sent_for_ever(client, server, store, large):
    server.says("POST", f"{API}/compress/", 400, {"detail": "The upload is not there"})

    with pytest.raises(Refused):
        client.compress(large)

    assert len([call for call in server.calls("POST") if call[1] == TUS]) == 1


def test_an_upload_that_a_killed_call_has_used_is_sent_anew(client, server, store, large, config):
    server.says("POST", f"{API}/compress/", 503, {"detail": "Full"})
    with pytest.raises(Refused):
        client.compress(large)
    made = len(store.content)

    def create_anew(handler):
        store.content = b""
        store.create(handler)

    server.on("POST", TUS, create_anew)
    server.on(
        "POST",
        f"{API}/compress/",
        lambda it: it.say(400, {"detail": "Unknown upload"}),
        lambda it: it.say(200, {"rid": RID}),
    )

    assert client.compress(large).rid == RID

    assert made == len(store.content) == SIZE
    assert not list((config / "uploads").iterdir())


def test_a_full_queue_costs_no_second_upload(client, server, store, large):
    full, taken = (lambda it: it.say(503, {"detail": "Full"})), lambda it: it.say(200, {"rid": RID})
    server.on("POST", f"{API}/compress/", full, taken)
    with pytest.raises(Refused, match="Full"):
        client.compress(large)

    assert client.compress(large).rid == RID

    assert json.loads(server.seen[-1][3])["uploadId"] == "7"
    assert len(server.calls("PATCH")) == 2


def test_a_video_that_the_server_does_not_name_is_a_bad_answer(client, server, store, large):
    store.resource = lambda handler: {}

    with pytest.raises(BadAnswer, match="which video"):
        client.upload_video(large, "Film")


def test_a_video_at_another_server_is_not_asked_for(client, server, store, large):
    store.resource = lambda handler: {"Upload_Resource": "http://elsewhere.example/video/1"}

    with pytest.raises(BadAnswer, match="another server"):
        client.upload_video(large, "Film")


def test_a_large_video_is_named_and_its_upload_forgotten(client, server, store, large, config):
    server.says("GET", "/made/7", 200, {"video": {"uuid": "u"}})

    assert client.upload_video(large, "Фильм", "ru") == {"uuid": "u"}

    told = server.calls("POST")[0][2]["Upload-Metadata"]
    assert [pair.split()[0] for pair in told.split(",")] == [
        "filename",
        "purpose",
        "name",
        "language",
    ]
    assert not list((config / "uploads").iterdir())


def test_a_video_that_was_deleted_after_a_killed_call_is_uploaded_anew(
    client, server, store, large
):
    server.on("HEAD", HERE, store.tell)
    # As a call that was killed after its last byte: the note of the upload stays.

    Upload(client.session, large, {"purpose": "video", "name": "Film"}).send()

    def create_anew(handler):
        store.content = b""
        store.create(handler)

    server.on("POST", TUS, create_anew)
    server.on(
        "GET", "/made/7", lambda it: it.say(404), lambda it: it.say(200, {"video": {"uuid": "new"}})
    )

    assert client.upload_video(large, "Film") == {"uuid": "new"}


def test_videos_are_listed_up_to_the_limit(client, server):
    server.says("GET", f"{API}/video", 200, {"total": 900, "data": [{"uuid": "u"}] * 2})

    assert len(list(client.videos(limit=4))) == 4
    assert [call[1].partition("?")[2] for call in server.seen] == [
        "start=0&count=4",
        "start=2&count=2",
    ]


def test_a_retry_gives_the_new_request(client, server):
    server.says("POST", f"{API}/requests/{RID}/retry/", 200, {"rid": "d" * 32})

    assert client.request(RID).retry().rid == "d" * 32


def test_cancel_and_delete_expect_their_answers(client, server):
    server.says("POST", f"{API}/requests/{RID}/cancel/", 202, {"rid": RID, "status": 4})
    server.says("DELETE", f"{API}/requests/{RID}/", 204)

    client.request(RID).cancel()
    client.request(RID).delete()

    assert [call[0] for call in server.seen] == ["POST", "DELETE"]


@pytest.fixture
def too_large(tmp_path):
    """Return a file that is too large to be sent in one piece by somebody with an account."""
    path = tmp_path / "too_large.mp4"
    with path.open("wb") as file:
        file.truncate(SMALL_BYTES + 1)
    return path


def test_without_a_token_a_large_file_goes_with_its_form_and_whole_again(server, too_large):
    server.says("GET", f"{API}/status/{NOBODYS}/", 200, {"rid": NOBODYS, "status": 5})
    server.on(
        "POST", f"{API}/compress/", Handler.drop, lambda handler: handler.say(200, {"rid": RID})
    )

    with Client(server.url) as client:
        assert client.compress(too_large).rid == RID

    assert [len(call[3]) > SMALL_BYTES for call in server.calls("POST")] == [True, True]


def test_who_has_to_log_in_is_told_so_before_a_large_file_is_sent(server, too_large):
    server.says("GET", f"{API}/status/{NOBODYS}/", 401, {"detail": "Not authenticated"})

    with Client(server.url) as client, pytest.raises(NotAllowed, match="medialoom login"):
        client.compress(too_large)

    assert not server.calls("POST")


@pytest.mark.parametrize("change", ["cancel", "retry", "delete"])
def test_what_is_not_there_is_said_to_be_not_there(client, server, change):
    # The server of these tests knows nothing that it was not told of: 404, "Not Found".
    with pytest.raises(Refused, match=f"{RID}: there is no such request"):
        getattr(client.request(RID), change)()


def test_a_refused_link_is_told_without_the_validators_prefix(client, server):
    loc, msg = ["body", "data", "url"], "Value error, Invalid Yandex Disk URL format"
    fault = {"loc": loc, "msg": msg, "type": "value_error"}
    server.says("POST", f"{API}/compress/", 422, {"detail": [fault]})

    with pytest.raises(Refused, match=r"^url: Invalid Yandex Disk URL format$"):
        client.compress("https://example.org/film.mp4")


@pytest.mark.parametrize(
    ("ask", "route", "config"),
    [
        (lambda c, s: c.compress(s, preset="fast"), "compress", {"preset": "fast"}),
        (
            lambda c, s: c.extract_audio(s, codec="aac"),
            "extract-audio",
            {"audio": {"codec": "aac"}},
        ),
        (
            lambda c, s: c.transcribe(s, language="en"),
            "transcribe",
            {"transcribe": {"language": "en"}},
        ),
        (lambda c, s: c.summarize(s, summary={}), "summarize", {"summary": {}}),
        (
            lambda c, s: c.ocr(s, language="eng"),
            "file-to-text",
            {"fileToText": {"language": "eng"}},
        ),
        (lambda c, s: c.custom(s, ["compress"], ffmpeg={}), "custom", {"ffmpeg": {}}),
    ],
)
def test_each_method_asks_at_its_route(client, server, ask, route, config):
    server.says("POST", f"{API}/{route}/", 200, {"rid": RID})

    assert ask(client, "https://a.example/film.mp4").rid == RID

    assert json.loads(server.seen[-1][3])["config"] == config
