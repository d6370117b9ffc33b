"""Questions over the sockets, answered by real workers."""

import pytest

from core.jobs import lifecycle
from core.jobs import services as job_services
from core.jobs.models import Job
from core.kinds.question import Question
from core.tests.uploads.conftest import tiny_png
from core.tests.uploads.making import claimed, made, succeeded
from core.uploads import answering, services
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


@pytest.fixture
def asked(upload, monkeypatch) -> Job:
    """Return the job of a question that no worker takes, claimed."""
    monkeypatch.setattr(Question, "queue", "by-hand")
    services.ask_question(owner=upload.owner, upload_id=upload.pk, question=DUE)
    upload.refresh_from_db()
    return taken(Job.objects.get(kind="core.question"))


def taken(job: Job) -> Job:
    claimed = lifecycle.claim(job.pk, holder="test")
    assert claimed is not None
    return claimed


def tell(job: Job, upload: Upload, answer: str) -> None:
    """Tell a part of an answer, as a worker does that has not heard of any end yet."""
    answering.tell_partial(job, upload, upload.followup_qa[0], answer)


def hears_nothing(socket) -> bool:
    """Return whether no frame comes for a while; unlike `is_quiet` it drops none."""
    try:
        frame = socket.receive(1.0)
    except TimeoutError:
        return True
    raise AssertionError(f"heard: {frame}")


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


def test_no_part_of_an_answer_comes_after_its_questions_end(connect, upload, asked, user):
    socket = connect()
    tell(asked, upload, "Within")
    assert socket.until(lambda f: "streamed_answer" in f)["streamed_answer"] == "Within"
    lifecycle.cancel(asked.pk)
    (end,) = ends(socket, 1)
    socket.until(lambda f: f["type"] == "Upload.updated")

    tell(asked, upload, "Within thirty")

    assert end["error_code"] == "cancelled"
    assert hears_nothing(socket)
    job_services.retry_job(user=user, job_id=asked.pk)
    tell(taken(asked), upload, "Once more")
    assert socket.until(lambda f: "streamed_answer" in f)["streamed_answer"] == "Once more"


def test_no_part_of_an_answer_comes_after_its_upload_was_deleted(connect, upload, asked):
    listening, deleting, key = connect(), connect(), str(upload.pk)
    deleting.command("delete", instance_id=key)
    listening.until(lambda f: f["type"] == "Upload.deleted")

    tell(asked, upload, "Within thirty")

    assert hears_nothing(listening)
    assert hears_nothing(deleting)
