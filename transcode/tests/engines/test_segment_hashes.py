import hashlib
import json
from pathlib import Path

import pytest

from transcode.engines.byteranges import READ_BYTES, ByteRange
from transcode.engines.errors import BadPlaylist
from transcode.engines.playlists import read_file
from transcode.engines.segment_hashes import document, hash_file, hash_ranges
from transcode.tests.engines.hls import hls


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_a_range_past_the_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    with pytest.raises(BadPlaylist, match="past the end"):
        hash_ranges(path, [ByteRange(4, 0), ByteRange(2, 4)])


def test_each_range_is_hashed_by_its_own_key(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abcdef")
    assert hash_ranges(path, [ByteRange(2, 0), ByteRange(4, 2)]) == {
        "0-1": sha256(b"ab"),
        "2-5": sha256(b"cdef"),
    }


def test_ranges_larger_than_a_read_are_hashed_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    data = bytes(range(256)) * (3 * READ_BYTES // 256) + b"end"
    path.write_bytes(data)
    assert hash_ranges(path, [ByteRange(len(data) - 1, 1)]) == {
        f"1-{len(data) - 1}": sha256(data[1:])
    }
    assert hash_file(path) == sha256(data)


def test_of_a_file_that_grew_only_what_is_new_is_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    before = hash_ranges(path, [ByteRange(3, 0)])
    path.write_bytes(b"xyz" + b"def")  # the old bytes are gone: nobody may look at them

    after = hash_ranges(path, [ByteRange(3, 0), ByteRange(3, 3)], known=before)

    assert after == {"0-2": sha256(b"abc"), "3-5": sha256(b"def")}


def test_hashes_of_ranges_that_are_gone_are_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    assert hash_ranges(path, [ByteRange(3, 0)], known={"9-10": "old"}).keys() == {"0-2"}


def test_the_document_verifies_against_the_segments_of_a_real_rendition(tmp_path: Path) -> None:
    result = hls("180", tmp_path)
    playlist = read_file(result.playlist)
    served = json.loads(document({"a.mp4": hash_ranges(result.video, playlist.ranges)}))

    data = result.video.read_bytes()
    assert served.keys() == {"a.mp4"}
    assert len(served["a.mp4"]) == len(playlist.segments) + 1
    covered = 0
    for key, digest in served["a.mp4"].items():
        first, last = map(int, key.split("-"))
        assert sha256(data[first : last + 1]) == digest
        covered += last - first + 1
    assert covered == len(data)
