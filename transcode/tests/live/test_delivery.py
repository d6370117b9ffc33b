"""What a local encode has completed goes where a runner's updates go, in the same order."""

import pytest

from transcode.engines.live_playlists import HASHES_NAME
from transcode.live import files
from transcode.local.live import Delivery
from transcode.models import LiveSession, VideoState
from transcode.tests.live.conftest import fresh
from transcode.tests.live.test_updates import CHUNK, MASTER, playlist

pytestmark = pytest.mark.django_db


@pytest.fixture(params=[True, False])
def delivery(announce, tmp_path, request):
    """Return a delivery of a stream, with a replay and without."""
    new = announce(replay=request.param)
    folder = tmp_path / "made"
    folder.mkdir()
    made = Delivery(LiveSession.objects.get(), folder)
    made.video, made.target = new.video, files.folder_of(new.video.pk)
    return made


def write(delivery, name, data=CHUNK):
    """Write a file as ffmpeg does: under another name first."""
    unfinished = delivery.folder / f"{name}.tmp"
    unfinished.write_bytes(data)
    unfinished.rename(delivery.folder / name)


def delivered(delivery):
    found = delivery.target.glob("[!.]*")
    return {path.name for path in found} - {HASHES_NAME}


def test_nothing_made_is_nothing_delivered(delivery):
    delivery.look()
    assert delivered(delivery) == set()


def test_a_chunk_that_is_being_written_is_left_alone(delivery):
    (delivery.folder / "0-000000.ts.tmp").write_bytes(CHUNK)
    delivery.look()
    assert delivered(delivery) == set()


def test_a_playlist_waits_for_its_chunks_and_the_master_for_its_playlists(delivery):
    write(delivery, "0.m3u8", playlist(0, 0, 1))
    write(delivery, "master.m3u8", MASTER)
    delivery.look()
    assert delivered(delivery) == set()
    write(delivery, "0-000000.ts")
    delivery.look()
    assert delivered(delivery) == {"0-000000.ts", "0.m3u8"}
    assert fresh(delivery.video).state == VideoState.WAITING_FOR_LIVE
    write(delivery, "1-000000.ts")
    write(delivery, "1.m3u8", playlist(1, 0, 1))
    delivery.look()
    assert "master.m3u8" in delivered(delivery)
    assert fresh(delivery.video).is_playable


def test_what_was_delivered_is_delivered_once(delivery):
    write(delivery, "0-000000.ts")
    write(delivery, "0.m3u8", playlist(0, 0, 1))
    delivery.look()
    assert not list(delivery.folder.glob("*.ts"))
    before = (delivery.target / "0.m3u8").stat().st_mtime_ns
    delivery.look()
    assert (delivery.target / "0.m3u8").stat().st_mtime_ns == before


def test_chunks_that_have_left_the_window_stay_for_a_replay_only(delivery):
    for number in range(3):
        write(delivery, f"0-{number:06}.ts")
    write(delivery, "0.m3u8", playlist(0, 0, 3))
    delivery.look()
    write(delivery, "0-000003.ts")
    write(delivery, "0.m3u8", playlist(0, 2, 2))
    delivery.look()
    listed = (delivery.target / "0.m3u8").read_text()
    assert "0-000001.ts" not in listed
    assert "0-000003.ts" in listed
    is_kept = LiveSession.objects.get().keeps_replay
    assert ("0-000001.ts" in delivered(delivery)) == is_kept
    assert "0-000002.ts" in delivered(delivery)


def test_an_encode_that_broke_off_does_not_end_the_stream(delivery):
    write(delivery, "0-000000.ts")
    write(delivery, "0.m3u8", playlist(0, 0, 1) + b"#EXT-X-ENDLIST\n")
    delivery.look()
    assert "ENDLIST" not in (delivery.target / "0.m3u8").read_text()
    write(delivery, "0-000001.ts")
    write(delivery, "0.m3u8", playlist(0, 0, 2))
    delivery.look()
    assert "0-000001.ts" in (delivery.target / "0.m3u8").read_text()


def test_it_knows_how_long_everything_is_that_was_delivered(delivery):
    assert delivery.end_s == 0
    write(delivery, "0.m3u8", playlist(0, 0, 3))
    write(delivery, "1.m3u8", playlist(1, 0, 2))
    delivery.look()
    three_s = delivery.end_s
    write(delivery, "0.m3u8", playlist(0, 2, 4))
    delivery.look()
    assert three_s > 0
    assert delivery.end_s == pytest.approx(2 * three_s)
