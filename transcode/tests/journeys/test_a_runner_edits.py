"""A studio edit by a runner's own calls: taken, its files fetched, done, brought and played."""

import io

import pytest
from PIL import Image

from tests.support.clips import clip
from tests.support.waiting import wait_until
from transcode.models import Video, VideoJob
from transcode.tests.journeys.playing import run_ffmpeg
from transcode.tests.journeys.published import PUBLISHED, decode

pytestmark = pytest.mark.django_db(transaction=True)
STUDIO = "video-studio-transcoding"
TO_EDIT = 9


def red_mark():
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(buffer, "PNG")
    return buffer.getvalue()


def names(video):
    return {file["url"].rpartition("/")[2] for file in video["files"]}


def corner(address):
    """Return a pixel of the first picture, of what lies where a watermark does."""
    crop = "scale=640:360,crop=2:2:576:50,scale=1:1"
    words = ("-i", address, "-frames:v", 1, "-vf", crop, "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
    return tuple(run_ffmpeg("error", *words).stdout)


def test_a_runner_edits_a_video_with_the_files_that_were_sent(
    door, person, hire, at_work, tmp_path
):
    runner = hire()
    working = at_work(runner)
    uuid = person.upload("long_gop")
    before = person.wait_for_state(uuid, PUBLISHED)
    working.stop()

    form = {
        "tasks[0][name]": "cut",
        "tasks[0][options][start]": "1",
        "tasks[0][options][end]": "3",
        "tasks[1][name]": "add-intro",
        "tasks[2][name]": "add-watermark",
    }
    files = {
        "tasks[1][options][file]": ("intro.mp4", clip("landscape").read_bytes()),
        "tasks[2][options][file]": ("mark.png", red_mark()),
    }
    answer = person.client.post(f"/video/{uuid}/studio", data=form, files=files)
    assert answer.status_code == 202, answer.text

    job = runner.take([STUDIO])
    assert [task["name"] for task in job["payload"]["tasks"]] == [
        "cut",
        "add-intro",
        "add-watermark",
    ]
    assert person.video(uuid)["state"]["id"] == TO_EDIT
    assert names(person.video(uuid)) == names(before)
    assert runner.run(job, tmp_path / "edit").status_code == 204
    wait_until(lambda: VideoJob.objects.get(pk=job["uuid"]).job.is_finished)
    assert VideoJob.objects.get(pk=job["uuid"]).job.status == "succeeded"
    working = at_work(runner)
    video = person.wait_for_state(uuid, PUBLISHED)
    working.stop()

    assert video["duration"] == 4
    assert not names(video) & names(before)
    master = f"{door}{video['playback']['hlsUrl'].removeprefix(door)}"
    decode(master)
    red, green, blue = corner(master)
    assert red > 200
    assert max(green, blue) < 80
    row = Video.objects.get(pk=uuid)
    assert {file.cut for file in row.files.all()} == {1}
    assert row.discarded.filter(name__startswith=f"studio/{uuid}/").count() == 2
