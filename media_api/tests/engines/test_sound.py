"""The sound of a file: as it was asked for, and as loud as it was."""

import subprocess
import wave
from pathlib import Path

import pytest

from core.media import process
from core.media.probe import probe
from core.media.process import Limits
from media_api.engines.commands import run
from media_api.engines.errors import NoAudioStream
from media_api.engines.sound import AudioSettings, audio_name, extract
from media_api.engines.words import SAMPLE_RATES_HZ, AudioCodec
from tests.support.clips import clip

LIMITS = Limits(wall_s=120)
MP3, AAC = AudioCodec.MP3, AudioCodec.AAC


def extracted(name: str, folder: Path, settings: AudioSettings) -> Path:
    source, target = clip(name), folder / audio_name(settings.codec)
    run(extract(source, probe(source), settings, target), runner=process.run, limits=LIMITS)
    return target


def loudest_db(path: Path) -> float:
    words = ["ffmpeg", "-i", str(path), "-map", "0:a", "-af", "volumedetect", "-f", "null", "-"]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stderr
    return float(said.split("max_volume: ")[1].split()[0])


def test_what_has_no_sound_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoAudioStream) as refused:
        extracted("silent", tmp_path, AudioSettings(MP3, 128, 48000))

    assert refused.value.code == "no_audio_stream"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "settings", "file"),
    [
        ("landscape", AudioSettings(AAC, 96, 44100), "audio.m4a"),
        ("surround", AudioSettings(MP3, 128, 48000), "audio.mp3"),
        ("wav", AudioSettings(AAC, 512, 7350), "audio.m4a"),
        ("audio_only", AudioSettings(MP3, 8, 8000), "audio.mp3"),
    ],
)
def test_it_is_encoded_as_asked(
    name: str, settings: AudioSettings, file: str, tmp_path: Path
) -> None:
    path = extracted(name, tmp_path, settings)

    info = probe(path)
    assert path.name == file
    assert info.video is None
    assert info.audio is not None
    assert info.audio.codec == {"libmp3lame": "mp3", "aac": "aac"}[settings.codec]
    assert info.audio.sample_rate_hz == settings.rate_hz
    assert info.duration_s == pytest.approx(2.0, abs=0.2)


@pytest.mark.parametrize("codec", list(AudioCodec))
def test_the_rates_of_a_codec_are_those_that_ffmpeg_takes(codec: AudioCodec) -> None:
    words = ["ffmpeg", "-hide_banner", "-h", f"encoder={codec.value}"]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    listed = said.split("Supported sample rates:")[1].splitlines()[0]

    assert SAMPLE_RATES_HZ[codec] == set(map(int, listed.split()))


def test_it_is_as_loud_as_it_was(tmp_path: Path) -> None:
    made = extracted("landscape", tmp_path, AudioSettings(MP3, 320, 48000))

    assert loudest_db(made) == pytest.approx(loudest_db(clip("landscape")), abs=1.0)


def test_channels_without_names_are_mixed_all_the_same(tmp_path: Path) -> None:
    source = tmp_path / "six.wav"
    with wave.open(str(source), "wb") as file:
        file.setparams((6, 2, 48000, 0, "NONE", ""))
        file.writeframes(bytes(6 * 2 * 4800))
    info, target = probe(source), tmp_path / "audio.mp3"

    run(extract(source, info, AudioSettings(MP3, 64, 48000), target), runner=process.run)

    assert info.audio is not None
    assert (info.audio.channels, info.audio.layout) == (6, None)
    found = probe(target).audio
    assert found is not None
    assert found.channels == 2


def test_settings_are_read_from_a_request() -> None:
    group = {"codec": "aac", "bitrate": 96, "sampleRate": 44100}

    assert AudioSettings.of(group) == AudioSettings(AAC, 96, 44100)
