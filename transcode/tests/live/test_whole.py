"""A live stream from its first picture to its replay."""

import signal
import threading

import pytest

from transcode.api.playing import play_url
from transcode.models import VideoState
from transcode.tests.live.conftest import fresh, in_state, live_job, take
from transcode.tests.live.sending import LiveRunner, sending
from transcode.tests.live.viewing import Viewer, check_replay

CHUNKS, CHUNK_S = 6, 2


@pytest.mark.case("transcode", 26)
def test_a_runner_encodes_a_live_stream_which_plays_all_along_and_is_replayed(
    ingest, platform, runner, announce, tmp_path
):
    new = announce(low_latency=True)
    assert fresh(new.video).state == VideoState.WAITING_FOR_LIVE
    with sending(new, 300) as sender:
        job = take(runner)
        work = LiveRunner(runner, job, tmp_path / "work")
        working = threading.Thread(target=work.run)
        working.start()
        video = in_state(new.video, VideoState.PUBLISHED)
        assert video.is_playable
        viewer = Viewer(platform.url, play_url(video, "master.m3u8"))
        while viewer.most < CHUNKS and working.is_alive():
            viewer.look()
        assert sender.poll() is None
        sender.terminate()
        while working.is_alive():
            viewer.look()
        working.join()
        assert (work.refused, work.answer.status_code) == ([], 204)
    assert viewer.lists > 3
    check_replay(viewer, video, CHUNK_S * (CHUNKS - 1))


def test_a_stream_ends_with_the_worker_that_is_told_to_stop(ingest, platform, announce):
    new = announce(low_latency=True, replay=False)
    with sending(new, 300) as sender:
        in_state(new.video, VideoState.PUBLISHED)
        platform.worker.process.send_signal(signal.SIGTERM)
        video = in_state(new.video, VideoState.LIVE_ENDED)
        assert sender.wait(180) is not None
    platform.worker.process.wait(180)
    platform.heal()

    job = live_job(video).job
    assert (job.status, job.error_code, job.attempt) == ("failed", "worker_stopped", 1)
    assert video.error == job.error_message == "The worker was told to stop."
    assert not video.is_playable
