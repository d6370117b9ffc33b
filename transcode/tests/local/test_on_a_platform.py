"""Real uploads, real workers, and one that is killed in the middle of its ladder."""

import json
import re
from datetime import timedelta
from hashlib import sha256
from itertools import pairwise

import httpx
import pytest
from django.utils import timezone

from core.jobs.models import Job, Status
from core.media.ffmpeg import Input, ffmpeg
from core.tus.models import TusUpload
from tests.support.clips import clip
from tests.support.tus_client import TusClient
from tests.support.waiting import wait_until
from transcode.api.playing import play_url
from transcode.local import growing
from transcode.models import JobType, Video, VideoState
from transcode.tests.engines.hls import decode
from transcode.tests.local.conftest import waiting
from transcode.videos import storage


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory):
    """Half a minute that has to be encoded, and cannot be copied."""
    path = tmp_path_factory.mktemp("long") / "long.mp4"
    looped = Input(clip("ten_bit"), options=("-stream_loop", "14"))
    ffmpeg([looped], ["-map", "0", "-c", "copy", "-movflags", "+faststart", path])
    return path


class Person:
    """Somebody who uploads a video over HTTP and plays it."""

    def __init__(self, platform, token):
        self.platform = platform
        headers = {"Authorization": f"Bearer {token}"}
        self.http = httpx.Client(base_url=platform.url, headers=headers, timeout=180)

    def upload(self, path):
        with path.open("rb") as file:
            answer = self.http.post(
                "/api/v1/video/upload", data={"name": "A clip"}, files={"videoFile": file}
            )
        assert answer.status_code == 201, answer.text
        return Video.objects.get(pk=answer.json()["video"]["uuid"])

    def get(self, video, name):
        return self.http.get(play_url(video, name))


@pytest.fixture
def person(platform, user, access_token):
    return Person(platform, access_token(user))


def published(video):
    def is_over():
        row = Video.objects.get(pk=video.pk)
        return row if row.state != VideoState.TO_TRANSCODE else None

    row = wait_until(is_over)
    assert (row.state, row.error) == (VideoState.PUBLISHED, "")
    return row


def require_playable_to_the_end(video):
    """Master, hashes and every byte: what a result of a runner has to be (case 15)."""
    master = (storage.root() / video.master_name).read_text()
    sound = video.files.get(resolution=0)
    pictures = list(video.files.exclude(resolution=0))
    shown = re.findall(r"RESOLUTION=(\d+)x(\d+)", master)
    assert shown == [(str(file.width), str(file.height)) for file in pictures]
    listed = re.findall(r'CODECS="([^"]+)"', master)
    assert listed == [",".join([*file.codecs, *sound.codecs]) for file in pictures]
    bandwidths = [int(found) for found in re.findall(r":BANDWIDTH=(\d+)", master)]
    assert bandwidths == [file.peak_bps + sound.peak_bps for file in pictures]
    hashes = json.loads((storage.root() / video.hashes_name).read_text())
    for file in video.files.all():
        media = (storage.root() / file.name).read_bytes()
        ranges = hashes[storage.file_of(file.name)]
        for span, digest in ranges.items():
            first, last = map(int, span.split("-"))
            assert sha256(media[first : last + 1]).hexdigest() == digest
        spans = sorted(tuple(map(int, span.split("-"))) for span in ranges)
        assert (spans[0][0], spans[-1][1]) == (0, len(media) - 1)
        assert all(one[1] + 1 == other[0] for one, other in pairwise(spans))
    decode(storage.root() / video.master_name)


@pytest.mark.case("transcode", 32)
def test_a_ladder_whose_worker_is_killed_is_made_anew_and_half_of_it_is_never_served(
    platform, person, long_clip
):
    video = person.upload(long_clip)
    parent = waiting(video, JobType.HLS)[0]
    shown = wait_until(lambda: Video.objects.get(pk=video.pk).growing)
    names = [shown["master"]]
    names += [line for line in person.get(video, names[0]).text.splitlines() if line[:1] != "#"]
    assert all(person.get(video, name).status_code == 200 for name in names)

    platform.worker.kill()

    wait_until(lambda: Job.objects.get(pk=parent.pk).status == Status.QUEUED)
    row = Video.objects.get(pk=video.pk)
    assert (row.is_playable, row.growing, row.files.count()) == (False, None, 0)
    assert [person.get(video, name).status_code for name in names] == [404] * len(names)
    assert all(job.status == Status.QUEUED for job in waiting(video, JobType.HLS))

    platform.heal()
    video = published(video)
    jobs = waiting(video, JobType.HLS)
    assert {(job.status, job.attempt) for job in jobs} == {(Status.SUCCEEDED, 2)}
    assert sorted(video.files.values_list("resolution", flat=True)) == [0, 240, 360]
    assert [person.get(video, name).status_code for name in names] == [404] * len(names)
    named = {file.name for file in video.files.all()} | {f.playlist_name for f in video.files.all()}
    lying = set(storage.files_in("hls", video.pk)) - {video.master_name, video.hashes_name}
    assert {name for name in lying if not name.endswith("-master.m3u8")} == named
    wait_until(lambda: not (storage.root() / "growing" / str(video.pk)).exists())
    require_playable_to_the_end(video)


@pytest.mark.case("transcode", 31)
def test_without_a_runner_a_local_worker_makes_the_video_and_it_plays_before_it_is_done(
    settings, person, long_clip
):
    settings.TRANSCODE_LOCAL_WORKERS = "fallback"
    video = person.upload(long_clip)

    def first_look():
        row = Video.objects.get(pk=video.pk)
        return row if row.is_playable else None

    early = wait_until(first_look)
    # The delay that counts is the encode's: it plays long before that has ended.
    assert early.state == VideoState.TO_TRANSCODE
    assert early.progress < 99
    assert person.get(video, early.growing["master"]).status_code == 200
    video = published(video)
    jobs = waiting(video, JobType.HLS)
    assert {(job.status, job.attempt) for job in jobs} == {(Status.SUCCEEDED, 1)}
    require_playable_to_the_end(video)


def test_what_grows_lists_only_what_can_be_fetched(person, long_clip):
    video = person.upload(long_clip)
    shown = wait_until(lambda: Video.objects.get(pk=video.pk).growing)
    listed = person.get(video, shown["master"]).text
    names = [line for line in listed.splitlines() if line and line[:1] != "#"]
    seen = 0
    while Job.objects.get(pk=shown["job"]).status == Status.RUNNING:
        for name in names:
            text = person.get(video, name).text
            ends = [int(n) + int(at) for n, at in re.findall(r"BYTERANGE:(\d+)@(\d+)", text)]
            media = name.replace(".m3u8", "-fragmented.mp4")
            last = {"Range": f"bytes={ends[-1] - 1}-{ends[-1] - 1}"}
            answer = person.http.get(play_url(video, media), headers=last)
            assert (answer.status_code, len(answer.content)) == (206, 1)
            seen += 1
    assert seen > 2
    published(video)
    assert all("#EXT-X-ENDLIST" in person.get(video, name).text for name in names)


def test_a_source_that_browsers_play_plays_before_any_encode(person, platform):
    video = person.upload(clip("landscape"))
    video = published(video)
    assert waiting(video, JobType.REMUX)[0].status == Status.SUCCEEDED
    assert sorted(video.files.values_list("resolution", flat=True)) == [0, 240, 360]


def test_an_upload_that_comes_slowly_is_encoded_while_it_comes(
    platform, user, access_token, long_clip
):
    tus = TusClient(platform.url, access_token(user))
    content = long_clip.read_bytes()
    where = tus.made(len(content), filename="long.mp4", purpose="video", name="Slow")
    video = Video.objects.get()
    # A slow line: this much has taken a minute.
    TusUpload.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    half = len(content) // 2
    tus.patch(where, content[:half])
    wait_until(lambda: Video.objects.get(pk=video.pk).state == VideoState.TO_TRANSCODE)
    wait_until(lambda: Video.objects.get(pk=video.pk).is_playable)
    assert Video.objects.get(pk=video.pk).source_name == ""
    tus.patch(where, content[half:], half)
    video = published(video)
    jobs = waiting(video, JobType.HLS)
    assert {(job.status, job.attempt) for job in jobs} == {(Status.SUCCEEDED, 1)}
    assert storage.exists(video.source_name)
    assert growing.open_file(video, jobs[0].pk.hex) is None
    require_playable_to_the_end(video)
