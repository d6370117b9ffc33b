"""What clients are told of what went wrong, and what is kept all the same (contract, 4.2)."""

import os
import signal
import threading
from pathlib import Path

import pytest
from django.db import connections

from core.jobs import execution, lifecycle, turns
from core.jobs.models import Job, JobAttempt, Status
from core.media import process
from core.media.errors import ProgramFailed
from core.media.ffmpeg import Input, ffmpeg
from core.media.paths import TEMPORARY_PREFIX
from core.tests.speech.spoken import LECTURE, spoken
from media_api import storage
from media_api.pipeline.failures import said_of
from media_api.progress import error_of
from media_api.services import changing
from tests.support.clips import clip
from tests.support.waiting import wait_until

SMALL = {"preset": "ultrafast", "video": {"width": 320, "height": 180, "videoBitrate": 200}}
BOTH = {"actions": ["compress", "extract_audio"], "config": {"ffmpeg": SMALL}}


def test_sound_is_not_to_be_had_of_a_silent_film(person):
    rid, status = person.made("extract-audio", clip("silent"))

    assert status["status"] == 4
    assert (status["error"]["code"], status["error"]["stage"]) == ("no_audio_stream", 1)
    assert person.download(rid)[0].status_code == 410


def test_of_several_failures_the_first_is_told_with_its_own_stage(person, ffmpeg_that_fails):
    ffmpeg_that_fails("libx264")
    rid, status = person.made("custom", clip("silent"), BOTH)

    assert (status["status"], status["curStage"], status["totalStages"]) == (4, 2, 2)
    assert (status["error"]["code"], status["error"]["stage"]) == ("no_audio_stream", 1)
    assert error_of(person.job(rid)) == status["error"]


def test_a_request_that_is_tried_again_forgets_its_failure(person, ffmpeg_that_fails):
    ffmpeg_that_fails("libx264")
    rid, _ = person.made("custom", clip("silent"), BOTH)
    lifecycle.retry(person.job(rid).pk)
    changing.cancel(user=None, rid=rid)

    error = person.status(rid)["error"]
    assert (error["code"], error["stage"]) == ("canceled_by_user", 0)


def test_what_does_not_fit_the_type_ends_canceled_before_any_stage(person, text_file):
    _, status = person.made("compress", text_file("Hello, world."), name="film.mp4")

    assert (status["status"], status["curStage"], status["totalStages"]) == (4, 0, -1)
    assert (status["error"]["code"], status["error"]["stage"]) == ("unsupported_file_type", 0)


@pytest.mark.case("media_api", 17)
def test_a_backend_that_is_not_configured_invents_nothing(person, text_file, configured):
    configured(auth={"required": False}, summary={"backend": "gigachat"})
    rid, status = person.made("summarize", text_file("One. Two. Three. Four. Five."))

    assert (status["status"], status["error"]["code"]) == (4, "backend_not_configured")
    assert not storage.out_folder(rid).exists()
    assert person.download(rid, "summary/")[0].status_code == 410


@pytest.mark.case("media_api", 22)
def test_of_two_stages_the_one_that_went_well_is_kept(person, ffmpeg_that_fails):
    ffmpeg_that_fails("libx264")
    rid, status = person.made("custom", clip("landscape"), BOTH)

    assert status["status"] == 3
    assert (status["error"]["code"], status["error"]["stage"]) == ("ffmpeg_failed", 2)
    assert (status["curStage"], status["totalStages"], status["pct"]) == (2, 2, 100)
    assert person.archive(rid) == ["audio.mp3"]
    assert person.download(rid, "video/")[0].status_code == 404


def test_a_stage_that_fails_skips_only_those_that_need_it(person):
    data = {"actions": ["compress", "transcribe", "summarize"], "config": {"ffmpeg": SMALL}}
    rid, status = person.made("custom", clip("silent"), data)

    assert status["status"] == 3
    assert (status["error"]["code"], status["error"]["stage"]) == ("no_audio_stream", 1)
    assert person.archive(rid) == ["out.mp4"]
    assert person.job(rid).media_request.unmade == {
        "extract_audio": "failed", "transcribe": "skipped", "summarize": "skipped",
    }  # fmt: skip


def test_what_two_stages_share_fails_for_the_one_alone_that_cannot_use_it(
    person, ffmpeg_that_fails
):
    speech = spoken(LECTURE[0])
    ffmpeg_that_fails("libmp3lame")
    rid, status = person.made("custom", speech, {"actions": ["extract_audio", "transcribe"]})

    assert status["status"] == 3
    assert (status["error"]["code"], status["error"]["stage"]) == ("ffmpeg_failed", 2)
    assert person.archive(rid) == ["transcription.txt"]


def test_what_was_skipped_is_known_at_once_and_forgotten_by_a_new_attempt(
    person, ffmpeg_that_fails
):
    ffmpeg_that_fails("libx264", lasts_s=60)
    data = {"actions": ["compress", "transcribe"], "config": {"ffmpeg": SMALL}}
    rid = person.ask("custom", clip("silent"), data)
    seen = []

    def end_it():
        wait_until(lambda: person.status(rid).get("curStage") == 3)
        seen.append(person.job(rid).media_request.unmade)
        changing.cancel(user=None, rid=rid)

    ending = threading.Thread(target=end_it)
    ending.start()
    execution.execute(person.job(rid).pk)
    ending.join()

    assert seen == [{"extract_audio": "failed", "transcribe": "skipped"}]
    lifecycle.retry(person.job(rid).pk)
    assert person.job(rid).media_request.unmade == {}


def test_what_runs_out_of_time_keeps_what_it_has_made(person, ffmpeg_that_fails, configured):
    configured(auth={"required": False}, job_timeout=8)
    ffmpeg_that_fails("libx264", lasts_s=60)
    rid, status = person.made("custom", clip("landscape"), BOTH)

    assert (status["status"], status["error"]["code"]) == (3, "timeout")
    assert person.archive(rid) == ["audio.mp3"]


def test_what_runs_out_of_time_with_nothing_made_is_canceled(person, ffmpeg_that_fails, configured):
    configured(auth={"required": False}, job_timeout=2)
    ffmpeg_that_fails("libx264", lasts_s=60)
    _, status = person.made("compress", clip("landscape"), {"config": SMALL})

    assert (status["status"], status["error"]["code"]) == (4, "timeout")


def test_a_stage_for_which_no_time_is_left_is_not_begun(person, ffmpeg_that_fails, configured):
    configured(auth={"required": False}, job_timeout=2)
    ffmpeg_that_fails("libmp3lame", lasts_s=60)
    _, status = person.made("custom", clip("landscape"), BOTH)

    assert (status["status"], status["curStage"], status["totalStages"]) == (4, 1, 2)
    assert (status["error"]["code"], status["error"]["stage"]) == ("timeout", 1)


def log_of(person, rid):
    """Return what the owner reads of the job's one attempt."""
    return JobAttempt.objects.get(job=person.job(rid)).log


def test_what_ffmpeg_warns_of_is_in_the_log(person, tmp_path):
    film = tmp_path / "full range.avi"
    words = ["testsrc2=size=64x64:rate=5:duration=1", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p"]
    process.run(["ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", *words, film])

    rid, status = person.made("compress", film, {"config": SMALL})

    assert status["status"] == 2
    assert "deprecated pixel format" in log_of(person, rid)


def test_the_log_names_no_folder(person, ffmpeg_that_fails):
    ffmpeg_that_fails("libx264", message="file:/srv/data/raw.mp4: corrupt frame [mov @ 0x55d0c1]")
    rid, _ = person.made("compress", clip("landscape"), {"config": SMALL})

    assert log_of(person, rid).splitlines()[0] == "raw.mp4: corrupt frame [mov]"


def test_a_disk_that_is_full_is_named_where_a_program_met_it(person, ffmpeg_that_fails):
    ffmpeg_that_fails("libx264", message="av_interleaved_write_frame(): No space left on device")
    _, status = person.made("compress", clip("landscape"), {"config": SMALL})

    assert (status["status"], status["error"]["code"]) == (4, "disk_full")


def test_a_real_full_device_is_named_as_such(tmp_path):
    target = tmp_path / "full"
    target.symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left") as own:
        target.write_bytes(b"x" * 10)
    with pytest.raises(ProgramFailed) as programs:
        ffmpeg([Input(clip("wav"))], ["-f", "wav", target], runner=process.run)

    assert said_of(own.value, "internal")[0] == "disk_full"
    assert said_of(programs.value, "ffmpeg_failed")[0] == "disk_full"


@pytest.mark.parametrize("act", ["cancel", "delete"])
def test_what_is_ended_by_somebody_ends_with_its_programs_and_leaves_nothing(
    person, ffmpeg_that_fails, act
):
    ffmpeg_that_fails("libx264", lasts_s=60)
    rid = person.ask("custom", clip("landscape"), BOTH)
    job = person.job(rid)
    end = {"cancel": changing.cancel, "delete": changing.delete}[act]

    def end_it():
        wait_until(lambda: person.status(rid).get("curStage") == 2)
        end(user=None, rid=rid)

    ending = threading.Thread(target=end_it)
    ending.start()
    execution.execute(job.pk)
    ending.join()

    assert person.status(rid)["status"] == {"cancel": 4, "delete": 5}[act]
    assert not (storage.data_folder(rid) / "scratch").exists()
    assert not storage.archive(rid).exists()
    if act == "delete":
        assert not storage.out_folder(rid).exists()
        assert not storage.data_folder(rid).exists()


def forget_rows(*, rid, **_):
    """Do what a `delete` does that has been through with the files before the last was there."""
    Job.objects.filter(media_request=rid).delete()


def files_below(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("end", [changing.delete, forget_rows])
def test_what_is_deleted_while_it_is_packed_leaves_nothing(person, monkeypatch, caplog, end):
    rid = person.ask("extract-audio", clip("wav"))
    job, replace = person.job(rid), os.replace

    def delete_and_replace(source, target):
        if target == storage.archive(rid):
            end(user=None, rid=rid)
        replace(source, target)

    monkeypatch.setattr(os, "replace", delete_and_replace)
    execution.execute(job.pk)

    assert person.status(rid) == {"rid": rid, "status": 5}
    assert files_below(storage.root()) == []
    assert "crashed" not in caplog.text


def test_what_is_cancelled_while_it_is_packed_gets_no_archive(person, monkeypatch):
    rid = person.ask("extract-audio", clip("wav"))
    job, replace = person.job(rid), os.replace

    def cancel_and_replace(source, target):
        replace(source, target)
        if Path(source).name.startswith(TEMPORARY_PREFIX):
            changing.cancel(user=None, rid=rid)

    monkeypatch.setattr(os, "replace", cancel_and_replace)
    execution.execute(job.pk)

    assert person.status(rid)["status"] == 4
    assert not storage.archive(rid).exists()


def killed_while_it_packs(job):
    """Work on a job in another process, which is killed when its archive is written."""
    connections.close_all()
    if not (child := os.fork()):
        replace = os.replace

        def die_or_replace(source, target):
            if Path(source).name.startswith(TEMPORARY_PREFIX):
                os.kill(os.getpid(), signal.SIGKILL)
            replace(source, target)

        try:
            os.replace = die_or_replace
            execution.execute(job.pk)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def test_what_is_killed_while_it_is_packed_leaves_nothing_to_stay(person):
    rid = person.ask("extract-audio", clip("wav"))
    killed_while_it_packs(person.job(rid))
    assert [path.name for path in storage.root().glob("out/*")] == [rid]
    lifecycle.reap_holder(person.job(rid))
    status = person.work(rid)

    assert status["status"] == 2
    kept = {storage.archive(rid), storage.output(rid, "audio.mp3")}
    assert set(files_below(storage.root())) == kept


def test_a_request_that_was_deleted_before_its_turn_harms_nobody(person):
    rid = person.ask("extract-audio", clip("wav"))
    job = person.job(rid)
    changing.delete(user=None, rid=rid)
    execution.execute(job.pk)

    assert person.status(rid) == {"rid": rid, "status": 5}
    assert not storage.data_folder(rid).exists()


def test_a_second_attempt_makes_everything_again(person):
    rid = person.ask("extract-audio", clip("wav"))
    job = lifecycle.claim(person.job(rid).pk, holder="worker:elsewhere:1:1")
    with storage.attempt_folder(rid, job.attempt) as scratch:
        (scratch / "audio.mp3").write_bytes(b"half")
        storage.place(rid, scratch / "audio.mp3")
        lifecycle.reap_holder(job)
        status = person.work(rid)

    assert status["status"] == 2
    assert storage.output(rid, "audio.mp3").stat().st_size > 1000


def test_a_machine_works_on_as_many_requests_at_once_as_it_was_told(person, configured):
    first, second = (
        person.ask("extract-audio", clip("wav"), {"config": {"audio": {"bitrate": rate}}})
        for rate in (64, 96)
    )
    with turns.turn(person.job(first).pk) as next_id:
        assert next_id == person.job(first).pk
        assert person.work(second)["status"] == 0
        configured(auth={"required": False}, worker_concurrency=2)
        assert person.work(second)["status"] == 0
        assert person.status(first)["status"] == 2

    assert person.work(second)["status"] == 2


def test_what_is_cancelled_while_it_waits_is_never_begun(person):
    rid = person.ask("extract-audio", clip("wav"))
    changing.cancel(user=None, rid=rid)
    execution.execute(person.job(rid).pk)

    assert person.job(rid).status == Status.CANCELLED
    assert person.status(rid)["error"]["code"] == "canceled_by_user"
