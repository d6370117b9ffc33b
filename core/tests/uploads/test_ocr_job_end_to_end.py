"""The whole way of an upload through real processes: POST, job, worker, text."""

import io
import os
import signal

import httpx
import pytest
from PIL import Image

from benchmarks.samples import (
    Style,
    character_error,
    receipt,
    table_page,
    text_page,
    two_column_page,
    worn,
)
from core.jobs.models import Job
from core.tests.uploads.conftest import UPLOADS, bytes_of, ended, png_of, tiny_png
from core.uploads import stream
from core.uploads.models import Upload
from core.uploads.selectors import upload_of
from core.uploads.status import run_of, status_of
from tests.support.waiting import wait_until

STYLE = Style(dpi=150)


@pytest.fixture
def http(platform, user, access_token):
    """Return an HTTP client of the running platform."""
    headers = {"Authorization": f"Bearer {access_token(user)}"}
    with httpx.Client(base_url=platform.url, headers=headers, timeout=180) as client:
        yield client


def send(http, content: bytes, name: str = "scan.png", **options) -> str:
    """Post a file and return the upload's id."""
    answer = http.post(UPLOADS, files={"image_file": (name, content)}, data=options)
    assert answer.status_code == 201, answer.text
    assert answer.json()["status"] == "pending"
    return answer.json()["id"]


def read(http, user, content: bytes, **options) -> dict:
    """Post a file, wait for its end, and return what REST shows of it."""
    upload = ended(user, send(http, content, **options))
    return http.get(f"{UPLOADS}{upload.pk}/").json()


def pages(count: int) -> list:
    """Return pages of English text, each another."""
    return [text_page("eng", STYLE, seed=seed, count=2) for seed in range(count)]


def document(kind: str, samples: list) -> bytes:
    first, *rest = [sample.image for sample in samples]
    return bytes_of(first, kind, save_all=True, append_images=rest, dpi=(150, 150), resolution=150)


def test_a_posted_page_becomes_text(http, user, page, page_png):
    shown = read(http, user, page_png)

    assert shown["status"] == "processed"
    assert (shown["run"], shown["progress"]) == (1, 1.0)
    assert character_error(page.text, shown["processed_text"]) <= 0.01
    assert shown["detected_language"] == "eng"
    assert shown["confidence"] > 80
    assert Upload.objects.get().pages[0]["blocks"]


def test_the_streamed_text_is_the_text_in_the_end(http, user, page_png):
    shown = read(http, user, page_png)

    known = stream.snapshot(shown["id"], 1)
    assert known.text == shown["raw_text"]
    assert known.seq > 3


@pytest.mark.case("core", 37)
def test_a_reprocess_in_another_language_keeps_the_old_text_until_its_end(
    http, platform, user, page_png
):
    first = read(http, user, page_png)
    os.killpg(platform.worker.pid, signal.SIGSTOP)
    try:
        answer = http.post(
            f"{UPLOADS}{first['id']}/reprocess/", json={"language_hint": "rus"}
        ).json()
        waiting = http.get(f"{UPLOADS}{first['id']}/").json()
    finally:
        os.killpg(platform.worker.pid, signal.SIGCONT)

    assert (answer["status"], answer["run"], answer["language_hint"]) == ("pending", 2, "rus")
    assert (waiting["status"], waiting["raw_text"]) == ("pending", first["raw_text"])
    wait_until(lambda: status_of(upload_of(user, first["id"])) == "processed")
    assert run_of(upload_of(user, first["id"])) == 2


@pytest.mark.case("core", 61)
def test_a_stored_upload_is_recognised_when_it_is_asked_for(http, user, page_png):
    answer = http.post(
        UPLOADS, files={"image_file": ("a.png", page_png)}, data={"process": "false"}
    ).json()
    assert (answer["status"], answer["run"]) == ("uploaded", 0)
    assert not Job.objects.exists()

    started = http.post(f"{UPLOADS}{answer['id']}/reprocess/")

    assert started.status_code == 202
    assert started.json()["status"] == "pending"
    assert status_of(ended(user, answer["id"])) == "processed"


@pytest.mark.case("core", 33)
def test_a_killed_worker_loses_no_upload(http, platform, user):
    upload_id = send(http, document("TIFF", pages(6)), name="scan.tiff")
    wait_until(lambda: (known := stream.snapshot(upload_id, 1)) and known.seq > 3)

    platform.worker.kill()
    platform.worker = platform.start_worker()

    upload = ended(user, upload_id)
    shown = http.get(f"{UPLOADS}{upload.pk}/").json()
    assert (shown["status"], shown["run"], shown["page_count"]) == ("processed", 2, 6)
    assert shown["raw_text"].count("\n\n---\n\n") == 5
    assert stream.snapshot(upload_id, 2).text == shown["raw_text"]


@pytest.mark.case("core", 38)
@pytest.mark.parametrize("kind", ["TIFF", "PDF"])
def test_ten_pages_come_in_order_with_nine_marks_between_them(http, user, kind):
    samples = pages(10)
    upload_id = send(http, document(kind, samples), name=f"scan.{kind.lower()}")
    seen = []

    def is_over():
        shown = http.get(f"{UPLOADS}{upload_id}/").json()
        seen.append(shown["progress"])
        return shown["status"] in ("processed", "error") and shown

    shown = wait_until(is_over)

    assert (shown["status"], shown["page_count"]) == ("processed", 10)
    assert shown["raw_text"].count("\n\n---\n\n") == 9
    for sample, text in zip(samples, shown["raw_text"].split("\n\n---\n\n"), strict=True):
        assert character_error(sample.text, text) <= 0.02
    assert seen == sorted(seen)
    assert all(progress < 1.0 for progress in seen[:-1])


@pytest.mark.case("core", 39)
def test_a_russian_page_is_found_to_be_russian(http, user):
    sample = text_page("rus", STYLE, seed=3, count=3)

    shown = read(http, user, png_of(sample.image, dpi=(150, 150)))

    assert shown["detected_language"] == "rus"
    assert character_error(sample.text, shown["processed_text"]) <= 0.01


@pytest.mark.case("core", 40)
def test_a_french_page_keeps_its_accents(http, user):
    sample = text_page("fra", STYLE, seed=3, count=3)

    shown = read(http, user, png_of(sample.image, dpi=(150, 150)))

    assert shown["detected_language"] == "fra"
    assert character_error(sample.text, shown["processed_text"]) <= 0.01
    assert {"é", "è", "à"} & set(shown["raw_text"])


@pytest.mark.case("core", 42)
def test_a_page_on_its_side_is_read(http, user):
    sample = text_page("eng", Style(dpi=200), seed=5, count=6)
    turned = sample.image.transpose(Image.Transpose.ROTATE_90)

    shown = read(http, user, png_of(turned, dpi=(200, 200)))

    assert character_error(sample.text, shown["processed_text"]) <= 0.01


@pytest.mark.case("core", 44)
def test_two_columns_are_read_one_after_the_other(http, user):
    sample = two_column_page("eng", Style(size_pt=10, dpi=200))

    shown = read(http, user, png_of(sample.image, dpi=(200, 200)))

    assert character_error(sample.text, shown["processed_text"]) <= 0.01


@pytest.mark.case("core", 43)
def test_a_tilted_pale_receipt_is_read(http, user):
    lines = (
        "CORNER GROCERY",
        "12 Harbour Street",
        "Bread white 800 g      1.85",
        "Butter salted          2.40",
        "Coffee ground 500 g    5.99",
        "Apples 1.2 kg          3.10",
        "Total                 13.34",
        "Thank you for your visit",
    )
    sample = worn(receipt(lines), tilt_deg=3, levels=(110, 190), noise=10)

    shown = read(http, user, png_of(sample.image, dpi=(200, 200)))

    assert shown["processed_text"]
    assert character_error(sample.text, shown["processed_text"]) <= 0.05


@pytest.mark.case("core", 45)
def test_a_ruled_table_becomes_a_pipe_table_with_its_cells_in_order(http, user):
    rows = [["Item", "Count", "Price"], ["Bolts", "120", "14.50"], ["Washers", "300", "9.75"]]
    sample = table_page(rows, above="Order of the second of May")

    shown = read(http, user, png_of(sample.image, dpi=(200, 200)))

    for row in rows:
        assert f"| {' | '.join(row)} |" in shown["raw_text"]
    assert "| --- | --- | --- |" in shown["raw_text"]


@pytest.mark.case("core", 46)
def test_a_blank_page_is_processed_and_empty(http, user):
    shown = read(http, user, png_of(Image.new("L", (1240, 1754), 255)))

    assert (shown["status"], shown["raw_text"], shown["processed_text"]) == ("processed", "", "")
    assert shown["error"] is None


def test_damage_that_only_decoding_shows_ends_the_run_with_its_code(http, user):
    content = bytearray(png_of(Image.effect_noise((800, 800), 90)))
    content[len(content) // 2 : -100] = bytes(len(content) - 100 - len(content) // 2)

    shown = read(http, user, bytes(content))

    assert (shown["status"], shown["error_code"], shown["run"]) == ("error", "unreadable_image", 1)
    assert shown["error"]
    assert shown["raw_text"] is None


def test_more_pages_than_allowed_end_the_run_with_their_code(http, user, settings):
    sheet = Image.new("1", (8, 8), 1)
    content = bytes_of(sheet, "TIFF", save_all=True, append_images=[sheet] * 500)

    shown = read(http, user, content)

    assert (shown["status"], shown["error_code"]) == ("error", "too_many_pages")


def test_one_user_runs_at_most_two_at_once_and_all_end(http, user):
    ids = [send(http, png_of(sample.image)) for sample in pages(5)]
    most = 0

    def are_over():
        nonlocal most
        states = [status_of(upload_of(user, upload_id)) for upload_id in ids]
        most = max(most, states.count("processing"))
        return set(states) == {"processed"}

    wait_until(are_over)
    assert 1 <= most <= 2


def test_a_cancelled_run_stops_its_worker_and_stays_cancelled(http, user):
    upload_id = send(http, document("TIFF", pages(10)), name="scan.tiff")
    wait_until(lambda: (known := stream.snapshot(upload_id, 1)) and known.seq > 2)

    answer = http.post(f"{UPLOADS}{upload_id}/cancel/")

    assert answer.status_code == 202
    assert answer.json()["error_code"] == "cancelled"
    text = stream.snapshot(upload_id, 1)
    after = ended(user, send(http, tiny_png()))  # the worker is free for something else
    assert status_of(after) == "processed"
    assert stream.snapshot(upload_id, 1) == text
    shown = http.get(f"{UPLOADS}{upload_id}/").json()
    assert (shown["status"], shown["error_code"], shown["run"]) == ("error", "cancelled", 1)


def test_a_retried_job_of_a_deleted_upload_fails_at_once(http, user):
    upload_id = send(http, document("TIFF", pages(10)), name="scan.tiff")
    job_id = upload_of(user, upload_id).job_id
    assert http.delete(f"{UPLOADS}{upload_id}/").status_code == 204
    assert Job.objects.get().status == "cancelled"

    http.post(f"/api/v1/jobs/{job_id}/retry/")

    job = wait_until(lambda: Job.objects.filter(status="failed").first())
    assert job.error_code == "cancelled"
    assert Upload.objects.get().raw_text is None


def test_a_multi_megabyte_json_upload_is_read(http, user):
    import base64

    content = bytes_of(Image.effect_noise((1500, 1500), 90), "PNG")

    answer = http.post(
        UPLOADS, json={"image_base64": base64.b64encode(content).decode(), "process": False}
    )

    assert answer.status_code == 201
    back = http.get(f"{UPLOADS}{answer.json()['id']}/image/")
    assert Image.open(io.BytesIO(back.content)).size == (1500, 1500)
