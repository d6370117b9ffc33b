from pathlib import Path

import pytest

from transcode.engines.completeness import files_of
from transcode.engines.errors import BadPlaylist, Refused
from transcode.engines.master import Captions, captions_playlist, write
from transcode.tests.engines.hls import hls
from transcode.tests.engines.test_master import rendition


@pytest.fixture
def published(tmp_path: Path) -> Path:
    renditions = [rendition(name, tmp_path) for name in ("180", "0")]
    (tmp_path / "c.vtt").write_text("WEBVTT\n")
    (tmp_path / "c.m3u8").write_text(captions_playlist("c.vtt", 6))
    master = write(renditions, [Captions("c.m3u8", "en", "English")])
    (tmp_path / "master.m3u8").write_text(master)
    return tmp_path


ALL = {
    *("master.m3u8", "180.m3u8", "0.m3u8", "c.m3u8"),
    *("180-fragmented.mp4", "0-fragmented.mp4", "c.vtt"),
}


@pytest.mark.parametrize("name", sorted(ALL))
def test_each_missing_file_is_noticed(name: str, published: Path) -> None:
    (published / name).unlink()
    with pytest.raises(Refused) as refused:
        files_of(published, "master.m3u8")
    assert refused.value.code == "incomplete"


def test_a_folder_in_place_of_a_file_is_none(published: Path) -> None:
    (published / "c.vtt").unlink()
    (published / "c.vtt").mkdir()
    with pytest.raises(Refused):
        files_of(published, "master.m3u8")


def test_a_master_that_leads_elsewhere_is_refused(published: Path) -> None:
    master = published / "master.m3u8"
    master.write_text(master.read_text().replace('URI="0.m3u8"', 'URI="../0.m3u8"'))
    with pytest.raises(BadPlaylist):
        files_of(published, "master.m3u8")


def test_every_file_of_a_player_is_named_once(published: Path) -> None:
    hls("360", published)  # of another time
    assert files_of(published, "master.m3u8") == ALL
