"""The cleaner: what goes, what stays, and what a broken folder may not do (contract, section 6)."""

import os
import time
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from core.jobs import lifecycle
from core.jobs.models import Job
from media_api import storage, upkeep
from media_api.models import MediaRequest
from media_api.tests.made import Requests
from media_api.upkeep import clean

HOURS_AGO = time.time() - 2 * 3600


@pytest.fixture(autouse=True)
def persistence(settings, tmp_path, transactional_db):
    """Keep files of requests in a folder of this test's own."""
    settings.MEDIA_API_PERSISTENCE = tmp_path / "media_api"


@pytest.fixture
def requests(user):
    return Requests(user)


def age(request, seconds):
    """Have a request's job have ended so long ago."""
    end = timezone.now() - timedelta(seconds=seconds)
    Job.objects.filter(pk=request.job_id).update(finished_at=end)


def stray(age_s=0.0):
    """Make the folder of a request that never came to be, and return its rid."""
    rid = uuid.uuid4().hex
    raw = storage.make_data_folder(rid) / "raw.mp4"
    raw.write_bytes(b"half a film")
    touched = time.time() - age_s
    for path in (raw, raw.parent):
        os.utime(path, (touched, touched))
    return rid


def test_what_waits_or_runs_stays_however_old(requests, configured):
    configured(cleanup={"request_files_ttl": 0}, keep_failed_input_ttl=0)
    kept = [requests.queued(), requests.running("compress", 0.5)]
    for request in kept:
        os.utime(storage.data_folder(request.rid), (HOURS_AGO, HOURS_AGO))
        os.utime(storage.raw_of(request.rid), (HOURS_AGO, HOURS_AGO))

    assert clean() == 0

    assert all(storage.raw_of(request.rid) for request in kept)


def test_nothing_goes_before_its_time(requests):
    finished, failed = requests.finished(), requests.failed()
    age(finished, 86_400 - 60)
    age(failed, 3600 - 60)

    assert clean() == 0
    assert storage.raw_of(failed.rid)


@pytest.mark.parametrize("how", ["finished", "failed", "cancelled"])
def test_a_request_goes_with_its_job_and_files(requests, how):
    request = requests.queued() if how == "cancelled" else getattr(requests, how)()
    if how == "cancelled":
        lifecycle.cancel(request.job_id)
    age(request, 86_401)

    clean()

    assert not MediaRequest.objects.exists()
    assert not Job.objects.filter(pk=request.job_id).exists()
    assert storage.rids_with_input() == []
    assert list(storage.root().glob("out/*")) == []


def test_the_input_of_what_failed_goes_earlier_than_its_record(requests):
    error = {"code": "ffmpeg_failed", "message": "The encoder failed.", "stage": 2}
    failed, in_part = requests.failed(), requests.finished(error=error)
    for request in (failed, in_part):
        age(request, 3601)

    assert clean() == 2

    assert storage.rids_with_input() == []
    assert storage.archive(in_part.rid).exists()
    assert MediaRequest.objects.count() == 2


def test_the_input_of_what_went_well_goes_with_its_end(requests):
    assert storage.raw_of(requests.finished().rid) is None


def test_the_input_of_what_is_tried_again_stays(requests):
    request = requests.failed()
    age(request, 3601)
    lifecycle.retry(request.job_id)

    assert clean() == 0
    assert storage.raw_of(request.rid)


def test_a_folder_without_a_row_goes_after_an_hour(requests):
    old, new = stray(3700), stray()
    out = storage.out_folder(old)
    out.mkdir(parents=True)
    storage.archive(old).write_bytes(b"PK")
    for path in (out, storage.archive(old)):
        os.utime(path, (HOURS_AGO, HOURS_AGO))

    assert clean() == 1

    assert storage.rids_with_input() == [new]
    assert list(storage.root().glob("out/*")) == []


def test_an_upload_that_takes_hours_is_no_stray():
    rid = stray(3700)
    with storage.raw(rid, ".mp4").open("ab") as file:
        file.write(b"one more piece")

    assert clean() == 0
    assert storage.raw_of(rid)


def test_what_is_no_request_is_left_alone():
    storage.root().mkdir(parents=True)
    kept = [storage.root() / "config.yaml", storage.root() / "data" / "notes"]
    for path in kept:
        path.parent.mkdir(exist_ok=True)
        path.write_text("mine")
        os.utime(path, (HOURS_AGO, HOURS_AGO))

    assert clean() == 0
    assert all(path.exists() for path in kept)


def test_a_broken_folder_does_not_keep_the_rest(requests, caplog):
    broken, fine = requests.finished(), requests.finished()
    for request in (broken, fine):
        age(request, 86_401)
    storage.archive(broken.rid).unlink()
    storage.archive(broken.rid).mkdir()

    clean()

    assert not storage.archive(fine.rid).exists()
    assert "could not be removed" in caplog.text


def test_a_folder_that_is_met_again_goes_then(requests):
    broken = requests.finished()
    age(broken, 86_401)
    storage.archive(broken.rid).unlink()
    storage.archive(broken.rid).mkdir()
    clean()
    storage.archive(broken.rid).rmdir()
    storage.archive(broken.rid).write_bytes(b"PK")
    os.utime(storage.archive(broken.rid), (HOURS_AGO, HOURS_AGO))

    assert clean() == 1
    assert not storage.archive(broken.rid).exists()


def test_a_download_that_has_begun_is_not_cut_off(requests):
    request = requests.finished()
    age(request, 86_401)

    with storage.output(request.rid, "out.mp4").open("rb") as file:
        clean()

        assert file.read() == b"0123456789"
    assert not storage.out_folder(request.rid).exists()


def test_many_strays_are_told_from_many_rows(requests, monkeypatch):
    monkeypatch.setattr(upkeep, "IDS_A_READ", 2)
    kept = [requests.queued().rid for _ in range(5)]
    for rid in kept:
        for path in (storage.raw_of(rid), storage.data_folder(rid)):
            os.utime(path, (HOURS_AGO, HOURS_AGO))
    for _ in range(3):
        stray(3700)

    assert clean() == 3
    assert sorted(storage.rids_with_input()) == sorted(kept)
