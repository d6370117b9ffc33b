"""Files that are still written: served as far as they are, to nobody's cache, under a lease."""

import httpx
import pytest

from core.jobs import lifecycle
from core.jobs.models import Job
from transcode.api.playing import play_url
from transcode.local import growing
from transcode.models import Video
from transcode.tests.factories import make_job, make_video
from transcode.videos import storage

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def viewer(platform):
    """Return an HTTP client without any credentials."""
    with httpx.Client(base_url=platform.url, timeout=180) as client:
        yield client


@pytest.fixture
def job(platform, user, settings):
    """Return a job that this process holds."""
    settings.TRANSCODE_LOCAL_WORKERS = "off"
    video = make_video(user)
    held = lifecycle.claim(make_job(video).job.pk, holder="test", is_outside=True)
    assert held is not None
    storage.make_folder(growing.folder_of(held))
    yield held
    storage.remove_video(video.pk)


def file_of(job, suffix):
    stem = storage.attempt_uuid(job.pk, job.attempt)
    return growing.folder_of(job) / f"{stem}-{suffix}"


def address_of(job, suffix):
    video = Video.objects.get(pk=job.params["video"])
    return play_url(video, file_of(job, suffix).name)


def playlist(media, segments, *, is_ended=False):
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-TARGETDURATION:4", "#EXT-X-PLAYLIST-TYPE:EVENT"]
    lines.append(f'#EXT-X-MAP:URI="{media}",BYTERANGE="100@0"')
    for number in range(segments):
        lines += ["#EXTINF:4.000000,", f"#EXT-X-BYTERANGE:100@{100 * (number + 1)}", media]
    return "\n".join([*lines, *(["#EXT-X-ENDLIST"] if is_ended else []), ""])


def test_what_is_not_written_yet_is_416(viewer, job):
    file_of(job, "360-fragmented.mp4").write_bytes(b"x" * 300)

    answer = viewer.get(address_of(job, "360-fragmented.mp4"), headers={"Range": "bytes=300-399"})

    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == "bytes */300"
    assert answer.headers["Cache-Control"] == "no-store"


def test_what_is_written_comes_and_nobody_is_told_how_long_it_will_be(viewer, job):
    file_of(job, "360-fragmented.mp4").write_bytes(b"a" * 100 + b"b" * 200)

    answer = viewer.get(address_of(job, "360-fragmented.mp4"), headers={"Range": "bytes=100-599"})

    assert (answer.status_code, answer.content) == (206, b"b" * 200)
    assert answer.headers["Content-Range"] == "bytes 100-299/*"
    assert answer.headers["Content-Type"] == "video/mp4"
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_playlist_lists_only_what_its_file_holds(viewer, job):
    media = file_of(job, "360-fragmented.mp4")
    media.write_bytes(b"x" * 350)
    file_of(job, "360.m3u8").write_text(playlist(media.name, 3, is_ended=True))

    answer = viewer.get(address_of(job, "360.m3u8"))

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/vnd.apple.mpegurl"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.text.count("#EXTINF") == 2
    assert "ENDLIST" not in answer.text


@pytest.mark.parametrize("asked", ["bytes=0-", "bytes=10-20", "bytes=9999-"])
def test_a_playlist_that_grows_is_given_whole_whatever_part_is_asked_for(viewer, job, asked):
    """What ffmpeg asks for is `bytes=0-`; of an answer with the length `*` it reads nothing."""
    media = file_of(job, "360-fragmented.mp4")
    media.write_bytes(b"x" * 400)
    file_of(job, "360.m3u8").write_text(playlist(media.name, 3))

    answer = viewer.get(address_of(job, "360.m3u8"), headers={"Range": asked})

    assert answer.status_code == 200
    assert answer.text.count("#EXTINF") == 3
    assert "Content-Range" not in answer.headers


def test_an_attempt_that_lost_its_lease_is_served_no_more(viewer, job):
    file_of(job, "360-fragmented.mp4").write_bytes(b"x" * 300)
    address = address_of(job, "360-fragmented.mp4")
    assert viewer.get(address).status_code == 200

    Job.objects.filter(pk=job.pk).update(lease_expires_at=job.created_at)

    assert viewer.get(address).status_code == 404
    assert file_of(job, "360-fragmented.mp4").exists()


def test_a_file_that_reached_its_place_is_found_at_the_same_address(viewer, job):
    name = file_of(job, "360-fragmented.mp4").name
    file_of(job, "360-fragmented.mp4").write_bytes(b"x" * 300)
    address = address_of(job, "360-fragmented.mp4")
    growing_answer = viewer.get(address)

    storage.place(
        file_of(job, "360-fragmented.mp4"), storage.name_in("hls", job.params["video"], name)
    )
    finished = viewer.get(address, headers={"Range": "bytes=0-9"})

    assert growing_answer.status_code == 200
    assert finished.headers["Content-Range"] == "bytes 0-9/300"
    assert "immutable" in finished.headers["Cache-Control"]
    assert finished.headers["ETag"] == growing_answer.headers["ETag"]
