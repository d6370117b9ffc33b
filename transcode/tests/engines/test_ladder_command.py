"""One ffmpeg for a whole ladder."""

import re
import threading
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from core.media import capabilities, process
from core.media.errors import ProgramFailed
from core.media.ffmpeg import Input, ffmpeg
from core.media.probe import probe
from tests.support.clips import clip
from transcode.engines import ladder_command
from transcode.engines.encoders import Encoder
from transcode.engines.graphs import Source
from transcode.engines.ladder import frame_rate, input_fps, resolutions
from transcode.engines.ladder_command import Rung, ladder
from transcode.tests.engines.making import Playlist, decode, make, source_of

SIZES = {144, 240, 360}
UPLOADS = {"h264_nvenc": [], "h264_vaapi": ["nv12", "hwupload"], "h264_qsv": ["nv12"]}


def rungs_of(source: Source) -> list[Rung]:
    """The ladder of a source, as the contract asks for."""
    made = resolutions(SIZES, *source.size, always_original=False)
    fps = input_fps(source.info)
    return [
        Rung(f"it-{size}", size, frame_rate(fps, size, is_top=size == made[0], fps_max=60))
        for size in made
    ]


@pytest.mark.parametrize("name", ["", "a/b", "a b", "a,b", "%v", "..", "A", "a:b", "é"])
def test_a_name_that_is_more_than_a_name_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="name"):
        Rung(name, 240, 30)
    with pytest.raises(ValueError, match="name"):
        ladder(source_of("landscape"), [], tmp_path, audio_name=name)


@pytest.mark.parametrize(("size", "fps"), [(0, 30), (241, 30), (240, 0), (-240, 30)])
def test_a_rendition_without_size_or_frames_is_refused(size: int, fps: int) -> None:
    with pytest.raises(ValueError, match="even"):
        Rung("x", size, fps)


def test_two_renditions_of_one_name_are_refused(tmp_path: Path) -> None:
    rungs = [Rung("same", 240, 30), Rung("same", 144, 30)]
    with pytest.raises(ValueError, match="same name"):
        ladder(source_of("silent"), rungs, tmp_path)


def test_a_folder_that_reads_as_a_pattern_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="percent"):
        ladder(source_of("silent"), [Rung("x", 240, 30)], tmp_path / "100%")


def test_nothing_to_make_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nothing"):
        ladder(source_of("silent"), [], tmp_path, audio_name="a-0")


def test_a_source_that_breaks_off_ends_in_an_error(tmp_path: Path) -> None:
    source = replace(source_of("landscape"), path=clip("truncated"))
    with pytest.raises(ProgramFailed):
        make(ladder(source, [Rung("x", 240, 30)], tmp_path))


@pytest.mark.parametrize(
    "name",
    [
        *("landscape", "portrait", "rotated", "odd", "film", "fifty", "ten_bit", "silent"),
        *("surround", "webm", "mkv", "mpegts", "late_audio", "interlaced", "anamorphic"),
        "variable_rate",
    ],
)
def test_every_kind_of_source_becomes_a_ladder(name: str, tmp_path: Path) -> None:
    source = source_of(name)
    rungs = rungs_of(source)
    make(ladder(source, rungs, tmp_path, audio_name="it-0"))
    sound = probe(tmp_path / "it-0-fragmented.mp4") if source.audio else None
    width, height = source.size

    assert (tmp_path / "it-0.m3u8").exists() is (source.audio is not None)
    for rung in rungs:
        info = probe(tmp_path / f"{rung.name}-fragmented.mp4")
        assert info.video is not None
        assert info.audio is None
        assert min(info.video.width, info.video.height) == rung.resolution
        assert (info.video.width > info.video.height) is (width > height)
        assert info.video.width % 2 == info.video.height % 2 == 0
        assert (info.video.codec, info.video.pix_fmt) == ("h264", "yuv420p")
        assert (info.video.sar, info.video.rotation) == (1, 0)
        assert info.video.fps == rung.fps
        assert not info.video.is_interlaced
        assert info.duration_s == pytest.approx(2, abs=0.2)
        assert decode(tmp_path / f"{rung.name}.m3u8") == []
        if sound and sound.audio:
            assert sound.audio.codec == "aac"
            assert abs(sound.audio.start_s - info.video.start_s) <= 0.1


def test_every_rendition_is_cut_at_the_same_times(tmp_path: Path) -> None:
    source = source_of("long_gop")
    rungs = [Rung("a-360", 360, 30), Rung("a-240", 240, 15), Rung("a-144", 144, 25)]
    make(ladder(source, rungs, tmp_path, audio_name="a-0"))

    cuts = [Playlist.read(tmp_path, rung.name).lengths_s for rung in rungs]
    assert cuts == [[4.0, 2.0]] * 3
    assert Playlist.read(tmp_path, "a-0").lengths_s == pytest.approx([4, 2], abs=0.05)


def test_playlists_name_one_file_and_cover_all_its_bytes(tmp_path: Path) -> None:
    make(ladder(source_of("long_gop"), [Rung("b-144", 144, 30)], tmp_path, audio_name="b-0"))
    for name in ("b-144", "b-0"):
        playlist = Playlist.read(tmp_path, name)
        assert playlist.media == {f"{name}-fragmented.mp4"}
        starts, ends = zip(*playlist.ranges, strict=True)
        assert starts == (0, *ends[:-1])
        assert ends[-1] == (tmp_path / f"{name}-fragmented.mp4").stat().st_size
    assert {path.name for path in tmp_path.iterdir()} == {
        *("b-144.m3u8", "b-144-fragmented.mp4", "b-0.m3u8", "b-0-fragmented.mp4")
    }


def test_sound_that_is_not_separated_lies_in_every_rendition(tmp_path: Path) -> None:
    make(ladder(source_of("webm"), [Rung("c-180", 180, 30), Rung("c-144", 144, 30)], tmp_path))
    for name in ("c-180", "c-144"):
        info = probe(tmp_path / f"{name}-fragmented.mp4")
        assert info.video is not None
        assert info.audio is not None
        assert info.audio.channels == 2
        assert abs(info.audio.start_s - info.video.start_s) <= 0.1


def test_loud_or_strange_sound_becomes_stereo(tmp_path: Path) -> None:
    source = source_of("surround")
    assert source.info.audio is not None
    many = replace(source.info.audio, bitrate_bps=None, layout=None)
    source = replace(source, info=replace(source.info, audio=many))
    make(ladder(source, [], tmp_path, audio_name="d-0"))

    audio = probe(tmp_path / "d-0-fragmented.mp4").audio
    assert audio is not None
    assert (audio.codec, audio.layout, audio.sample_rate_hz) == ("aac", "stereo", 48000)


def test_late_sound_begins_with_silence(tmp_path: Path) -> None:
    source = source_of("late_audio")
    make(ladder(source, [Rung("e-144", 144, 30)], tmp_path, audio_name="e-0"))
    sound = probe(tmp_path / "e-0-fragmented.mp4")
    assert sound.duration_s == pytest.approx(2.5, abs=0.1)


def test_sound_may_come_from_a_file_of_its_own(tmp_path: Path) -> None:
    source = replace(source_of("silent"), audio_path=clip("mp3"), audio_info=probe(clip("mp3")))
    make(ladder(source, [Rung("f-144", 144, 30)], tmp_path))
    info = probe(tmp_path / "f-144-fragmented.mp4")
    assert info.video is not None
    assert info.audio is not None


def test_nothing_of_the_source_s_words_is_kept(tmp_path: Path) -> None:
    titled = tmp_path / "titled.mkv"
    source = source_of("landscape")
    words = [
        "-map",
        "0",
        "-c",
        "copy",
        "-metadata",
        "title=Secret",
        "-metadata:s:v",
        "title=Secret",
    ]
    ffmpeg([Input(source.path)], [*words, titled])
    assert b"Secret" in titled.read_bytes()
    make(ladder(Source(titled, probe(titled)), [Rung("g-144", 144, 30)], tmp_path))
    assert b"Secret" not in (tmp_path / "g-144-fragmented.mp4").read_bytes()


def test_a_playlist_never_lists_a_byte_that_is_not_written_yet(tmp_path: Path) -> None:
    source = source_of("long_gop")
    rungs = [Rung("h-144", 144, 10), Rung("h-100", 100, 10)]
    command = ladder(source, rungs, tmp_path, audio_name="h-0")
    # At the pace of the clock, so that there is something to see between the segments.
    first = replace(command.inputs[0], options=("-readrate", "2"))
    encoding = threading.Thread(target=make, args=(command._replace(inputs=[first]),))
    encoding.start()
    seen = set()
    while encoding.is_alive():
        for path in tmp_path.glob("*.m3u8"):
            playlist = Playlist(path.read_text())
            size_bytes = path.with_name(f"{path.stem}-fragmented.mp4").stat().st_size
            assert playlist.ranges[-1][1] <= size_bytes
            assert "#EXT-X-PLAYLIST-TYPE:EVENT" in playlist.text
            seen.add((path.stem, len(playlist.lengths_s), "#EXT-X-ENDLIST" in playlist.text))
    encoding.join()

    for name in ("h-144", "h-100", "h-0"):
        assert (name, 1, False) in seen, "the first segment is served while the second is made"


def test_bit_rates_are_capped_by_the_formula(tmp_path: Path) -> None:
    source = source_of("landscape")
    words = ladder(source, [Rung("i-360", 360, 30), Rung("i-144", 144, 30)], tmp_path).output
    option = dict(pairwise(words))
    assert option["-maxrate:v:0"] == str(ladder_command.target(source, Rung("x", 360, 30)))
    assert option["-bufsize:v:1"] == str(2 * int(option["-maxrate:v:1"]))
    assert int(option["-maxrate:v:0"]) == 1036800
    assert "-b:v:0" not in option


def test_an_encoder_that_is_none_of_ours_is_refused() -> None:
    with pytest.raises(ValueError, match="encoder"):
        Encoder("mpeg4")


@pytest.mark.parametrize("name", ["h264_nvenc", "h264_vaapi", "h264_qsv"])
def test_hardware_aims_at_the_target_and_keeps_our_key_frames(name: str, tmp_path: Path) -> None:
    command = ladder(source_of("silent"), [Rung("j", 240, 30)], tmp_path, encoder=Encoder(name))
    option = dict(pairwise(command.output))
    assert option["-c:v"] == name
    assert option["-b:v:0"] == option["-maxrate:v:0"]
    assert option["-force_key_frames"] == "expr:gte(t,n_forced*2)"
    assert ("hwupload" in option["-filter_complex"]) is (name == "h264_vaapi")
    assert bool(command.inputs[0].options) is (name == "h264_vaapi")


@pytest.mark.parametrize("name", ["h264_nvenc", "h264_vaapi", "h264_qsv"])
def test_hardware_works_as_it_was_tried(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert name in capabilities.encoders()
    told: list[str] = []
    (tmp_path / "renderD129").touch()
    monkeypatch.setattr(capabilities, "_DEVICES", tmp_path)
    monkeypatch.setattr(capabilities, "ffmpeg", lambda _, output, **more: told.extend(output))
    assert capabilities.can_encode.__wrapped__(name)

    command = ladder(source_of("silent"), [Rung("j", 240, 30)], tmp_path, encoder=Encoder(name))
    assert list(command.inputs[0].options) == told[: told.index("-filter_complex")]
    assert (str(tmp_path / "renderD129") in told) is (name == "h264_vaapi")
    graph = dict(pairwise(command.output))["-filter_complex"]
    for filters in (told[told.index("-filter_complex") + 1], graph):
        assert re.findall("nv12|hwupload[^[;]*", filters) == UPLOADS[name]


DEFAULT_SIZES = frozenset({240, 360, 480, 720, 1080})


@pytest.mark.case("transcode", 30)
@pytest.mark.parametrize(
    ("size", "rate", "expected"),
    [
        (
            (1920, 1080),
            60,
            [
                *((1920, 1080, 60), (1280, 720, 60), (854, 480, 30)),
                *((640, 360, 30), (426, 240, 30)),
            ],
        ),
        (
            (1080, 1920),
            30,
            [
                *((1080, 1920, 30), (720, 1280, 30), (480, 854, 30)),
                *((360, 640, 30), (240, 426, 30)),
            ],
        ),
        ((640, 360), 30, [(640, 360, 30), (426, 240, 30)]),
    ],
)
def test_a_ladder_has_the_sizes_rates_and_caps_of_the_contract(
    size: tuple[int, int], rate: int, expected: list[tuple[int, int, int]], tmp_path: Path
) -> None:
    path = tmp_path / "source.mp4"
    picture = f"testsrc2=size={size[0]}x{size[1]}:rate={rate}:duration=0.5"
    encode = ["-c:v", "libx264", "-preset", "ultrafast", "-qp", "0", "-pix_fmt", "yuv420p"]
    process.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", picture, *encode, path])
    source = Source(path, probe(path))

    made = resolutions(DEFAULT_SIZES, *source.size, always_original=False)
    rungs = [
        Rung(f"r-{side}", side, frame_rate(rate, side, is_top=side == made[0], fps_max=60))
        for side in made
    ]
    command = ladder(source, rungs, tmp_path)
    make(command)

    option = dict(pairwise(command.output))
    factor = {240: 17, 360: 15, 480: 12, 720: 11, 1080: 10}
    for at, (width, height, fps) in enumerate(expected):
        side = min(width, height)
        video = probe(tmp_path / f"r-{side}-fragmented.mp4").video
        assert video is not None
        assert (video.width, video.height, video.fps) == (width, height, fps)
        cap_bps = side * side * max(size) * fps * factor[side] // (100 * min(size))
        assert source.info.bitrate_bps is not None
        assert source.info.bitrate_bps * 1.3 > cap_bps, "the source is rich enough for the cap"
        assert option[f"-maxrate:v:{at}"] == str(cap_bps)
        assert option[f"-bufsize:v:{at}"] == str(2 * cap_bps)
    assert len(list(tmp_path.glob("*.m3u8"))) == len(expected)
