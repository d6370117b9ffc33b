"""A ladder of our own: the parent's worker brings its children along, under one lease."""

import shutil

import pytest

from core.jobs import execution, lifecycle
from core.jobs.holding import Holding
from core.jobs.models import Job
from transcode.engines.errors import Refused
from transcode.kinds.hls import Hls
from transcode.models import Video, VideoFile, VideoState
from transcode.tests.engines.hls import hls
from transcode.tests.videos.conftest import files_below
from transcode.tests.videos.making import make_video


@pytest.fixture
def family(user, settings, tmp_path):
    """Return a claimed ladder, and what its one ffmpeg has made."""
    settings.TRANSCODE_LOCAL_WORKERS = "always"
    video, (top, audio, low) = make_video(user)
    held = lifecycle.claim(top.pk, holder="worker:here")
    kind = Hls(held, Holding(held, memory_limit_bytes=2**30))
    parts = {job.pk: _parts(name, tmp_path / name) for job, name in
             ((top, "360"), (audio, "0"), (low, "180"))}  # fmt: skip
    made = parts.pop(top.pk) | {"members": {str(pk): own for pk, own in parts.items()}}
    yield video, kind, made
    kind.holding.remove_scratch()


def _parts(name, folder):
    folder.mkdir()
    result = hls(name, folder)
    return {"videoFile": str(result.video), "resolutionPlaylistFile": str(result.playlist)}


def end(kind, result):
    lifecycle.succeed(kind.job, result, within=lambda _: execution._publish(kind, result))


def test_the_worker_that_takes_the_parent_has_its_children_too(family):
    _, kind, _ = family

    assert len(kind.members) == 2
    assert set(Job.objects.values_list("status", flat=True)) == {"running"}


def test_one_bad_rendition_places_none_of_them(family, videos, tmp_path):
    _video, kind, made = family
    before = files_below(videos)
    (wrong, *_) = [own for own in made["members"].values() if "180" in own["videoFile"]]
    shutil.copyfile(made["videoFile"], wrong["videoFile"])

    with pytest.raises(Refused):
        kind.finish_with(made)

    assert files_below(videos) == before
    assert not VideoFile.objects.exists()


def test_a_whole_ladder_ends_with_one_set_of_rows_and_a_published_video(family):
    video, kind, made = family

    end(kind, kind.finish_with(made))

    ladder = Job.objects.filter(video_job__is_counted=True)
    assert set(ladder.values_list("status", flat=True)) == {"succeeded"}
    assert sorted(VideoFile.objects.values_list("resolution", flat=True)) == [0, 180, 360]
    now = Video.objects.get(pk=video.pk)
    assert (now.state, now.is_playable, now.progress) == (VideoState.PUBLISHED, True, 100.0)


def test_a_member_that_was_cancelled_meanwhile_gets_no_row(family):
    video, kind, made = family
    result = kind.finish_with(made)
    low = next(job for job in kind.members if job.params["resolution"] == 180)
    lifecycle.cancel(low.pk)

    end(kind, result)

    assert sorted(VideoFile.objects.values_list("resolution", flat=True)) == [0, 360]
    assert Job.objects.get(pk=low.pk).status == "cancelled"
    now = Video.objects.get(pk=video.pk)
    assert now.state == VideoState.PUBLISHED
    assert now.warnings == ["The rendition of 180p is missing: The transcoding was cancelled."]


def test_renditions_cut_at_other_times_are_no_ladder(family, tmp_path):
    _, kind, made = family
    from transcode.engines import playlists
    from transcode.videos import placing

    checked = kind._checked(kind.job, kind.video_job, made, kind.program)
    merged = playlists.read((tmp_path / "360" / "360.m3u8").read_text())
    other = placing.CheckedHls(
        checked.names,
        180,
        checked.media,
        type(merged)(**{**vars(merged), "segments": merged.segments[:-1]}),
        checked.info,
    )

    with pytest.raises(Refused) as refusal:
        placing.require_one_ladder([checked, other])
    assert refusal.value.code == "unequal_cuts"
