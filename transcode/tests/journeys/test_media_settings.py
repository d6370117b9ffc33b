"""What an installation may wish otherwise, and the files that a video has then."""

import pytest
from django.utils import timezone

from core.media.probe import probe
from transcode.models import Discarded, FileKind, JobType, VideoState
from transcode.tests.engines.hls import decode
from transcode.tests.journeys.playing import publish, variants, web_url
from transcode.tests.local.test_remux import thrifty_clip
from transcode.videos import storage, upkeep

__all__ = ["publish", "thrifty_clip", "web_url"]


def sizes(player):
    return sorted((row.kind, row.resolution, row.is_remux) for row in player.rows)


@pytest.mark.parametrize("name", ["landscape", "ten_bit"])
def test_the_original_size_is_a_rendition_of_its_own_where_that_is_wanted(publish, name):
    player = publish(name, ALWAYS_ORIGINAL=True)
    assert player.video.state == VideoState.PUBLISHED
    assert sorted(player.infos) == [0, 144, 240, 360]
    assert player.decoded.returncode == 0


def test_an_odd_size_is_made_even_where_the_original_is_wanted(publish):
    player = publish("odd", ALWAYS_ORIGINAL=True)
    assert (player.infos[182].video.width, player.infos[182].video.height) == (322, 182)
    assert sorted(player.infos) == [0, 144, 182]


def test_a_copy_that_spends_too_much_gives_way_to_an_encode_of_its_size(publish):
    player = publish("silent", RESOLUTIONS=[144, 360])
    assert len(player.states[JobType.HLS]) == 2
    assert sizes(player) == [("hls", 144, False), ("hls", 360, False)]
    assert player.decoded.returncode == 0


def test_a_thrifty_copy_is_the_rendition_of_its_size(publish, thrifty_clip):
    player = publish(thrifty_clip, RESOLUTIONS=[144, 360])
    assert (len(player.states[JobType.REMUX]), len(player.states[JobType.HLS])) == (1, 2)
    assert sizes(player) == [("hls", 0, False), ("hls", 144, False), ("hls", 360, False)]
    assert player.pieces == player.hashes
    picture = player.infos[360].video
    assert (picture.width, picture.height, picture.profile) == (640, 360, "Constrained Baseline")
    said = variants(player)
    assert list(said) == [360, 144]
    assert said[360]["CODECS"].startswith("avc1.42E0")
    assert (player.decoded.returncode, player.decoded.stderr) == (0, "")


@pytest.mark.parametrize("name", ["landscape", "webm", "late_audio"])
def test_every_rendition_has_the_sound_in_it_where_it_is_not_split(publish, name):
    player = publish(name, SPLIT_AUDIO_VIDEO=False)
    assert 0 not in player.infos
    for info in player.infos.values():
        assert [stream.codec for stream in info.streams] == ["h264", "aac"]
        assert abs(info.video.start_s - info.audio.start_s) <= 0.1
    assert all("AUDIO" not in each for each in variants(player).values())
    assert {each["CODECS"].split(",")[1] for each in variants(player).values()} == {"mp4a.40.2"}
    assert player.decoded.returncode == 0


@pytest.mark.parametrize("name", ["landscape", "silent", "mp3"])
def test_web_videos_are_made_beside_the_hls_renditions(publish, name):
    player = publish(name, WEB_VIDEOS_ENABLED=True)
    web = {row.resolution: row for row in player.rows if row.kind == FileKind.WEB}
    # The still under a sound is a web video, too.
    assert set(web) == {144, 240, *([480] if name == "mp3" else [])}
    assert {row.has_audio for row in web.values()} == {name != "silent"}
    assert set(player.infos) == {144, 240, *([] if name == "silent" else [0])}
    for side, row in web.items():
        info = probe(storage.root() / row.name)
        assert min(info.video.width, info.video.height) == side
        assert (info.audio is not None) == (name != "silent")


def test_a_video_plays_on_when_its_original_is_gone(publish):
    player = publish("landscape", KEEP_ORIGINAL=False)
    video = player.video
    assert (video.state, video.source_name) == (VideoState.PUBLISHED, "")
    assert sorted(player.infos) == [0, 144, 240]
    Discarded.objects.update(due_at=timezone.now())
    upkeep.purge_discarded()
    assert storage.files_in("originals", video.pk) == []
    assert set(storage.files_in("hls", video.pk)) == player.lying
    decode(storage.root() / video.master_name)
