"""A live stream cut into chunks."""

import re
import subprocess
import threading
from pathlib import Path

import pytest

from core.media.ffmpeg import Input
from core.media.probe import probe
from transcode.engines import live_playlists
from transcode.engines.ladder_command import Rung
from transcode.engines.live_command import live
from transcode.engines.live_playlists import LivePlaylist, numbers_of
from transcode.engines.live_window import join
from transcode.tests.engines.making import decode, make, source_of

RUNGS = [Rung("low", 144, 15), Rung("high", 240, 30)]


@pytest.mark.parametrize("count", [0, 10])
def test_none_or_more_than_nine_renditions_are_refused(count: int, tmp_path: Path) -> None:
    source = source_of("landscape")
    rungs = [Rung(f"r{at}", 100 + 2 * at, 30) for at in range(count)]
    with pytest.raises(ValueError, match="1 to 9"):
        live(Input(source.path), source.info, rungs, tmp_path)


def test_sound_alone_is_no_live_stream(tmp_path: Path) -> None:
    source = source_of("mp3")
    with pytest.raises(ValueError, match="no video"):
        live(Input(source.path), source.info, RUNGS, tmp_path)


def test_chunks_and_playlists_have_the_names_of_the_protocol(tmp_path: Path) -> None:
    source = source_of("long_gop")
    make(live(Input(source.path), source.info, RUNGS, tmp_path, segment_s=2, is_kept=True))

    names = {path.name for path in tmp_path.iterdir()}
    # The sound lasts a little longer than the picture.
    assert names - {"2-000003.ts"} == {
        "master.m3u8",
        *(f"{n}.m3u8" for n in range(3)),
        *(f"{n}-{at:06}.ts" for n in range(3) for at in range(3)),
    }
    assert re.findall(r"RESOLUTION=(\S+?),", (tmp_path / "master.m3u8").read_text()) == [
        *("426x240", "256x144")
    ]
    assert 'URI="2.m3u8"' in (tmp_path / "master.m3u8").read_text()
    assert probe(tmp_path / "1-000000.ts").audio is None
    assert probe(tmp_path / "2-000000.ts").video is None
    for n in range(3):
        assert "#EXT-X-ENDLIST" in (tmp_path / f"{n}.m3u8").read_text()
        assert decode(tmp_path / f"{n}.m3u8") == []


def test_without_sound_there_are_pictures_alone(tmp_path: Path) -> None:
    source = source_of("silent")
    make(live(Input(source.path), source.info, RUNGS, tmp_path, is_low_latency=True))
    assert {path.name for path in tmp_path.glob("*.m3u8")} == {"master.m3u8", "0.m3u8", "1.m3u8"}


def test_chunks_that_left_their_playlist_are_deleted(tmp_path: Path) -> None:
    source = source_of("long_gop")
    thrice = Input(source.path, ("-stream_loop", "2"))
    make(live(thrice, source.info, RUNGS[:1], tmp_path, segment_s=2, list_size=1))
    assert "-000000.ts" not in (tmp_path / "0.m3u8").read_text()
    assert not (tmp_path / "0-000000.ts").exists()


def test_every_chunk_that_is_listed_is_there(tmp_path: Path) -> None:
    source = source_of("long_gop")
    paced = Input(source.path, ("-readrate", "3"))
    command = live(paced, source.info, RUNGS, tmp_path, segment_s=2, is_kept=True)
    encoding = threading.Thread(target=make, args=(command,))
    encoding.start()
    most_seen = 0
    while encoding.is_alive():
        for playlist in tmp_path.glob("[0-9].m3u8"):
            listed = re.findall(r"^\d-\d{6}\.ts$", playlist.read_text(), re.MULTILINE)
            most_seen = max(most_seen, len(listed))
            assert all((tmp_path / name).stat().st_size for name in listed)
    encoding.join()
    assert most_seen > 0


def test_a_second_run_continues_the_playlists_and_the_clock_of_the_first(tmp_path: Path) -> None:
    source = source_of("long_gop")

    def run(goes_on_at_s: float) -> list[LivePlaylist]:
        options = {"segment_s": 2, "is_kept": True, "goes_on_at_s": goes_on_at_s}
        make(live(Input(source.path), source.info, RUNGS, tmp_path, **options))
        return [live_playlists.read((tmp_path / f"{n}.m3u8").read_bytes(), n) for n in range(3)]

    end_s = max(sum(chunk.duration_s for chunk in each.chunks) for each in run(0.0))
    for n, listed in enumerate(run(end_s)):
        half = len(listed.chunks) // 2
        assert [numbers_of(chunk.name) for chunk in listed.chunks] == [
            (n, at) for at in range(2 * half)
        ]
        assert [chunk.is_discontinuous for chunk in listed.chunks].index(True) == half
        joined = tmp_path / f"{n}.joined"
        join([tmp_path / chunk.name for chunk in listed.chunks], joined)
        times = decoding_times(joined)
        assert times == sorted(set(times))


def decoding_times(path: Path) -> list[int]:
    """When each packet of a stream is decoded, in the order in which they lie there."""
    words = ["-v", "error", "-show_entries", "packet=dts", "-of", "csv=p=0", str(path)]
    said = subprocess.run(["ffprobe", *words], capture_output=True, text=True, check=True)
    return [int(line.strip(",")) for line in said.stdout.split()]


def test_bit_rates_are_aimed_at(tmp_path: Path) -> None:
    source = source_of("landscape")
    words = live(Input(source.path), source.info, RUNGS, tmp_path).output
    assert words[words.index("-b:v:0") + 1] == words[words.index("-maxrate:v:0") + 1]
    assert "zerolatency" not in words
