"""Output that is shown while it is written: only under its lease, only what is there."""

import shutil
from datetime import timedelta

import pytest
from django.utils import timezone

from core.jobs import lifecycle
from core.jobs.models import Job
from transcode.engines import playlists
from transcode.engines.errors import Refused
from transcode.local import growing
from transcode.local.growing import Growing
from transcode.local.headers import h264_codec
from transcode.local.renditions import Part
from transcode.models import JobType, Video
from transcode.tests.engines.hls import hls
from transcode.tests.local.conftest import claim, waiting
from transcode.videos import placing, storage


@pytest.fixture
def attempt(create):
    """A ladder that a worker has just taken: its job, its video, its folder and its names."""
    return Attempt(create("ten_bit"))


class Attempt:
    def __init__(self, video):
        self.video = video
        self.job = claim(waiting(video, JobType.HLS)[0])
        self.folder = growing.folder_of(self.job)
        storage.make_folder(self.folder)
        members = {m.video_job.resolution: m for m in lifecycle.members_of(self.job)}
        jobs = {self.job.video_job.resolution: self.job, **members}
        self.stems = {
            size: placing.hls_names(job, job.video_job).stem for size, job in jobs.items()
        }
        self.parts = [
            Part(self.stems[360], 360, (640, 360), 30, 900_000),
            Part(self.stems[240], 240, (426, 240), 30, 300_000),
            Part(self.stems[0], 0, None, 0, 64_000, "mp4a.40.2"),
        ]
        self.growing = Growing(self.job, video, self.folder, self.parts)

    def write(self, size, name):
        """Put a rendition where ffmpeg writes it."""
        made = hls(name, self.folder)
        stem = self.stems[size]
        listed = playlists.read_file(made.playlist)
        shutil.move(made.video, self.folder / f"{stem}-fragmented.mp4")
        text = playlists.write(listed.as_event(), f"{stem}-fragmented.mp4")
        (self.folder / f"{stem}.m3u8").write_text(text)
        made.playlist.unlink()

    def write_all(self):
        for size, name in ((360, "360"), (240, "180"), (0, "0")):
            self.write(size, name)

    def show(self):
        self.write_all()
        self.growing.look()
        self.video.refresh_from_db()
        return self.video.growing["master"]

    def lose(self, **columns):
        Job.objects.filter(pk=self.job.pk).update(**columns)


def test_a_header_without_h264_names_no_codec():
    with pytest.raises(Refused):
        h264_codec(b"ftyp....moov....vp09")


def test_a_header_cut_within_its_codec_is_refused():
    with pytest.raises(Refused):
        h264_codec(b"....avcC\x01\x64\x00")


@pytest.mark.parametrize(
    ("profile", "expected"),
    [(100, "avc1.64001f"), (77, "avc1.4D401f"), (66, "avc1.42E01f"), (110, "avc1.64001f")],
)
def test_the_codec_is_read_from_the_header(profile, expected):
    assert h264_codec(b"xxxxavcC" + bytes([1, profile, 0, 31])) == expected


def test_nothing_is_shown_before_every_rendition_has_a_segment(attempt):
    attempt.write(360, "360")
    attempt.write(0, "0")
    attempt.growing.look()
    attempt.video.refresh_from_db()
    assert (attempt.video.is_playable, attempt.video.growing) == (False, None)
    assert not list(attempt.folder.glob("*master*"))


def test_a_playlist_whose_segments_are_not_in_the_file_counts_for_none(attempt):
    attempt.write_all()
    media = attempt.folder / f"{attempt.stems[240]}-fragmented.mp4"
    with media.open("r+b") as file:
        file.truncate(2000)
    attempt.growing.look()
    attempt.video.refresh_from_db()
    assert not attempt.video.is_playable


def test_pictures_without_their_sound_are_not_shown(attempt):
    attempt.write_all()
    Growing(attempt.job, attempt.video, attempt.folder, attempt.parts[:2]).look()
    attempt.video.refresh_from_db()
    assert not attempt.video.is_playable


def test_an_attempt_that_lost_its_lease_shows_nothing(attempt):
    attempt.write_all()
    lifecycle.release(attempt.job)
    attempt.growing.look()
    attempt.video.refresh_from_db()
    assert (attempt.video.is_playable, attempt.video.growing) == (False, None)


def test_an_attempt_whose_lease_has_run_out_shows_nothing(attempt):
    attempt.write_all()
    attempt.lose(lease_expires_at=timezone.now() - timedelta(seconds=1))
    attempt.growing.look()
    attempt.video.refresh_from_db()
    assert not attempt.video.is_playable


def test_a_video_that_plays_already_keeps_what_it_plays(attempt):
    attempt.write_all()
    Video.objects.filter(pk=attempt.video.pk).update(is_playable=True)
    attempt.growing.look()
    attempt.video.refresh_from_db()
    assert attempt.video.growing is None


def test_when_what_it_plays_is_taken_back_this_is_shown(attempt, monkeypatch):
    monkeypatch.setattr(growing, "LOOK_AGAIN_S", 0.0)
    attempt.write_all()
    Video.objects.filter(pk=attempt.video.pk).update(is_playable=True)
    attempt.growing.look()
    Video.objects.filter(pk=attempt.video.pk).update(is_playable=False)
    attempt.growing.look()
    attempt.video.refresh_from_db()
    assert attempt.video.growing["job"] == str(attempt.job.pk)


def test_nothing_grows_in_a_bucket(attempt, settings):
    settings.MEDIA_STORAGE = "s3"
    attempt.write_all()
    Growing(attempt.job, attempt.video, attempt.folder, attempt.parts).look()
    attempt.video.refresh_from_db()
    assert not attempt.video.is_playable


def test_the_master_lists_every_rendition_with_what_it_may_need(attempt):
    name = attempt.show()
    text = (attempt.folder / name).read_text()
    assert attempt.video.is_playable
    assert f'URI="{attempt.stems[0]}.m3u8"' in text
    lines = [line for line in text.splitlines() if line.startswith("#EXT-X-STREAM-INF")]
    assert [line.split("RESOLUTION=")[1].split(",")[0] for line in lines] == ["640x360", "426x240"]
    assert all('CODECS="avc1.' in line and ',mp4a.40.2"' in line for line in lines)
    assert all(int(line.split(":BANDWIDTH=")[1].split(",")[0]) >= 364_000 for line in lines)


def test_looking_again_changes_nothing(attempt):
    attempt.show()
    revision = attempt.video.revision
    attempt.growing.look()
    attempt.video.refresh_from_db()
    assert attempt.video.revision == revision


# ---- opening


@pytest.mark.parametrize(
    "name",
    ["", "..", "../x.m3u8", "a/b.m3u8", "\0.m3u8", "x.mp4", "master.m3u8", "-fragmented.mp4"],
)
def test_names_that_no_attempt_has_made_open_nothing(attempt, name):
    attempt.show()
    assert growing.open_file(attempt.video, name) is None


def test_files_beside_the_renditions_open_nothing(attempt):
    attempt.show()
    (attempt.folder / f"{attempt.stems[360]}.txt").write_text("x")
    assert growing.open_file(attempt.video, f"{attempt.stems[360]}.txt") is None


@pytest.mark.parametrize("suffix", [".m3u8", "-fragmented.mp4"])
def test_nothing_opens_once_the_lease_has_run_out(attempt, suffix):
    attempt.show()
    name = attempt.stems[360] + suffix
    assert growing.open_file(attempt.video, name) is not None
    attempt.lose(lease_expires_at=timezone.now() - timedelta(seconds=1))
    assert growing.open_file(attempt.video, name) is None


def test_nothing_of_an_earlier_attempt_opens(attempt):
    master = attempt.show()
    again = lifecycle.release(attempt.job)
    claim(again)
    assert growing.open_file(attempt.video, master) is None
    assert growing.open_file(attempt.video, f"{attempt.stems[360]}.m3u8") is None


def test_nothing_of_another_video_opens(attempt, create):
    master = attempt.show()
    assert growing.open_file(create("silent"), master) is None


def test_media_and_master_open_as_they_are(attempt):
    master = attempt.show()
    media = f"{attempt.stems[360]}-fragmented.mp4"
    for name in (master, media):
        with growing.open_file(attempt.video, name) as file:
            assert file.read() == (attempt.folder / name).read_bytes()


def test_a_playlist_is_cut_to_what_its_file_holds(attempt):
    attempt.show()
    stem = attempt.stems[360]
    whole = playlists.read_file(attempt.folder / f"{stem}.m3u8")
    with (attempt.folder / f"{stem}-fragmented.mp4").open("r+b") as file:
        file.truncate(whole.segments[1].byterange.end - 1)
    with growing.open_file(attempt.video, f"{stem}.m3u8") as file:
        cut = playlists.read(file.read())
    assert cut.segments == whole.segments[:1]
    assert not cut.is_ended


def test_a_file_on_its_way_to_its_place_still_opens(attempt):
    attempt.show()
    stem = attempt.stems[360]
    name = f"{stem}-fragmented.mp4"
    storage.place(attempt.folder / name, storage.name_in("hls", attempt.video.pk, name))
    assert growing.open_file(attempt.video, name) is not None
    with growing.open_file(attempt.video, f"{stem}.m3u8") as file:
        assert len(playlists.read(file.read()).segments) == 3


# ---- the end


@pytest.mark.parametrize("end", ["release", "fail", "cancel"])
def test_what_was_shown_goes_with_its_attempt(attempt, end):
    attempt.show()
    ways = {
        "release": lambda: lifecycle.release(attempt.job),
        "fail": lambda: lifecycle.fail(attempt.job, "broken", "It broke."),
        "cancel": lambda: lifecycle.cancel(attempt.job.pk),
    }
    ways[end]()
    attempt.video.refresh_from_db()
    assert (attempt.video.is_playable, attempt.video.growing) == (False, None)
    assert not attempt.folder.exists()


def test_what_was_shown_goes_when_its_worker_is_gone(attempt):
    attempt.show()
    attempt.lose(lease_expires_at=timezone.now() - timedelta(seconds=1))
    lifecycle.reap_stalled()
    attempt.video.refresh_from_db()
    assert (attempt.video.is_playable, attempt.video.growing) == (False, None)


def test_another_jobs_end_takes_nothing_away(attempt):
    attempt.show()
    other = lifecycle.members_of(attempt.job)[0]
    lifecycle.cancel(other.pk)
    attempt.video.refresh_from_db()
    assert attempt.video.is_playable


def test_an_attempt_that_begins_again_takes_back_what_it_has_shown(attempt):
    attempt.show()
    attempt.growing.begin_again()
    attempt.video.refresh_from_db()
    assert not attempt.video.is_playable
    assert list(attempt.folder.iterdir()) == []
    attempt.show()
    assert attempt.video.is_playable
