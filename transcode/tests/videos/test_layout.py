"""Which jobs a video gets (5.4), thought out without a database."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.media.probe import probe
from tests.support.clips import clip
from transcode.models import JobType, Video
from transcode.videos.layout import LadderSettings, plan

USUAL = LadderSettings(
    resolutions=(240, 360, 480, 720, 1080),
    always_original=False,
    fps_max=60,
    has_hls=True,
    has_web_videos=False,
    splits_audio=True,
    publishes_first=True,
)
HLS, WEB, MERGE, REMUX = JobType.HLS, JobType.WEB_VIDEO, JobType.AUDIO_MERGE, JobType.REMUX


def video_of(width=1920, height=1080, fps=30.0, *, has_audio=True, has_video=True, probe=None):
    return Video(
        width=width,
        height=height,
        fps=fps,
        has_audio=has_audio,
        has_video=has_video,
        probe=probe or {},
        duration_s=10.0,
    )


def shape(planned):
    """Type, resolution and frame rate of each job, and which it waits for."""
    return [(job.type, job.resolution, job.fps, job.parent) for job in planned]


def test_the_top_rendition_is_the_parent_of_sound_and_lower_renditions():
    assert shape(plan(video_of(1280, 720, 60.0), USUAL)) == [
        (HLS, 720, 60, None),
        (HLS, 0, 0, 0),
        (HLS, 480, 30, 0),
        (HLS, 360, 30, 0),
        (HLS, 240, 30, 0),
    ]


def test_a_silent_video_has_no_job_for_sound():
    planned = plan(video_of(640, 360, has_audio=False), USUAL)

    assert [job.resolution for job in planned] == [360, 240]
    assert not any(job.is_separated for job in planned)


def test_sound_stays_beside_the_picture_where_it_is_not_split():
    planned = plan(video_of(640, 360), replace(USUAL, splits_audio=False))

    assert [job.resolution for job in planned] == [360, 240]
    assert not any(job.is_separated for job in planned)


def test_a_size_that_fits_nothing_is_made_as_it_is():
    assert shape(plan(video_of(161, 121), USUAL))[0] == (HLS, 122, 30, None)


def test_web_videos_come_first_and_each_has_its_hls_rendition_as_a_child():
    planned = plan(video_of(640, 360), replace(USUAL, has_web_videos=True))

    assert shape(planned) == [
        (WEB, 360, 30, None),
        (HLS, 360, 30, 0),
        (HLS, 0, 0, 0),
        (WEB, 240, 30, 0),
        (HLS, 240, 30, 3),
    ]


def test_without_hls_there_are_web_videos_alone():
    settings = replace(USUAL, has_web_videos=True, has_hls=False)

    assert shape(plan(video_of(640, 360), settings)) == [
        (WEB, 360, 30, None),
        (WEB, 240, 30, 0),
    ]


def test_a_sound_is_merged_first_and_the_ladder_waits_for_that():
    sound = video_of(None, None, None, has_video=False)

    assert shape(plan(sound, USUAL)) == [
        (MERGE, 480, 25, None),
        (HLS, 480, 25, 0),
        (HLS, 0, 0, 1),
        (HLS, 360, 25, 1),
        (HLS, 240, 25, 1),
    ]


def test_the_merged_video_is_the_top_web_video():
    sound = video_of(None, None, None, has_video=False)

    planned = plan(sound, replace(USUAL, has_web_videos=True, resolutions=(480, 240)))

    assert shape(planned) == [
        (MERGE, 480, 25, None),
        (HLS, 480, 25, 0),
        (HLS, 0, 0, 0),
        (WEB, 240, 25, 0),
        (HLS, 240, 25, 3),
    ]


def playable(name="landscape", bitrate_bps=1_000_000):
    raw = probe(clip(name)).raw
    raw["format"]["bit_rate"] = str(bitrate_bps)
    return video_of(640, 360, probe=raw)


def test_a_source_that_browsers_play_is_the_top_rendition_itself():
    planned = plan(playable(), USUAL, keyframe_gap_s=1.0)

    assert shape(planned) == [
        (REMUX, 360, 30, None),
        (HLS, 240, 30, None),
        (HLS, 0, 0, 1),
    ]
    assert planned[0].is_top
    assert not planned[0].is_optional


def test_a_source_with_rare_key_frames_is_published_first_and_encoded_all_the_same():
    planned = plan(playable(), USUAL, keyframe_gap_s=6.0)

    assert shape(planned)[:2] == [(REMUX, 360, 30, None), (HLS, 360, 30, None)]
    assert planned[0].is_optional
    assert not planned[0].is_top


@pytest.mark.parametrize(
    ("settings", "gap_s"),
    [(USUAL, None), (USUAL, 11.0), (replace(USUAL, publishes_first=False), 1.0)],
)
def test_nothing_is_published_first_where_it_may_not_be(settings, gap_s):
    planned = plan(playable(), settings, keyframe_gap_s=gap_s)

    assert REMUX not in [job.type for job in planned]


def test_a_source_of_too_many_bits_is_published_first_and_encoded_all_the_same():
    planned = plan(playable(bitrate_bps=5_000_000), USUAL, keyframe_gap_s=1.0)

    assert shape(planned)[:2] == [(REMUX, 360, 30, None), (HLS, 360, 30, None)]


def test_pixels_that_are_not_square_are_not_published_first():
    planned = plan(playable("anamorphic"), USUAL, keyframe_gap_s=1.0)

    assert REMUX not in [job.type for job in planned]


def test_a_codec_that_browsers_do_not_play_is_not_published_first():
    planned = plan(playable("webm"), USUAL, keyframe_gap_s=1.0)

    assert REMUX not in [job.type for job in planned]


def test_only_the_lower_renditions_are_optional():
    planned = plan(video_of(), USUAL)

    assert [job.resolution for job in planned if not job.is_optional] == [1080, 0]


def test_a_job_weighs_its_pixels_a_second_and_sound_one_per_cent():
    planned = plan(video_of(1280, 720), USUAL)

    weights = {job.resolution: job.weight for job in planned}
    assert weights[720] == 1280 * 720 * 30
    assert weights[360] == 640 * 360 * 30
    assert weights[0] == pytest.approx(0.01 * (sum(weights.values()) - weights[0]))


SIZES = st.integers(1, 8192)


@given(
    SIZES,
    SIZES,
    st.floats(0.1, 240, allow_nan=False),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.sets(st.sampled_from([0, 144, 240, 360, 480, 720, 1080, 1440, 2160])),
)
def test_every_layout_has_parents_before_children_and_no_rendition_twice(
    width, height, fps, has_audio, has_web, splits, resolutions
):
    settings = replace(
        USUAL, has_web_videos=has_web, splits_audio=splits, resolutions=tuple(resolutions)
    )
    planned = plan(video_of(width, height, fps, has_audio=has_audio), settings)

    made = [(job.type, job.resolution) for job in planned]
    assert len(set(made)) == len(made)
    assert all(job.parent is None or job.parent < at for at, job in enumerate(planned))
    assert [job.parent for job in planned].count(None) == 1
    assert all(job.weight > 0 for job in planned)
    side = min(width, height)
    assert all(job.resolution <= side + side % 2 for job in planned)
