import pytest

from core.media.probe import probe
from tests.support.clips import clip
from transcode.engines.codecs import audio_codec, codecs, video_codec
from transcode.engines.errors import Refused
from transcode.tests.engines.media import audio_stream, media_info, video_stream


@pytest.mark.parametrize("codec", ["", "mpeg4", "prores", "mjpeg", "rawvideo"])
def test_a_picture_that_players_do_not_know_is_refused(codec: str) -> None:
    with pytest.raises(Refused) as caught:
        video_codec(video_stream(codec=codec))
    assert caught.value.code == "unsupported_codec"


@pytest.mark.parametrize("codec", ["", "pcm_s16le", "wmav2"])
def test_a_sound_that_players_do_not_know_is_refused(codec: str) -> None:
    with pytest.raises(Refused) as caught:
        audio_codec(audio_stream(codec=codec))
    assert caught.value.code == "unsupported_codec"


@pytest.mark.parametrize(
    ("profile", "level", "expected"),
    [
        ("High", 31, "avc1.64001f"),
        ("High", 51, "avc1.640033"),
        ("Main", 30, "avc1.4D401e"),
        ("Baseline", 13, "avc1.42E00d"),
        ("Constrained Baseline", 9, "avc1.42E009"),
        ("High 4:4:4 Predictive", 40, "avc1.640028"),
        ("", None, "avc1.64001f"),
        ("High", 0, "avc1.64001f"),
        ("High", 99999, "avc1.64001f"),
    ],
)
def test_h264_is_named_by_profile_and_level(profile: str, level: int | None, expected: str) -> None:
    assert video_codec(video_stream(profile=profile, level=level)) == expected


@pytest.mark.parametrize(
    ("codec", "profile", "level", "expected"),
    [
        ("hevc", "Main", 93, "hev1.1.6.L93.B0"),
        ("vp9", "Profile 0", None, "vp09.00.50.08"),
        ("av1", "Main", 5, "av01.0.05M.08"),
        ("av1", "High", 0, "av01.1.00M.08"),
        ("av1", "Professional", 13, "av01.2.13M.08"),
        ("av1", "", None, "av01.0.08M.08"),
    ],
)
def test_other_pictures_are_named_as_in_the_contract(
    codec: str, profile: str, level: int | None, expected: str
) -> None:
    assert video_codec(video_stream(codec=codec, profile=profile, level=level)) == expected


@pytest.mark.parametrize(
    ("codec", "profile", "expected"),
    [
        ("aac", "LC", "mp4a.40.2"),
        ("aac", "", "mp4a.40.2"),
        ("aac", "HE-AAC", "mp4a.40.5"),
        ("mp3", "", "mp4a.40.34"),
        ("opus", "", "opus"),
        ("vorbis", "", "vorbis"),
    ],
)
def test_sounds_are_named_as_in_the_contract(codec: str, profile: str, expected: str) -> None:
    assert audio_codec(audio_stream(codec=codec, profile=profile)) == expected


def test_a_file_is_named_picture_first() -> None:
    assert codecs(media_info()) == ("avc1.64001f", "mp4a.40.2")
    assert codecs(media_info(video=None)) == ("mp4a.40.2",)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("landscape", ("avc1.42E01e", "mp4a.40.2")),
        ("webm", ("vp09.00.50.08", "opus")),
        ("mp3", ("mp4a.40.34",)),
        ("silent", ("avc1.42E01e",)),
    ],
)
def test_real_files_are_named(name: str, expected: tuple[str, ...]) -> None:
    assert codecs(probe(clip(name))) == expected
