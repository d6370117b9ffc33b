"""A runner from end to end on a live platform: real sockets, real ffmpeg, real workers."""

import json

import pytest
from websockets.sync.client import connect

from core.accounts.tokens import access_token
from tests.support.waiting import wait_until
from transcode.models import Runner, Video, VideoFile, VideoJob
from transcode.tests.journeys.conftest import Person
from transcode.tests.journeys.published import (
    PUBLISHED,
    check_ladder,
    check_progress,
    frames_until_published,
)

pytestmark = pytest.mark.django_db(transaction=True)
FAILED = 7
KEY = '#EXT-X-KEY:METHOD=AES-128,URI="file:///etc/passwd"'


def pending_of(uuid):
    return VideoJob.objects.filter(video=uuid, is_counted=True, job__status="queued")


@pytest.mark.case("transcode", 24, 36)
def test_a_runner_that_is_restarted_in_the_middle_ends_its_work(
    door, person, user, hire, at_work, tmp_path
):
    """Upload, ladder, restart, publication; the progress never falls and 100 is publication."""
    runner = hire()
    with runner.listen() as ears:
        uuid = person.upload("long_gop")
        address = f"{door.replace('http', 'ws')}/ws/videos/{uuid}/?token={access_token(user)}"
        with connect(address) as socket:
            assert ears.wait()
            job = runner.take()
            assert (job["type"], job["state"]["id"]) == ("vod-hls-transcoding", 2)
            assert runner.update(job, 40).status_code == 204
            # SIGTERM: a runner gives its job back and closes its socket.
            assert runner.abort(job).status_code == 204
            wait_until(lambda: pending_of(uuid).filter(pk=job["uuid"]).exists())
            row = VideoJob.objects.get(pk=job["uuid"])
            assert (row.failures, row.runner, row.token_hash) == (0, None, "")
            ears.close()
            restarted = at_work(runner)
            video = person.wait_for_state(uuid, PUBLISHED)
            restarted.stop()
            seen = frames_until_published(socket)
    check_ladder(door, person, video)
    check_progress(seen)


@pytest.mark.case("transcode", 17)
def test_children_wait_for_their_parent_and_end_with_it(person, hire, tmp_path):
    runner = hire()
    with runner.listen() as ears:
        uuid = person.upload()
        assert ears.wait()
        states = {job["uuid"]: job["state"]["id"] for job in person.jobs(uuid)}
        parent = runner.take()
        assert sorted(states.values()) == [1, 5, 5]
        assert runner.run(parent, tmp_path / "one").status_code == 204
        assert ears.wait()
        wait_until(lambda: [job["state"]["id"] for job in person.jobs(uuid)].count(1) == 2)

        cancelled = person.upload()
        assert person.client.post(f"/video/{cancelled}/cancel").status_code == 202
        assert sorted(job["state"]["id"] for job in person.jobs(cancelled)) == [6, 8, 8]

        doomed = person.upload()
        job = next(each for each in person.jobs(doomed) if each["state"]["id"] == 1)
        held = runner.accept(job["uuid"]).json()["job"]
        playlist, media = tmp_path / "a.m3u8", tmp_path / "a.mp4"
        playlist.write_text("#EXTM3U\nhttp://evil.example/x.mp4\n")
        media.write_bytes(b"no video")
        files = {"videoFile": media, "resolutionPlaylistFile": playlist}
        assert runner.success(held, files).status_code == 204
        wait_until(lambda: {each["state"]["id"] for each in person.jobs(doomed)} == {4, 7})
        assert sorted(each["state"]["id"] for each in person.jobs(doomed)) == [4, 7, 7]


def spoil(wrong, made):
    """Turn an honest result into a lie."""
    playlist, media = made.files["resolutionPlaylistFile"], made.files["videoFile"]
    text = playlist.read_text()
    size = media.stat().st_size
    playlist.write_text({
        "foreign": text.replace(f"\n{media.name}", "\nhttp://127.0.0.1:1/x.mp4", 1),
        "key": text.replace("#EXTINF", f"{KEY}\n#EXTINF", 1),
        "range": text.replace("#EXT-X-BYTERANGE:", f"#EXT-X-BYTERANGE:{size}", 1),
    }.get(wrong, text))  # fmt: skip
    if wrong == "cut":
        media.write_bytes(media.read_bytes()[: size // 2])


@pytest.mark.case("transcode", 16)
def test_a_runner_that_lies_is_found_out_and_nothing_of_it_is_served(person, hire, tmp_path):
    """Wrong height, wrong duration, ranges past the end, foreign addresses, keys, half a file."""
    from tests.support import stand_in_encodes
    from tests.support.clips import clip

    runner = hire()
    for wrong in ("height", "duration", "range", "foreign", "key", "cut"):
        uuid = person.upload("silent" if wrong == "key" else "landscape")
        parent = next(job for job in person.jobs(uuid) if job["state"]["id"] == 1)
        job = runner.accept(parent["uuid"]).json()["job"]
        folder = tmp_path / wrong
        folder.mkdir()
        if wrong == "height":
            job["payload"]["output"]["resolution"] = 180
        source = clip("long_gop" if wrong == "duration" else "landscape")
        made = stand_in_encodes.make(job, folder, lambda _url, source=source: source)
        spoil(wrong, made)
        assert runner.success(job, made.files, made.fields).status_code == 204
        video = person.wait_for_state(uuid, FAILED)
        assert VideoJob.objects.get(pk=job["uuid"]).job.status == "failed", wrong
        assert (video["files"], video["playable"]) == ([], False)
        assert video["playback"]["hlsUrl"] is None
    assert not VideoFile.objects.exists()


@pytest.mark.case("transcode", 33)
def test_a_video_that_is_deleted_while_a_runner_works_leaves_nothing(
    person, hire, platform, tmp_path
):
    from tests.support import stand_in_encodes
    from tests.support.clips import clip
    from transcode.videos import storage

    runner = hire()
    uuid = person.upload()
    job = runner.take()
    made = stand_in_encodes.make(job, tmp_path, lambda _url: clip("landscape"))
    assert person.client.delete(f"/video/{uuid}").status_code == 204
    assert runner.success(job, made.files, made.fields).status_code == 404
    assert runner.update(job, 50).status_code == 404
    assert not Video.objects.filter(pk=uuid).exists()
    wait_until(lambda: not [path for path in storage.root().rglob("*") if uuid in str(path)])
    assert not list((storage.root() / "staging").glob(f"{job['uuid']}*"))
    assert person.client.get(f"/video/{uuid}").status_code == 404


def test_a_second_runner_ends_what_the_first_gave_up(person, hire, tmp_path):
    first, second = hire("first"), hire("second")
    uuid = person.upload("silent")
    job = first.take()
    assert first.error(job, "no GPU").status_code == 204
    again = second.take()
    assert again["uuid"] == job["uuid"]
    assert again["failures"] == 1
    assert second.run(again, tmp_path / "again").status_code == 204
    wait_until(lambda: VideoFile.objects.filter(video=uuid).exists())


def test_an_operator_sees_what_came_of_it(door, staff, user, hire):
    runner = hire()
    operator = Person(door, staff).client
    body = operator.get("/runners").json()
    assert [each["name"] for each in body["data"]] == [runner.name]
    assert runner.token not in json.dumps(body)
    assert operator.delete(f"/runners/{body['data'][0]['id']}").status_code == 204
    assert runner.request().json()["code"] == "unknown_runner_token"
    assert not Runner.objects.exists()
