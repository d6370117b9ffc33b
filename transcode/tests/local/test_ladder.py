"""A ladder made here: one ffmpeg, every row its own job."""

from pathlib import Path

import pytest

from core.jobs import lifecycle
from core.jobs.execution import execute
from core.jobs.models import Job, Status
from core.media.ffmpeg import Input, ffmpeg
from tests.support.waiting import wait_until
from transcode.engines import playlists
from transcode.local import growing, ladder, running
from transcode.models import JobType, Video, VideoFile, VideoState
from transcode.tests.engines.hls import decode
from transcode.tests.local.conftest import at_work, run_all, states, waiting
from transcode.videos import storage

DONE = (Status.SUCCEEDED, "")


def sizes(video):
    return sorted(video.files.values_list("resolution", flat=True))


def master_of(video):
    return (storage.root() / video.master_name).read_text()


def count_runs(monkeypatch):
    """Return the list of what ffmpeg is told from now on, to encode."""
    told = []
    real = running.ffmpeg

    def ffmpeg(inputs, output, **options):
        told.append([str(word) for word in output])
        return real(inputs, output, **options)

    monkeypatch.setattr(running, "ffmpeg", ffmpeg)
    return told


# ---- refused


def test_a_video_without_a_file_costs_a_failure_and_says_why(create):
    video = create("ten_bit")
    storage.remove(video.source_name)
    job = waiting(video, JobType.HLS)[0]
    execute(job.pk)
    job.refresh_from_db()
    assert (job.status, job.video_job.failures) == (Status.QUEUED, 1)
    assert not growing.folder_of(job).exists()


def test_an_encode_that_fails_says_what_ffmpeg_said_and_names_no_folder(create, settings):
    settings.TRANSCODE_MAX_FAILURES = 1
    video = create("ten_bit")
    (storage.root() / video.source_name).write_bytes(b"\0" * 5000)
    video = run_all(video)
    job = waiting(video, JobType.HLS)[0]
    assert job.error_code == "encode_failed"
    assert "ffmpeg failed" in job.error_message
    assert "Invalid data" in job.error_message
    assert str(storage.root()) not in job.error_message
    assert video.state == VideoState.TRANSCODING_FAILED
    assert not video.is_playable
    assert list((storage.root() / "growing").glob("*/*")) == []


def test_a_result_that_is_refused_leaves_nothing_to_be_played(create, settings):
    settings.TRANSCODE_MAX_FAILURES = 1
    video = create("ten_bit")
    # It says to last much longer than it does.
    Video.objects.filter(pk=video.pk).update(duration_s=60.0)
    video = run_all(video)
    assert waiting(video, JobType.HLS)[0].error_code == "wrong_duration"
    assert (video.is_playable, video.growing) == (False, None)
    assert storage.files_in("hls", video.pk) == []
    assert not VideoFile.objects.exists()


# ---- the ladder


def test_one_run_makes_every_rendition_and_the_video_is_published(create, monkeypatch):
    told = count_runs(monkeypatch)
    video = run_all(create("ten_bit"))
    assert states(video) == {JobType.HLS: [DONE] * 3}
    assert len(told) == 1
    assert video.state == VideoState.PUBLISHED
    assert sizes(video) == [0, 240, 360]
    decode(storage.root() / video.master_name)


def test_every_job_of_a_ladder_tells_what_it_made(create):
    video = run_all(create("ten_bit"))
    results = [job.result for job in waiting(video, JobType.HLS)]
    assert [result["resolution"] for result in results] == [360, 0, 240]
    assert all(result["size_bytes"] > 0 for result in results)


def test_renditions_of_a_ladder_are_cut_at_the_same_times(create):
    video = run_all(create("ten_bit"))
    lists = [
        playlists.read_file(storage.root() / file.playlist_name)
        for file in video.files.filter(has_video=True)
    ]
    assert len(lists) == 2
    assert [s.duration_s for s in lists[0].segments] == [s.duration_s for s in lists[1].segments]
    assert all(each.is_ended for each in lists)


def test_names_are_final_from_the_start(create):
    video = create("ten_bit")
    parent = waiting(video, JobType.HLS)[0]
    with at_work(parent):
        shown = wait_until(lambda: Video.objects.get(pk=video.pk).growing)
        with growing.open_file(video, shown["master"]) as file:
            listed = [line for line in file.read().decode().splitlines() if line[:1] != "#"]
    video = Video.objects.get(pk=video.pk)
    assert listed == [storage.file_of(f.playlist_name) for f in video.files.filter(has_video=True)]
    assert video.growing is None
    # Who has the first master open goes on with it for a while.
    assert storage.exists(storage.name_in("hls", video.pk, shown["master"]))
    assert video.discarded.filter(name__endswith=shown["master"]).exists()


def test_nothing_is_left_of_where_it_grew(create):
    video = run_all(create("ten_bit"))
    assert not (storage.root() / "growing" / str(video.pk)).exists()


def test_a_video_without_sound_gets_pictures_alone(create, settings):
    settings.TRANSCODE_LOCAL_WORKERS = "always"
    video = create("interlaced")
    run_all(video)
    assert states(video) == {JobType.HLS: [DONE] * 2}
    assert sizes(video) == [240, 360]
    assert "AUDIO" not in master_of(Video.objects.get(pk=video.pk))


def test_sound_stays_in_each_picture_where_it_is_not_split(create, settings):
    settings.TRANSCODE_SPLIT_AUDIO_VIDEO = False
    video = run_all(create("ten_bit"))
    assert sizes(video) == [240, 360]
    assert all(file.has_audio and file.has_video for file in video.files.all())
    decode(storage.root() / video.master_name)


def test_sound_alone_is_made_beside_pictures_that_have_it(create, settings):
    settings.TRANSCODE_SPLIT_AUDIO_VIDEO = False
    settings.TRANSCODE_RESOLUTIONS = [0, 240]
    video = run_all(create("ten_bit"))
    assert states(video) == {JobType.HLS: [DONE] * 2}
    assert {(f.resolution, f.has_audio) for f in video.files.all()} == {(0, True), (240, True)}


def test_in_a_bucket_the_ladder_is_made_in_scratch(create, settings, monkeypatch):
    made_in = []
    real = ladder.output_folder
    monkeypatch.setattr(ladder, "output_folder", lambda k: made_in.append(real(k)) or made_in[-1])
    video = create("ten_bit")
    monkeypatch.setattr(growing.storage, "is_local", lambda: False)
    folder_root = settings.SCRATCH_ROOT
    job = waiting(video, JobType.HLS)[0]
    execute(job.pk)
    assert str(made_in[0]).startswith(str(folder_root))


# ---- threads


@pytest.mark.parametrize(
    ("cores", "encoder", "filters"), [(1, 2, 1), (2, 4, 1), (8, 16, 4), (64, 16, 32)]
)
def test_an_encoder_has_two_threads_a_core_up_to_sixteen(cores, encoder, filters):
    words = running.thread_words(cores)
    said = dict(zip(words[::2], words[1::2], strict=True))
    assert said == {"-threads": str(encoder), "-filter_complex_threads": str(filters)}


def test_what_an_encode_says_of_threads_is_what_ffmpeg_hears_last():
    heard = []
    output = [*running.thread_words(3), "-f", "null", "-"]
    ffmpeg([Input(Path("a.mp4"))], output, threads=3, runner=lambda args, **_: heard.extend(args))
    for option, wanted in (("-threads", "6"), ("-filter_complex_threads", "1")):
        assert heard[len(heard) - heard[::-1].index(option)] == wanted


# ---- folders


def test_the_folder_above_may_go_while_an_attempt_makes_its_own(tmp_path, monkeypatch):
    folder, real, gone = tmp_path / "video" / "job.1", growing.make_folder, []

    def make_folder(path):
        if not gone:
            gone.append(path)
            path.mkdir()  # The one above was seen, and has been removed since.
        real(path)

    monkeypatch.setattr(growing, "make_folder", make_folder)
    growing.make(folder)
    assert folder.is_dir()
    assert gone == [folder]


# ---- members


def test_a_member_that_is_cancelled_is_dropped_and_the_others_go_on(create):
    video = create("ten_bit")
    parent, _sound, small = waiting(video, JobType.HLS)
    with at_work(parent):
        wait_until(lambda: Job.objects.get(pk=small.pk).status == Status.RUNNING)
        lifecycle.cancel(small.pk)
    assert states(video)[JobType.HLS] == [DONE, DONE, (Status.CANCELLED, "")]
    assert sizes(video) == [0, 360]
    assert "426x240" not in master_of(Video.objects.get(pk=video.pk))


def test_members_have_progress_of_their_own(create, monkeypatch):
    monkeypatch.setattr(ladder, "TELL_MEMBERS_EVERY_S", 0.0)
    video = create("ten_bit")
    parent, _sound, small = waiting(video, JobType.HLS)
    seen = []
    real = lifecycle.report

    def report(job, *args, **options):
        seen.append((job.pk, args[-1]))
        return real(job, *args, **options)

    monkeypatch.setattr(lifecycle, "report", report)
    execute(parent.pk)
    of_small = [share for pk, share in seen if pk == small.pk]
    assert of_small
    assert of_small == sorted(of_small)


def test_a_child_that_is_tried_again_is_made_alone(create, monkeypatch):
    video = create("ten_bit")
    parent, _sound, small = waiting(video, JobType.HLS)
    with at_work(parent):
        wait_until(lambda: Job.objects.get(pk=small.pk).status == Status.RUNNING)
        lifecycle.cancel(small.pk)
    told = count_runs(monkeypatch)
    lifecycle.retry(small.pk)
    execute(small.pk)
    assert states(video)[JobType.HLS] == [DONE] * 3
    assert sizes(video) == [0, 240, 360]
    assert len(told) == 1
    assert "426" in " ".join(told[0])
    assert "-c:a" not in told[0]


def test_a_sound_that_is_tried_again_is_made_alone(create, monkeypatch):
    video = create("ten_bit")
    parent, sound, _small = waiting(video, JobType.HLS)
    with at_work(parent):
        wait_until(lambda: Job.objects.get(pk=sound.pk).status == Status.RUNNING)
        lifecycle.cancel(sound.pk)
    told = count_runs(monkeypatch)
    lifecycle.retry(sound.pk)
    execute(sound.pk)
    video = Video.objects.get(pk=video.pk)
    assert states(video)[JobType.HLS] == [DONE] * 3
    assert len(told) == 1
    assert "-c:v" not in told[0]
    assert video.is_playable
