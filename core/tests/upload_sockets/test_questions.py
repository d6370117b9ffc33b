"""Questions over the sockets, answered by real workers."""

import pytest

from core.tests.uploads.conftest import tiny_png
from core.tests.uploads.making import claimed, made, succeeded
from core.uploads.models import Upload

TEXT = "Payment is due within thirty days.\n\nThe harbour opens at noon."
DUE, OPENS = "When is payment due?", "When does the harbour open?"


@pytest.fixture
def upload(platform, user, monkeypatch) -> Upload:
    """Return an upload that was read; its run is kept from the workers."""
    from core.kinds.ocr import Ocr

    monkeypatch.setattr(Ocr, "queue", "by-hand")
    upload = made(user, tiny_png(200))
    succeeded(claimed(upload), TEXT)
    return upload


def ends(socket, count: int) -> list[dict]:
    """Return the last frames of so many questions."""
    return [socket.until(lambda f: f.get("status") in ("answered", "error")) for _ in range(count)]


def test_questions_are_refused_by_their_form(connect, upload):
    socket, key = connect(), str(upload.pk)

    codes = [
        socket.command("question", instance_id=key, question=question)["code"]
        for question in (None, " ", "x" * 4001, 5, ["x"], "a\0b")
    ]

    assert codes == ["question_required"] * 2 + ["invalid"] * 4
    assert socket.command("retrieve", instance_id=key)["instance"]["followup_qa"] == []


@pytest.mark.case("core", 58)
def test_two_questions_in_parallel_are_both_kept_and_both_answered(connect, upload):
    first, second, key = connect(), connect(), str(upload.pk)

    for socket, question in ((first, DUE), (second, OPENS)):
        socket.send({"type": "question", "request_id": 1, "instance_id": key, "question": question})
    answers = [socket.until(lambda f: f.get("request_id") == 1) for socket in (first, second)]
    told = ends(first, 2)

    assert answers[0] == {
        "type": "Upload.updated",
        "request_id": 1,
        "instance_id": key,
        "question": DUE,
        "status": "queued",
    }
    assert answers[1]["status"] == "queued"
    assert {frame["question"] for frame in told} == {DUE, OPENS}
    assert {frame["status"] for frame in told} == {"answered"}
    last = first.until(lambda f: f["type"] == "Upload.updated" and "instance" in f)
    shown = first.command("retrieve", instance_id=key)["instance"]
    history = {entry["content"]: entry for entry in shown["followup_qa"]}
    replies = {entry.get("in_reply_to"): entry["content"] for entry in shown["followup_qa"]}
    assert len(shown["followup_qa"]) == 4
    assert replies[history[DUE]["id"]] == "“Payment is due within thirty days.”"
    assert replies[history[OPENS]["id"]] == "“The harbour opens at noon.”"
    assert (last["instance"]["status"], shown["status"]) == ("processed", "processed")


def test_old_clients_get_the_frames_wrapped(connect, upload):
    socket, key = connect(query="&frames=wrapped"), str(upload.pk)

    socket.command("question", instance_id=key, question=DUE)

    frame = socket.until(lambda f: f.get("instance", {}).get("status") == "answered")
    assert frame["instance"]["question"] == DUE


def test_a_question_is_told_to_its_owner_alone(connect, upload, other_user):
    mine, theirs, key = connect(), connect(other_user), str(upload.pk)

    assert theirs.command("question", instance_id=key, question=DUE)["code"] == "not_found"
    mine.command("question", instance_id=key, question=DUE)
    ends(mine, 1)

    assert theirs.is_quiet()
