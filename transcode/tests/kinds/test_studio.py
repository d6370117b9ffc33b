"""Studio edits: what is asked for, what comes back, and what becomes of the video (4.4)."""

import io
import shutil
import subprocess

import pytest
from PIL import Image

from core.errors import FieldErrors
from core.jobs import lifecycle
from core.jobs.execution import execute
from core.jobs.models import Job
from core.media.probe import probe
from tests.support.clips import clip
from transcode.models import Caption, JobType, Video, VideoJob, VideoState
from transcode.tests.videos.conftest import files_below
from transcode.tests.videos.making import hand_over, make_video
from transcode.videos import editing, storage
from transcode.videos.editing import Staged
from transcode.videos.errors import WrongState
from transcode.videos.tasks import make_pictures

CUT = {"name": "cut", "options": {"start": "1", "end": 3}}
INTRO = {"name": "add-intro", "options": {"file": "intro"}}
MARK = {"name": "add-watermark", "options": {"file": "mark"}}


@pytest.fixture
def video(user, videos):
    """Return a published video of six seconds, with pictures, captions and a storyboard."""
    made, _ = make_video(user, planned=[])
    for name in ("old-thumbnail.jpg", "old-storyboard.jpg"):
        storage.write(storage.name_in("images", made.pk, name), b"old")
    Video.objects.filter(pk=made.pk).update(
        state=VideoState.PUBLISHED,
        progress=100.0,
        thumbnail_name=storage.name_in("images", made.pk, "old-thumbnail.jpg"),
        storyboard={"name": storage.name_in("images", made.pk, "old-storyboard.jpg")},
    )
    made.refresh_from_db()
    return made


@pytest.fixture
def files(tmp_path):
    """Return an intro and a watermark, as a request leaves them."""
    intro, mark, text = tmp_path / "a", tmp_path / "b", tmp_path / "c"
    shutil.copyfile(clip("landscape"), intro)
    buffer = io.BytesIO()
    Image.new("RGBA", (64, 64), (255, 0, 0, 128)).save(buffer, "PNG")
    mark.write_bytes(buffer.getvalue())
    text.write_text("#EXTM3U\nfile:///etc/passwd\n")
    return {
        "intro": Staged(intro, "intro.mp4"),
        "mark": Staged(mark, "../../mark.exe"),
        "text": Staged(text, "film.mp4"),
    }


def run_here(job):
    Job.objects.filter(pk=job.pk).update(queue="ffmpeg")
    execute(job.pk)
    return Job.objects.get(pk=job.pk)


def brought(job, name):
    folder = storage.staging_folder(job.pk, "eeee")
    storage.make_folder(folder)
    shutil.copyfile(clip(name), folder / "videoFile")
    hand_over(job, {"videoFile": str(folder / "videoFile")})
    execute(job.pk)
    return Job.objects.get(pk=job.pk)


def unchanged(video, before):
    row = Video.objects.get(pk=video.pk)
    assert (row.state, row.progress, row.source_name) == (1, 100.0, before.source_name)
    assert not list(storage.root().glob("studio/*/*")) or row.discarded.exists()
    return row


# ---- asking


@pytest.mark.parametrize(
    "tasks",
    [
        [],
        [{"name": "delete"}],
        [{"name": "cut", "options": {}}],
        [{"name": "cut", "options": {"start": 5, "end": 2}}],
        [{"name": "cut", "options": {"start": 60}}],
        [{"name": "add-intro", "options": {"file": "nothing"}}],
        [{"name": "add-intro", "options": {"file": "text"}}],
        [{"name": "add-intro", "options": {"file": "mark"}}],
        [{"name": "add-watermark", "options": {"file": "text"}}],
        [{"name": "add-watermark", "options": {"file": "intro"}}],
        [INTRO, {"name": "add-watermark", "options": {"file": "text"}}],
        [CUT] * 11,
    ],
)
def test_what_is_no_edit_is_refused_and_leaves_nothing(video, files, tasks):
    before = files_below(storage.root())
    with pytest.raises(FieldErrors):
        editing.edit(video=video, tasks=tasks, files=files)
    assert files_below(storage.root()) == before
    assert not VideoJob.objects.exists()
    unchanged(video, video)


@pytest.mark.parametrize(
    "columns",
    [{"state": VideoState.TO_TRANSCODE}, {"is_live": True}, {"has_video": False}],
)
def test_only_a_published_video_with_a_picture_is_edited(video, columns):
    for name, value in columns.items():
        setattr(video, name, value)
    with pytest.raises(WrongState):
        editing.edit(video=video, tasks=[CUT], files={})


def test_of_two_edits_at_once_one_is_taken(video):
    editing.edit(video=video, tasks=[CUT], files={})
    with pytest.raises(WrongState):
        editing.edit(video=video, tasks=[CUT], files={})
    assert VideoJob.objects.count() == 1


def test_the_job_tells_a_runner_what_to_do_and_where_the_files_are(video, files):
    job = editing.edit(
        video=video, tasks=[CUT, INTRO, MARK], files=files, base_url="https://here.example"
    )
    row = VideoJob.objects.get(job=job)
    address = f"https://here.example/api/v1/runners/jobs/{job.pk}/files/videos/{video.pk}"
    cut, intro, mark = row.payload["tasks"]
    assert row.payload["input"] == {
        "videoFileUrl": f"{address}/max-quality",
        "separatedAudioFileUrl": [],
    }
    assert cut == {"name": "cut", "options": {"start": 1, "end": 3}}
    assert intro["options"]["file"].startswith(f"{address}/studio/task-files/")
    assert intro["options"]["file"].endswith(".mp4")
    assert mark["options"].keys() == {
        "file", "watermarkSizeRatio", "horitonzalMarginRatio", "verticalMarginRatio"
    }  # fmt: skip
    assert mark["options"]["file"].endswith(".png")
    assert [storage.exists(name) for name in editing.file_names(row)] == [True, True]
    assert Video.objects.get().state == VideoState.TO_EDIT


# ---- the result


def test_a_result_of_another_length_is_refused_and_the_video_stays_as_it_was(video):
    job = editing.edit(video=video, tasks=[{"name": "cut", "options": {"end": 1}}], files={})
    done = brought(job, "long_gop")
    assert (done.status, done.error_code) == ("failed", "wrong_duration")
    row = unchanged(video, video)
    assert row.warnings[0].startswith("The edit failed")


def test_a_cancelled_edit_leaves_the_video_as_it_was(video, files):
    job = editing.edit(video=video, tasks=[INTRO], files=files)
    lifecycle.cancel(job.pk)
    row = unchanged(video, video)
    names = set(row.discarded.values_list("name", flat=True))
    assert names == set(editing.file_names(VideoJob.objects.get(job=job)))
    with pytest.raises(lifecycle.NotAllowed):
        lifecycle.retry(job.pk)


def test_a_cut_becomes_the_new_source_and_gets_a_new_ladder(video):
    Caption.objects.create(video=video, language="en", name="captions/a.vtt", is_automatic=True)
    Caption.objects.create(video=video, language="fr", name="captions/b.vtt")
    job = editing.edit(video=video, tasks=[CUT], files={})
    assert run_here(job).status == "succeeded"
    make_pictures(str(video.pk))
    row = Video.objects.get()
    assert row.source_name != video.source_name
    assert abs(row.duration_s - 2.0) < 0.3
    assert row.state == VideoState.TO_TRANSCODE
    assert (row.round, row.storyboard) == (video.round + 1, None)
    assert row.thumbnail_name not in ("", video.thumbnail_name)
    assert [caption.language for caption in row.captions.all()] == ["fr"]
    assert VideoJob.objects.filter(type=JobType.HLS, round=row.round).count() > 1
    gone = set(row.discarded.values_list("name", flat=True))
    assert {video.source_name, video.thumbnail_name, video.storyboard["name"]} <= gone
    assert 0 < row.progress < 100


def test_an_intro_and_a_watermark_are_put_in_by_our_own_worker(video, files):
    whole_s = video.duration_s + probe(clip("landscape")).duration_s
    job = editing.edit(video=video, tasks=[INTRO, MARK], files=files)
    assert run_here(job).status == "succeeded"
    row = Video.objects.get()
    assert abs(row.duration_s - whole_s) < 0.5
    assert (row.width, row.height) == (video.width, video.height)


def test_a_clip_that_lies_about_its_length_leaves_the_video_as_it_was(video, tmp_path, files):
    lying = tmp_path / "lying.mp4"
    words = ["-f", "lavfi", "-i", "testsrc2=s=320x180:r=30:d=0.2", "-f", "lavfi"]
    words += ["-i", "anullsrc=cl=stereo:r=48000", "-t", "20", "-c:v", "libx264", "-c:a", "aac"]
    subprocess.run(["ffmpeg", "-v", "error", "-y", *words, lying], check=True)
    outro = {"name": "add-outro", "options": {"file": "lying"}}
    given = {"lying": Staged(lying, "lying.mp4")}
    job = editing.edit(video=video, tasks=[outro], files=given)
    for _ in range(5):
        done = run_here(job)
    assert (done.status, done.error_code) == ("failed", "wrong_duration")
    unchanged(video, video)


def test_a_runners_result_is_as_good(video):
    job = editing.edit(video=video, tasks=[{"name": "cut", "options": {"end": 6}}], files={})
    assert brought(job, "long_gop").status == "succeeded"
    assert Video.objects.get().state == VideoState.TO_TRANSCODE
