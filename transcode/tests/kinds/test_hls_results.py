"""What a runner brings of an HLS rendition: refused, or rewritten and served (4.1)."""

import hashlib
import json
import re
from pathlib import Path

import pytest

from core.jobs.models import Job
from transcode.api.listing import jobs_of
from transcode.models import JobType, VideoFile, VideoJob, VideoState
from transcode.tests.engines.hls import decode, hls
from transcode.tests.factories import make_runner
from transcode.tests.videos.conftest import files_below
from transcode.tests.videos.making import accept, finish, hand_over, make_video, stage
from transcode.videos import placing, storage
from transcode.videos.layout import PlannedJob

MUXED = [PlannedJob(JobType.HLS, 180, 30, weight=1.0, is_separated=True)]

UUID4 = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


def brought(job, name="360", *, playlist=None, video=None):
    """Stage a result, perhaps with another text or other bytes in it."""
    made = stage(job, name)
    if playlist is not None:
        path = Path(made["resolutionPlaylistFile"])
        path.write_text(playlist(path.read_text()))
    if video is not None:
        path = Path(made["videoFile"])
        path.write_bytes(video(path.read_bytes()))
    return made


def ended(job, made):
    from core.jobs.execution import execute

    hand_over(job, made)
    execute(job.pk)
    return Job.objects.get(pk=job.pk)


LIES = {
    "wrong height": {"name": "180"},
    "sound where a picture was asked for": {"name": "0"},
    "a foreign address": {
        "playlist": lambda text: text.replace("360-fragmented.mp4", "http://evil.example/a.mp4", 1)
    },
    "a file above": {
        "playlist": lambda text: re.sub(
            r"^360-fragmented.mp4$", "../../etc/passwd", text, flags=re.M
        )
    },
    "another file": {
        "playlist": lambda text: re.sub(r"(?m)^360-fragmented.mp4$", "other.mp4", text)
    },
    "a key": {
        "playlist": lambda text: text.replace(
            "#EXT-X-MAP", '#EXT-X-KEY:METHOD=AES-128,URI="file:///etc/passwd"\n#EXT-X-MAP', 1
        )
    },
    "a range past the end": {"video": lambda data: data[:-1000]},
    "bytes that no range names": {"video": lambda data: data + bytes(1000)},
    "no video at all": {"video": lambda data: b"\0" * len(data)},
    "half a playlist": {"playlist": lambda text: text[: len(text) // 2]},
    "a wrong duration": {
        "playlist": lambda text: re.sub(r"#EXTINF:[\d.]+", "#EXTINF:60.000000", text)
    },
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lying_result_fails_its_job_and_nothing_of_it_is_served(lie, user, videos):
    video, (top, *_) = make_video(user)
    before = files_below(videos)

    job = ended(top, brought(top, **LIES[lie]))

    assert job.status == "failed"
    assert job.error_message
    assert str(videos) not in job.error_message
    assert files_below(videos) == before
    assert not VideoFile.objects.exists()
    video.refresh_from_db()
    assert (video.is_playable, video.master_name) == (False, "")
    assert video.state == VideoState.TRANSCODING_FAILED


def test_a_refused_result_names_the_runner_that_brought_it(user, videos):
    video, (top, *_) = make_video(user)
    runner, _token = make_runner("attic")
    VideoJob.objects.filter(job=top.pk).update(runner=runner, token_hash="f" * 64)

    assert ended(top, brought(top, **LIES["wrong height"])).status == "failed"

    shown = {job["uuid"]: job["executor"] for job in jobs_of(video)}
    assert shown.pop(str(top.pk)) == "runner:attic"
    assert set(shown.values()) == {None}
    assert VideoJob.objects.get(job=top.pk).token_hash == ""


def test_a_result_of_another_duration_is_refused(user, videos):
    _video, (top, *_) = make_video(user, "landscape")

    job = ended(top, brought(top))

    assert (job.status, job.error_code) == ("failed", "wrong_duration")


def test_the_files_get_names_of_ours_and_the_playlist_names_them(user, videos):
    video, (top, *_) = make_video(user)

    job = finish(top, "360")

    assert job.status == "succeeded"
    row = VideoFile.objects.get(video=video)
    assert re.fullmatch(rf"hls/{video.pk}/{UUID4}-360-fragmented\.mp4", row.name)
    assert re.fullmatch(rf"hls/{video.pk}/{UUID4}-360\.m3u8", row.playlist_name)
    text = (videos / row.playlist_name).read_text()
    lines = {line for line in text.splitlines() if not line.startswith("#")}
    media = storage.file_of(row.name)
    assert lines == {media}
    assert f'#EXT-X-MAP:URI="{media}"' in text
    assert text.rstrip().endswith("#EXT-X-ENDLIST")


def test_a_rendition_is_described_as_it_was_measured(user, videos):
    video, (top, *_) = make_video(user)

    finish(top, "360")

    row = VideoFile.objects.get(video=video)
    assert (row.resolution, row.fps, row.width, row.height) == (360, 30, 640, 360)
    assert (row.has_video, row.has_audio) == (True, False)
    assert row.size_bytes == (videos / row.name).stat().st_size
    assert row.average_bps == pytest.approx(row.size_bytes * 8 / 6, rel=0.02)
    assert row.peak_bps >= row.average_bps
    assert row.codecs[0].startswith("avc1.")
    assert row.probe["format"]["format_name"].startswith("mov")


def test_sound_that_an_old_runner_muxed_in_is_taken_out(user, videos, tmp_path):
    video, (only,) = make_video(user, planned=MUXED)

    job = finish(only, "180muxed")

    assert job.status == "succeeded", job.error_message
    row = VideoFile.objects.get(video=video)
    assert (row.has_video, row.has_audio) == (True, False)
    decode(videos / row.playlist_name)


def test_sound_stays_where_it_was_asked_for_beside_the_picture(user, videos):
    planned = [PlannedJob(JobType.HLS, 180, 30, weight=1.0, is_separated=False)]
    video, (only,) = make_video(user, planned=planned)

    finish(only, "180muxed")

    row = VideoFile.objects.get(video=video)
    assert (row.has_video, row.has_audio, len(row.codecs)) == (True, True, 2)
    video.refresh_from_db()
    assert video.is_playable


@pytest.mark.case("transcode", 15)
def test_a_whole_result_is_renamed_listed_hashed_and_plays_to_its_end(user, videos):
    video, (top, audio, low) = make_video(user)

    for job, name in ((top, "360"), (audio, "0"), (low, "180")):
        assert finish(job, name).status == "succeeded"

    video.refresh_from_db()
    assert video.state == VideoState.PUBLISHED
    folder = videos / "hls" / str(video.pk)
    assert all(re.match(UUID4 + "-", path.name) for path in folder.iterdir())
    text = (videos / video.master_name).read_text()
    assert "RESOLUTION=640x360,FRAME-RATE=30.000" in text
    assert "RESOLUTION=320x180,FRAME-RATE=30.000" in text
    assert re.findall(r'CODECS="([^"]+)"', text) == [
        ",".join(codecs) for codecs in _codecs_of(video)
    ]
    assert [tuple(map(int, pair)) for pair in re.findall(
        r"BANDWIDTH=(\d+),AVERAGE-BANDWIDTH=(\d+)", text)] == _bandwidths_of(video)  # fmt: skip
    _require_hashes(videos, video)
    decode(videos / video.master_name)


def _codecs_of(video):
    sound = video.files.get(resolution=0)
    return [[*file.codecs, *sound.codecs] for file in video.files.exclude(resolution=0)]


def _bandwidths_of(video):
    """The peak and the average of picture and sound, counted here from playlists and sizes."""
    rates = {}
    for file in video.files.all():
        playlist = (storage.root() / file.playlist_name).read_text()
        lengths = [float(found) for found in re.findall(r"#EXTINF:([\d.]+)", playlist)]
        sizes = [int(found) for found in re.findall(r"BYTERANGE:(\d+)@", playlist)]
        average = int(file.size_bytes * 8 / sum(lengths))
        peaks = [-(-size * 8 // length) for size, length in zip(sizes, lengths, strict=True)]
        rates[file.resolution] = (max(int(max(peaks)), average), average)
    sound = rates.pop(0)
    return [(peak + sound[0], average + sound[1]) for _, (peak, average) in rates.items()]


def _require_hashes(videos, video):
    """Each range of each playlist, read from the file itself, has the hash that is served."""
    hashes = json.loads((videos / video.hashes_name).read_text())
    for file in video.files.all():
        content = (videos / file.name).read_bytes()
        playlist = (videos / file.playlist_name).read_text()
        ranges = [
            (int(offset), int(length))
            for length, offset in re.findall(r'BYTERANGE[:=]"?(\d+)@(\d+)', playlist)
        ]
        assert hashes[storage.file_of(file.name)] == {
            f"{at}-{at + length - 1}": hashlib.sha256(content[at : at + length]).hexdigest()
            for at, length in ranges
        }
        assert sum(length for _, length in ranges) == len(content)


def test_a_finisher_that_died_after_the_move_is_followed_by_one_that_makes_the_same(user, videos):
    """The media file lies in its place, its playlist does not, and no row was written."""
    video, (top, *_) = make_video(user)
    made = stage(top, "360")
    hand_over(top, made)
    job = Job.objects.get(pk=top.pk)
    names = placing.hls_names(job, job.video_job)
    storage.place(Path(made["videoFile"]), names.media)

    from core.jobs.execution import execute

    execute(top.pk)

    assert Job.objects.get(pk=top.pk).status == "succeeded"
    row = VideoFile.objects.get(video=video)
    assert (row.name, row.playlist_name) == (names.media, names.playlist)
    assert (videos / row.name).exists()
    assert not storage.staging_folder(top.pk, "aaaa").exists()


def test_a_result_of_a_job_that_was_cancelled_meanwhile_is_not_published(user, videos):
    from core.jobs import lifecycle
    from core.jobs.execution import execute

    _video, (top, *_) = make_video(user)
    hand_over(top, stage(top, "360"))
    lifecycle.cancel(top.pk)

    execute(top.pk)

    assert not VideoFile.objects.exists()
    assert not storage.staging_folder(top.pk, "aaaa").exists()


def test_a_rendition_made_again_by_a_later_attempt_has_other_names(user, videos):
    _video, (top, *_) = make_video(user)
    first = accept(top)
    one = placing.hls_names(first, first.video_job)

    from core.jobs import lifecycle

    lifecycle.release(first)
    second = accept(top)

    assert placing.hls_names(second, second.video_job).media != one.media


def test_a_result_that_lacks_a_part_is_refused_before_anything_is_handed_over(
    user, videos, tmp_path
):
    from transcode.kind import PayloadInvalid
    from transcode.kinds.hls import Hls

    _video, (top, *_) = make_video(user)
    result = hls("360", tmp_path)

    with pytest.raises(PayloadInvalid):
        Hls.check_success(top.video_job, {}, {"videoFile": result.video})
