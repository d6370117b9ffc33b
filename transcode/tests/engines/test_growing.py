"""A rendition that is read while ffmpeg still writes it."""

import threading
from itertools import pairwise
from pathlib import Path

import pytest

from core.media.ffmpeg import Input, ffmpeg
from tests.support.clips import clip
from transcode.engines.fragments import require_whole_fragments
from transcode.engines.playlists import Kind, MediaPlaylist, read_file, write
from transcode.engines.segment_hashes import hash_ranges
from transcode.tests.engines.hls import decode


def encode(folder: Path) -> None:
    """Encode two seconds in their own time, in segments of a quarter of a second."""
    ffmpeg(
        [Input(clip("landscape"), options=("-re",))],
        (
            *("-map", "0:v", "-s", "160x90", "-c:v", "libx264", "-preset", "ultrafast"),
            *("-tune", "zerolatency", "-force_key_frames", "expr:gte(t,n_forced*0.25)"),
            *("-f", "hls", "-hls_time", "0.25", "-hls_segment_type", "fmp4"),
            *("-hls_playlist_type", "event", "-hls_flags", "single_file+independent_segments"),
            *("-hls_segment_filename", "v0.mp4", "v0.m3u8"),
        ),
        cwd=folder,
    )


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[MediaPlaylist, int]]]:
    """The folder at the end, and each different list seen, with the file's size right after."""
    folder = tmp_path_factory.mktemp("growing")
    encoder = threading.Thread(target=encode, args=(folder,))
    encoder.start()
    seen: list[tuple[MediaPlaylist, int]] = []
    while encoder.is_alive():
        if (folder / "v0.m3u8").exists():
            playlist = read_file(folder / "v0.m3u8")
            if not seen or seen[-1][0] != playlist:
                seen.append((playlist, (folder / "v0.mp4").stat().st_size))
    encoder.join()
    return folder, seen


Grown = tuple[Path, list[tuple[MediaPlaylist, int]]]


def test_each_list_names_only_bytes_that_were_there(grown: Grown) -> None:
    _, seen = grown
    growing = [playlist for playlist, _ in seen if not playlist.is_ended]
    assert len(growing) >= 2
    for playlist, size_bytes in seen:
        playlist.as_event().require_fits(size_bytes)


def test_each_list_begins_like_the_one_before(grown: Grown) -> None:
    _, seen = grown
    for (before, _), (after, _) in pairwise(seen):
        assert after.initial == before.initial
        assert after.segments[: len(before.segments)] == before.segments


def test_hashes_made_on_the_way_hold_at_the_end(grown: Grown) -> None:
    folder, seen = grown
    known: dict[str, str] = {}
    for playlist, _ in seen:
        known = hash_ranges(folder / "v0.mp4", playlist.ranges, known)
    last = read_file(folder / "v0.m3u8")
    assert hash_ranges(folder / "v0.mp4", last.ranges, known) == hash_ranges(
        folder / "v0.mp4", last.ranges
    )


def test_the_last_list_covers_the_file_and_plays_under_its_final_name(grown: Grown) -> None:
    folder, _ = grown
    last = read_file(folder / "v0.m3u8")
    assert last.kind is Kind.EVENT
    assert last.is_ended
    last.require_fits((folder / "v0.mp4").stat().st_size)
    require_whole_fragments(folder / "v0.mp4", last.initial, last.ranges[1:])

    (folder / "final.mp4").hardlink_to(folder / "v0.mp4")
    (folder / "final.m3u8").write_text(write(last.as_vod(), "final.mp4"))
    decode(folder / "final.m3u8")
