"""The replay of a stream: its chunks as a video like any other, whatever was lost of them."""

import shutil

import pytest

from core.jobs.execution import execute
from core.jobs.models import Job
from core.media.ffmpeg import Input
from core.media.probe import media_info, probe
from tests.support.clips import clip
from transcode.engines.ladder_command import Rung
from transcode.engines.live_command import live
from transcode.live import closing, files, services, sessions, starting
from transcode.models import LiveSession, Video, VideoState
from transcode.states import JobState, state_of
from transcode.tests.engines.making import decode, make, source_of
from transcode.tests.live.conftest import fresh
from transcode.videos import storage

SEEN = starting.Seen(640, 360, 30.0, has_audio=True)
WANTED = [{"resolution": 240, "fps": 30}, {"resolution": 144, "fps": 15}]


@pytest.fixture(autouse=True)
def _by_itself(alone, transactional_db, settings):
    settings.TRANSCODE_LOCAL_WORKERS = "off"
    settings.TRANSCODE_MAX_FAILURES = 1


@pytest.fixture(scope="module")
def chunks(tmp_path_factory):
    """Return a folder with the chunks of six seconds, two a chunk: 240p, 144p, the sound."""
    folder = tmp_path_factory.mktemp("chunks")
    source = source_of("long_gop")
    rungs = [Rung(f"r{n}", each["resolution"], each["fps"]) for n, each in enumerate(WANTED)]
    make(live(Input(source.path), source.info, rungs, folder, segment_s=2, is_kept=True))
    return folder


@pytest.fixture
def replay(announce, chunks):
    """Return the function that ends a stream of which these chunks came, and replays it."""

    def replay(*lost, wanted=WANTED, extra=()):
        new = announce()
        sessions.may_publish(new.stream_key, "1")
        starting.begin(new.video.pk, sessions.new_reader(new.video.pk), SEEN, wanted)
        folder = files.folder_of(new.video.pk)
        storage.make_folder(folder)
        for path in [*chunks.glob("*.ts"), *extra]:
            if path.name not in lost:
                shutil.copy(path, folder)
        services.end_live(new.video)
        job = Job.objects.get(kind="transcode.replay")
        execute(job.pk)
        return fresh(new.video), Job.objects.select_related("parent").get(pk=job.pk)

    return replay


def files_of(video):
    return {file.resolution: file for file in video.files.all()}


def plays(video):
    """Return whether a video's master decodes from end to end."""
    return decode(storage.root() / video.master_name) == []


def test_a_size_that_was_not_asked_for_is_refused(replay):
    video, job = replay(wanted=[{"resolution": 1080, "fps": 30}])
    assert (job.error_code, video.files.count()) == ("wrong_size", 0)


def test_of_sound_alone_nothing_comes(replay):
    lost = [f"{n}-{at:06}.ts" for n in range(2) for at in range(4)]
    video, job = replay(*lost)
    assert "Nothing came" in job.error_message
    assert (video.state, video.files.count()) == (VideoState.TRANSCODING_FAILED, 0)


def test_a_chunk_of_rubbish_costs_no_more_than_itself(replay, tmp_path):
    rubbish = tmp_path / "0-000001.ts"
    rubbish.write_bytes(b"\x47" * 188 * 500)
    video, job = replay(extra=[rubbish])
    assert state_of(job) == JobState.COMPLETED, job.error_message
    assert video.duration_s == pytest.approx(6, abs=0.7)
    assert plays(video)


def test_a_whole_stream_is_a_video_of_the_same_length(replay):
    video, job = replay()
    assert state_of(job) == JobState.COMPLETED, job.error_message
    made = files_of(video)
    assert set(made) == {240, 144, 0}
    assert (video.state, video.progress, video.is_live) == (VideoState.PUBLISHED, 100, False)
    assert video.duration_s == pytest.approx(6, abs=0.5)
    assert (video.width, video.height, video.has_audio) == (426, 240, True)
    assert plays(video)
    assert (storage.root() / video.thumbnail_name).is_file()
    # Nothing was encoded: pictures and sound are those of the chunks.
    assert made[240].codecs[0].startswith("avc1.")
    assert made[0].codecs == ["mp4a.40.2"]


def test_a_video_of_a_stream_has_a_storyboard_made_and_is_told_of_once(replay, settings):
    video, _ = replay()
    assert video.jobs.filter(type="generate-video-storyboard").count() == 1


@pytest.mark.parametrize(
    ("lost", "length_s"),
    [
        (["0-000002.ts"], 4),  # The last of one: the others go on.
        (["0-000001.ts", "1-000001.ts", "2-000001.ts"], 6),  # A gap stays a gap.
        (["0-000000.ts"], 4),  # All begin where the last of them does.
    ],
)
def test_lost_chunks_cost_what_was_in_them_and_picture_and_sound_stay_together(
    replay, lost, length_s
):
    video, job = replay(*lost)
    assert state_of(job) == JobState.COMPLETED, job.error_message
    assert video.duration_s == pytest.approx(length_s, abs=0.7)
    info = {resolution: media_info(file.probe) for resolution, file in files_of(video).items()}
    starts = [each.video.start_s for each in info.values() if each.video]
    assert all(abs(start - info[0].audio.start_s) < 0.1 for start in starts)


def test_the_chunks_are_kept_until_the_replay_plays_and_go_afterwards(replay):
    video, _ = replay()
    folder = files.folder_of(video.pk)
    assert (folder / "0-000000.ts").exists()
    assert LiveSession.objects.get().files_due_at
    closing.clear(video.pk)
    assert not list(folder.glob("*.ts"))
    assert plays(Video.objects.get(pk=video.pk))


def test_streams_are_made_in_sizes_that_they_have():
    sizes = starting.renditions(starting.Seen(1280, 720, 60.0, has_audio=True))
    assert sizes == [
        {"resolution": 720, "fps": 60},
        {"resolution": 480, "fps": 30},
        {"resolution": 360, "fps": 30},
        {"resolution": 240, "fps": 30},
    ]


def test_a_sound_alone_is_no_live_stream():
    with pytest.raises(starting.InvalidInput, match="no picture"):
        starting.Seen.of(probe(clip("audio_only")))
