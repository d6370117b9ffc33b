"""Resumable uploads to servers that break off, forget, or count wrongly."""

import pytest

from medialoom.errors import BadAnswer, Refused, Unreachable
from medialoom.uploads import CHUNK_BYTES, TUS, Upload

HERE = TUS + "7/"
SIZE = CHUNK_BYTES + 1000


@pytest.fixture
def film(tmp_path):
    path = tmp_path / "film.mp4"
    path.write_bytes(bytes(range(250)) * (SIZE // 250) + b"x" * (SIZE % 250))
    return path


class Store:
    """What a good server of tus keeps: the bytes that have come."""

    def __init__(self, server):
        self.content = b""
        server.on("POST", TUS, self.create)
        server.on("HEAD", HERE, self.tell)
        server.on("PATCH", HERE, self.take)

    def create(self, handler):
        handler.say(201, Location=HERE)

    def tell(self, handler):
        handler.say(200, Upload_Offset=len(self.content), **self.resource(handler))

    def take(self, handler):
        if int(handler.headers["Upload-Offset"]) != len(self.content):
            handler.say(409)
            return
        self.content += handler.body
        handler.say(204, Upload_Offset=len(self.content), **self.resource(handler))

    def take_and_drop(self, handler):
        """The bytes arrive, the answer does not."""
        self.content += handler.body
        handler.drop()

    def resource(self, handler):
        return {"Upload_Resource": "/made/7"} if len(self.content) == SIZE else {}


@pytest.fixture
def store(server):
    return Store(server)


def upload(session, film):
    return Upload(session, film, {"purpose": "file"})


@pytest.mark.parametrize("location", ["http://elsewhere.example/tus/7/", "//elsewhere.example/7/"])
def test_no_byte_goes_to_another_server(server, session, film, store, location):
    server.says("POST", TUS, 201, Location=location)

    with pytest.raises(BadAnswer, match="another server"):
        upload(session, film).send()


def test_a_creation_without_an_address_is_a_bad_answer(server, session, film, store):
    server.says("POST", TUS, 201)

    with pytest.raises(BadAnswer):
        upload(session, film).send()


@pytest.mark.parametrize("offset", ["", "-1", "x", str(SIZE + 1), "1", "٣"])
def test_a_server_that_counts_other_bytes_is_refused(server, session, film, store, offset):
    server.on(
        "PATCH", HERE, lambda it: it.say(204, Upload_Offset=offset.encode().decode("latin-1"))
    )

    with pytest.raises(BadAnswer):
        upload(session, film).send()


def test_a_refusal_is_told_and_not_tried_again(server, session, film, store):
    server.says("POST", TUS, 413, {"detail": "File too large", "code": "too_large"})

    with pytest.raises(Refused, match="too large"):
        upload(session, film).send()

    assert len(server.seen) == 1


def test_a_server_that_never_takes_a_byte_is_given_up(server, session, film, store):
    server.says("PATCH", HERE, 503)

    with pytest.raises(Unreachable, match="resumes"):
        upload(session, film).send()


def test_a_file_that_shrinks_meanwhile_is_told(server, session, film, store):
    going = upload(session, film)
    film.write_bytes(b"")

    with pytest.raises(BadAnswer, match="shorter"):
        going.send()


def test_whole_and_in_order_arrives_what_is_sent(session, film, store):
    seen = []

    sent = upload(session, film).send(lambda done, whole: seen.append(done))

    assert store.content == film.read_bytes()
    assert (sent.upload_id, sent.resource, sent.was_there) == ("7", "/made/7", False)
    assert seen == [0, CHUNK_BYTES, SIZE]


def test_a_lost_answer_costs_no_byte_twice(server, session, film, store):
    server.on("PATCH", HERE, store.take_and_drop, lambda it: it.say(423), store.take)

    upload(session, film).send()

    assert store.content == film.read_bytes()


def test_a_second_call_sends_what_the_first_did_not(server, session, film, store):
    server.on("PATCH", HERE, store.take, lambda it: it.say(403, {"detail": "No."}))
    with pytest.raises(Exception, match="No"):
        upload(session, film).send()
    server.on("PATCH", HERE, store.take)

    upload(session, film).send()

    assert store.content == film.read_bytes()
    assert len(server.calls("POST")) == 1


def test_what_the_server_has_forgotten_is_sent_anew(server, session, film, store):
    upload(session, film).send()
    store.content = b""
    server.on("HEAD", HERE, lambda it: it.say(404), store.tell)

    upload(session, film).send()

    assert store.content == film.read_bytes()
    assert len(server.calls("POST")) == 2


def test_a_finished_upload_that_was_not_used_is_there_for_the_next_call(session, film, store):
    upload(session, film).send()

    assert upload(session, film).send().was_there


def test_a_changed_file_is_another_upload(server, session, film, store):
    upload(session, film).send()
    store.content = b""
    film.write_bytes(film.read_bytes()[::-1])

    upload(session, film).send()

    assert len(server.calls("POST")) == 2


def test_a_used_upload_is_forgotten(session, film, store, config):
    going = upload(session, film)
    going.send()

    going.forget()

    assert not list((config / "uploads").iterdir())
