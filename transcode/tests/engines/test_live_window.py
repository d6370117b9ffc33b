"""The folder of a live stream, through everything that a runner may send, in any order."""

import hashlib
import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from core.media.ffmpeg import Input, ffmpeg
from core.media.probe import probe
from tests.support.clips import clip
from transcode.engines import live_playlists
from transcode.engines.errors import BadPlaylist, Refused
from transcode.engines.live_window import LiveFolder, join
from transcode.tests.engines.hls import decode
from transcode.tests.engines.test_live_playlists import BAD_NAMES

TS = b"\x47" + bytes(187)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "live").mkdir()
    return tmp_path / "live"


@pytest.fixture
def live(folder: Path) -> LiveFolder:
    return LiveFolder(folder)


def arrive(folder: Path, data: bytes = TS) -> Path:
    path = folder.parent / "arrived"
    path.write_bytes(data)
    return path


def add(live: LiveFolder, folder: Path, *names: str) -> None:
    for name in names:
        live.add_chunk(name, arrive(folder, TS * int(name[-4])))


def playlist(*names: str, sequence: int = 1) -> bytes:
    lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:4", f"#EXT-X-MEDIA-SEQUENCE:{sequence}"]
    for name in names:
        lines += ["#EXTINF:4.000000,", name]
    return "\n".join(lines).encode()


def shown(folder: Path, name: str = "0.m3u8") -> list[str]:
    lines = (folder / name).read_text().splitlines()
    return [line for line in lines if not line.startswith("#")]


MASTER = b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n0.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=1\n1.m3u8\n"
JUMP, COUNTED = "#EXT-X-DISCONTINUITY", "#EXT-X-DISCONTINUITY-SEQUENCE"
A, B, C, D = (f"0-00000{n}.ts" for n in (1, 2, 3, 4))


def everything(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file())


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_bad_name_touches_nothing(name: str, live: LiveFolder, folder: Path) -> None:
    arrived = arrive(folder)
    for attempt in (
        lambda: live.add_chunk(name, arrived),
        lambda: live.put_playlist(name, playlist(A)),
        lambda: live.remove_chunk(name, is_kept=False),
    ):
        with pytest.raises(Refused):
            attempt()
    assert everything(folder.parent) == [arrived]


@pytest.mark.parametrize("data", [b"", b"<html>", TS[1:], TS + b"x", b"\x47", bytes(188)])
def test_a_chunk_that_is_no_transport_stream_is_refused(
    data: bytes, live: LiveFolder, folder: Path
) -> None:
    with pytest.raises(Refused):
        live.add_chunk(A, arrive(folder, data))
    assert everything(folder) == []


def test_a_playlist_that_cannot_be_read_leaves_the_old_one(live: LiveFolder, folder: Path) -> None:
    add(live, folder, A)
    live.put_playlist("0.m3u8", playlist(A))
    for bad in (b"", b"\xff", playlist("../x.ts"), playlist("1-000001.ts")):
        with pytest.raises(BadPlaylist):
            live.put_playlist("0.m3u8", bad)
    assert shown(folder) == [A]


def test_a_master_that_lies_is_not_stored(live: LiveFolder, folder: Path) -> None:
    with pytest.raises(BadPlaylist):
        live.put_master(b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nhttps://evil.example/a.m3u8\n")
    assert everything(folder) == []


def test_a_playlist_lists_only_chunks_that_have_come(live: LiveFolder, folder: Path) -> None:
    live.put_playlist("0.m3u8", playlist(A, B))
    assert not (folder / "0.m3u8").exists()
    add(live, folder, A)
    assert shown(folder) == [A]


def test_a_late_chunk_is_listed_as_soon_as_it_comes(live: LiveFolder, folder: Path) -> None:
    add(live, folder, A, C)
    live.put_playlist("0.m3u8", playlist(A, B, C))
    assert shown(folder) == [A]
    add(live, folder, B)
    assert shown(folder) == [A, B, C]


def test_an_older_playlist_that_comes_late_changes_nothing(live: LiveFolder, folder: Path) -> None:
    add(live, folder, A, B, C)
    live.put_playlist("0.m3u8", playlist(B, C, sequence=2))
    live.put_playlist("0.m3u8", playlist(A, B))
    assert shown(folder) == [B, C]


def test_a_master_waits_for_every_playlist(live: LiveFolder, folder: Path) -> None:
    add(live, folder, A, "1-000001.ts")
    live.put_playlist("0.m3u8", playlist(A))
    assert not live.put_master(MASTER)
    assert not (folder / "master.m3u8").exists()
    live.put_playlist("1.m3u8", playlist("1-000001.ts"))
    assert live.put_master(MASTER)
    assert shown(folder, "master.m3u8") == ["0.m3u8", "1.m3u8"]
    assert live.variants() == [0, 1]


def test_a_removed_chunk_is_unlisted_and_gone(live: LiveFolder, folder: Path) -> None:
    add(live, folder, A, B)
    live.put_playlist("0.m3u8", playlist(A, B))
    live.remove_chunk(A, is_kept=False)
    assert shown(folder) == [B]
    assert "SEQUENCE:2" in (folder / "0.m3u8").read_text()
    assert not live.has(A)
    live.remove_chunk(A, is_kept=False)
    assert shown(folder) == [B]


def test_a_removed_chunk_stays_for_a_replay_but_not_in_the_list(
    live: LiveFolder, folder: Path
) -> None:
    add(live, folder, A, B)
    live.put_playlist("0.m3u8", playlist(A, B))
    live.remove_chunk(A, is_kept=True)
    add(live, folder, C)
    live.put_playlist("0.m3u8", playlist(A, B, C))
    assert shown(folder) == [B, C]
    assert [path.name for path in live.chunks(0)] == [A, B, C]


def test_each_listed_chunk_has_its_hash(live: LiveFolder, folder: Path) -> None:
    add(live, folder, A, B)
    live.remove_chunk(A, is_kept=True)
    hashes = json.loads((folder / "segments-sha256.json").read_bytes())
    assert hashes == {B: hashlib.sha256((folder / B).read_bytes()).hexdigest()}


def test_a_discontinuity_that_left_the_window_is_counted(live: LiveFolder, folder: Path) -> None:
    def jumping(*names: str, sequence: int) -> bytes:
        data = playlist(*names, sequence=sequence)
        return data.replace(f"#EXTINF:4.000000,\n{B}".encode(), f"{JUMP}\n#EXTINF:4,\n{B}".encode())

    add(live, folder, A, B, C, D)
    live.put_playlist("0.m3u8", jumping(A, B, C, sequence=1))
    assert COUNTED not in (folder / "0.m3u8").read_text()
    live.put_playlist("0.m3u8", jumping(B, C, D, sequence=2))
    assert COUNTED not in (folder / "0.m3u8").read_text()
    live.put_playlist("0.m3u8", jumping(C, D, sequence=3))
    text = (folder / "0.m3u8").read_text()
    assert f"{COUNTED}:1\n" in text
    assert f"{JUMP}\n" not in text
    live.put_playlist("0.m3u8", jumping(D, sequence=4))
    live.finish()
    assert f"{COUNTED}:1\n" in (folder / "0.m3u8").read_text()


def test_at_the_end_chunks_that_never_came_are_dropped(live: LiveFolder, folder: Path) -> None:
    add(live, folder, A, B, "1-000001.ts")
    live.put_playlist("0.m3u8", playlist(A, B, C))
    live.put_playlist("1.m3u8", playlist("1-000001.ts"))
    live.finish()
    assert shown(folder) == [A, B]
    for name in ("0.m3u8", "1.m3u8"):
        assert (folder / name).read_text().endswith("#EXT-X-ENDLIST\n")


def test_at_the_end_a_chunk_behind_a_gap_is_listed_too(live: LiveFolder, folder: Path) -> None:
    add(live, folder, A, C)
    live.put_playlist("0.m3u8", playlist(A, B, C))
    assert shown(folder) == [A]
    live.finish()
    assert shown(folder) == [A, C]


def test_finishing_twice_or_writing_afterwards_changes_nothing(
    live: LiveFolder, folder: Path
) -> None:
    add(live, folder, A)
    live.put_playlist("0.m3u8", playlist(A))
    live.finish()
    ended = (folder / "0.m3u8").read_text()
    live.finish()
    add(live, folder, B)
    live.put_playlist("0.m3u8", playlist(A, B))
    assert (folder / "0.m3u8").read_text() == ended


def test_chunks_are_ordered_by_their_numbers(live: LiveFolder, folder: Path) -> None:
    for name in ("0-10.ts", "0-9.ts", "0-000001.ts", "1-2.ts", "10-1.ts"):
        live.add_chunk(name, arrive(folder))
    (folder / "0-x.ts").write_bytes(TS)
    assert [path.name for path in live.chunks(0)] == ["0-000001.ts", "0-9.ts", "0-10.ts"]


def test_a_folder_that_nothing_came_to_can_be_finished(live: LiveFolder, folder: Path) -> None:
    live.finish()
    assert live.variants() == []


_WRITER = """
import sys
from pathlib import Path
from transcode.engines.live_window import LiveFolder
folder, half = Path(sys.argv[1]), int(sys.argv[2])
live = LiveFolder(folder)
for n in range(1, 41):
    name = f"0-{n:06d}.ts"
    if n % 2 == half:
        arrived = folder.parent / f"arrived-{half}"
        arrived.write_bytes(b"\\x47" + bytes(187))
        live.add_chunk(name, arrived)
    text = "#EXTM3U\\n#EXT-X-TARGETDURATION:4\\n#EXT-X-MEDIA-SEQUENCE:1\\n"
    text += "".join(f"#EXTINF:4,\\n0-{m:06d}.ts\\n" for m in range(1, n + 1))
    live.put_playlist("0.m3u8", text.encode())
"""


def test_with_two_writers_every_read_finds_every_listed_chunk(folder: Path) -> None:
    root = Path(__file__).resolve().parents[3]
    command = [sys.executable, "-c", _WRITER, str(folder)]
    writers = [subprocess.Popen([*command, half], cwd=root) for half in ("0", "1")]
    is_over = threading.Event()
    missing: list[str] = []

    def read_all_the_time() -> None:
        while not is_over.is_set():
            path = folder / "0.m3u8"
            listed = live_playlists.read(path.read_bytes(), 0).chunks if path.exists() else ()
            missing.extend(each.name for each in listed if not (folder / each.name).exists())

    reader = threading.Thread(target=read_all_the_time)
    reader.start()
    try:
        assert [writer.wait(180) for writer in writers] == [0, 0]
    finally:
        is_over.set()
        reader.join()

    assert missing == []
    # A writer that falls behind makes the list begin later, but never with gaps.
    listed = shown(folder)
    assert listed == [f"0-{n:06d}.ts" for n in range(41 - len(listed), 41)]
    assert len(LiveFolder(folder).chunks(0)) == 40
    hashes = json.loads((folder / "segments-sha256.json").read_bytes())
    assert len(hashes) == 40


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """What a live ffmpeg leaves of six seconds, with two variants and their sound."""
    made = tmp_path / "made"
    made.mkdir()
    h264 = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "30", "-sc_threshold", "0")
    ffmpeg(
        [Input(clip("long_gop"))],
        (
            *("-map", "0:v", "-map", "0:v", "-map", "0:a", *h264, "-s:v:1", "320x180"),
            *("-c:a", "aac", "-f", "hls", "-hls_time", "2", "-hls_list_size", "0"),
            *("-hls_flags", "independent_segments", "-master_pl_name", "master.m3u8"),
            *("-var_stream_map", "v:0,agroup:a v:1,agroup:a a:0,agroup:a,default:yes"),
            *("-hls_segment_filename", "%v-%06d.ts", "%v.m3u8"),
        ),
        cwd=made,
    )
    return made


def test_a_real_stream_plays_to_its_end(recorded: Path, live: LiveFolder, folder: Path) -> None:
    for chunk in sorted(recorded.glob("*.ts")):
        live.add_chunk(chunk.name, chunk)
    for variant in range(3):
        name = f"{variant}.m3u8"
        live.put_playlist(name, (recorded / name).read_bytes())
    assert live.put_master((recorded / "master.m3u8").read_bytes())
    live.finish()

    assert len(shown(folder)) == 3
    decode(folder / "master.m3u8")


def test_joined_chunks_are_one_stream_of_the_whole_length(
    recorded: Path, live: LiveFolder, folder: Path
) -> None:
    for chunk in sorted(recorded.glob("*.ts")):
        live.add_chunk(chunk.name, chunk)
    replay = folder.parent / "replay.ts"

    size_bytes = join(live.chunks(0), replay)

    assert size_bytes == sum(path.stat().st_size for path in live.chunks(0))
    info = probe(replay)
    assert info.duration_s == pytest.approx(6, abs=0.2)
    assert info.audio is None
    remuxed = folder.parent / "replay.mp4"
    ffmpeg([Input(replay)], ["-c", "copy", remuxed])
    assert probe(remuxed).duration_s == pytest.approx(6, abs=0.2)


def test_nothing_joined_is_an_empty_file(tmp_path: Path) -> None:
    assert join([], tmp_path / "replay.ts") == 0
