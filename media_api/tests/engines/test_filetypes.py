"""What a file is, by its content: no name makes a playlist a film."""

import os
import subprocess
from pathlib import Path

import pytest

from core.media import watch
from core.media.errors import NotAvailable
from media_api.engines.duration import duration_s
from media_api.engines.filetypes import Content, FileType, inspect
from tests.support.clips import clip

PLAYLISTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile /etc/passwd\n",
    "dash": '<?xml version="1.0"?><MPD><BaseURL>file:///etc/passwd</BaseURL></MPD>',
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
}


def type_of(path: Path, content: bytes | str, suffix: str = "") -> Content:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return inspect(path, suffix=suffix)


@pytest.mark.parametrize("name", ["absent", "folder", "pipe"])
def test_what_is_no_file_is_not_looked_at(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(NotAvailable):
        inspect(tmp_path / name)


@pytest.mark.parametrize("kind", sorted(PLAYLISTS))
def test_a_playlist_by_the_name_of_a_film_is_none(kind: str, tmp_path: Path) -> None:
    found = type_of(tmp_path / "raw.mp4", PLAYLISTS[kind], ".mp4")

    assert found.type not in (FileType.VIDEO, FileType.AUDIO)
    assert found.media is None


@pytest.mark.parametrize(
    ("content", "file_type"),
    [
        (b"", FileType.OTHER),
        (b"\x00\x01\x02\x03" * 500, FileType.EXECUTABLE),
        (b"PK\x03\x04" + bytes(60), FileType.DOCUMENT),
        (b'{"a": 1}', FileType.DOCUMENT),
        (b"%PDF-1.4\n1 0 obj", FileType.PDF),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0", FileType.IMAGE),
        (b"MThd\x00\x00\x00\x06\x00\x00\x00\x01\x00\x60", FileType.OTHER),
        ("Good morning. This is a text.", FileType.TEXT),
        ("Доброе утро. Это текст.", FileType.TEXT),
    ],
)
def test_what_is_no_film_and_no_sound_is_told_by_its_content(
    content: bytes | str, file_type: FileType, tmp_path: Path
) -> None:
    found = type_of(tmp_path / "raw.mp4", content, ".mp4")

    assert found.type == file_type
    assert found.media is None


def test_a_damaged_film_is_none() -> None:
    assert inspect(clip("truncated")).type == FileType.OTHER


@pytest.mark.parametrize(
    ("name", "suffix", "file_type"),
    [
        ("landscape", "", FileType.VIDEO),
        ("landscape", ".m4a", FileType.AUDIO),
        ("mkv", ".m4a", FileType.VIDEO),
        ("mpegts", ".bin", FileType.VIDEO),
        ("silent", ".txt", FileType.VIDEO),
        ("cover", ".mp4", FileType.AUDIO),
        ("audio_only", ".mp4", FileType.AUDIO),
        ("wav", ".mp4", FileType.AUDIO),
        ("picture", ".mp4", FileType.IMAGE),
    ],
)
def test_films_and_sounds_are_told_apart(name: str, suffix: str, file_type: FileType) -> None:
    found = inspect(clip(name), suffix=suffix)

    assert found.type == file_type
    assert (found.media is not None) == (file_type != FileType.IMAGE)


def test_a_container_of_films_with_sound_alone_is_a_sound(tmp_path: Path) -> None:
    path = tmp_path / "raw.mkv"
    made = ["ffmpeg", "-v", "error", "-i", str(clip("wav")), "-c:a", "aac", str(path)]
    subprocess.run(made, check=True)

    found = inspect(path)

    assert found.mime.startswith("video/")
    assert found.type == FileType.AUDIO
    assert found.media is not None


@pytest.fixture
def live(tmp_path: Path) -> Path:
    """Return a film that does not say how long it plays."""
    path = tmp_path / "live.mkv"
    made = [
        *("ffmpeg", "-v", "error", "-i", str(clip("landscape")), "-c", "copy", "-live", "1"),
        *("-f", "matroska", str(path)),
    ]
    subprocess.run(made, check=True)
    return path


def test_a_file_without_a_duration_is_measured_by_its_packets(live: Path) -> None:
    info = inspect(live).media
    whole = inspect(clip("landscape")).media

    assert info is not None
    assert info.duration_s == 0
    assert duration_s(live, info) == pytest.approx(2.0, abs=0.1)
    assert whole is not None
    assert duration_s(Path("/nowhere"), whole) == whole.duration_s
    assert duration_s(Path("/nowhere"), info) == 0.0


def test_what_a_file_has_of_packets_may_be_more_than_is_captured(
    live: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = inspect(live).media
    monkeypatch.setattr(watch, "CAPTURE_MAX_BYTES", 1000)

    assert info is not None
    assert duration_s(live, info) == pytest.approx(2.0, abs=0.1)
