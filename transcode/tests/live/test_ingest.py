"""The ingest for real: an nginx, senders and readers, and the ends that they can have."""

import os
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from tests.support.waiting import wait_until
from transcode.live import addresses, services, sessions
from transcode.live.errors import LiveBusy
from transcode.models import LiveSession, VideoState
from transcode.states import JobState, state_of
from transcode.tests.live.conftest import fresh, in_state, live_job, take
from transcode.tests.live.sending import LiveRunner, is_listening, send, sending
from transcode.tests.live.viewing import length_s, playlists_of
from transcode.videos import removal


def session(video):
    return LiveSession.objects.get(pk=video.pk)


def nginx_of(ingest):
    """Return the ids of the nginx that belong to this ingest."""
    found = [pid for pid in ingest.children() if name_of(pid) == "nginx"]
    return [pid for pid in found if is_alive(pid)]


def name_of(pid):
    comm = Path(f"/proc/{pid}/comm")
    return comm.read_text().strip() if comm.exists() else ""


def is_alive(pid):
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def reads(address, seconds=1):
    """Return whether ffmpeg gets a picture from an address."""
    command = ["ffmpeg", "-v", "error", "-i", address, "-t", str(seconds), "-f", "null", "-"]
    return subprocess.run(command, capture_output=True, timeout=180, check=False).returncode == 0


def has_begun(video):
    return session(video).started_at


def test_an_ingest_that_is_told_to_stop_leaves_neither_a_folder_nor_an_nginx(
    platform, announce, settings
):
    def folders():
        return {path for path in settings.DATA_DIR.glob("live-*") if path.is_dir()}

    before = folders()
    child = platform.start_ingest()
    announce()
    wait_until(is_listening)
    served_by = nginx_of(child)
    assert folders() > before
    child.process.terminate()
    assert child.process.wait(180) == 0
    assert folders() == before
    assert not any(is_alive(pid) for pid in served_by)


def test_nobody_listens_without_a_session(ingest, announce):
    assert not is_listening()
    new = announce()
    wait_until(is_listening)
    assert nginx_of(ingest)
    services.end_live(new.video)
    wait_until(lambda: not is_listening())
    assert fresh(new.video).state == VideoState.LIVE_ENDED


def test_a_wrong_key_sends_nothing_and_reads_nothing(ingest, announce):
    new = announce()
    stranger = send(new, 5, key="a" * 43)
    assert stranger.wait(180) != 0
    inside = send(new, 5, key=str(new.video.pk))
    assert inside.wait(180) != 0
    assert session(new.video).publisher == ""
    with sending(new, 120):
        wait_until(lambda: has_begun(new.video))
        for key in (new.stream_key, str(new.video.pk), ""):
            assert not reads(f"{new.rtmp_url}/{key}")
        assert reads(live_job(new.video).payload["input"]["rtmpUrl"])


def test_a_second_sender_does_not_disturb_the_first(ingest, runner, announce):
    new = announce()
    with sending(new, 120) as first:
        wait_until(lambda: has_begun(new.video))
        assert send(new, 5).wait(180) != 0
        assert first.poll() is None
        assert session(new.video).publisher


def test_two_streams_do_not_mix_and_a_third_is_refused(ingest, announce):
    one, two = announce("one"), announce("two")
    with pytest.raises(LiveBusy):
        announce("three")
    with sending(one, 120), sending(two, 120, has_sound=False):
        wait_until(lambda: has_begun(one.video) and has_begun(two.video))
        assert (fresh(one.video).has_audio, fresh(two.video).has_audio) == (True, False)
        keys = [live_job(new.video).payload["input"]["rtmpUrl"] for new in (one, two)]
        assert all(map(reads, keys))
    services.end_live(one.video)
    announce("three")


def test_the_job_says_what_is_to_be_made_and_its_key_reads_twice(ingest, runner, announce):
    new = announce(low_latency=True)
    with sending(new, 120):
        job = take(runner)
        address = job["payload"]["input"]["rtmpUrl"]
        readers = [threading.Thread(target=reads, args=[address, 2]) for _ in range(2)]
        for reader in readers:
            reader.start()
        assert reads(address)
        for reader in readers:
            reader.join()
    assert job["payload"]["output"] == {
        "toTranscode": [{"resolution": 360, "fps": 30}, {"resolution": 240, "fps": 30}],
        "segmentDuration": 2,
        "segmentListSize": 15,
    }
    assert (job["priority"], new.stream_key in str(job)) == (10, False)


def test_an_ended_stream_is_cut_off_and_its_runner_stops_with_a_success(
    ingest, runner, announce, tmp_path
):
    new = announce(low_latency=True)
    with sending(new, 120) as sender:
        job = take(runner)
        work = LiveRunner(runner, job, tmp_path / "work")
        working = threading.Thread(target=work.run)
        working.start()
        video = in_state(new.video, VideoState.PUBLISHED)
        address = job["payload"]["input"]["rtmpUrl"]
        services.end_live(video)
        assert sender.wait(180) != 0
        working.join(180)
    assert not working.is_alive()
    assert set(work.refused) <= {(400, "runner_job_not_in_processing_state")}
    assert work.answer.status_code == 204
    assert not reads(address)
    wait_until(lambda: fresh(video).master_name.endswith("-master.m3u8"))
    assert in_state(video, VideoState.PUBLISHED).duration_s > 0


def test_a_deleted_video_is_cut_off(ingest, runner, announce):
    new = announce()
    with sending(new, 120) as sender:
        wait_until(lambda: has_begun(new.video))
        removal.remove(new.video)
        assert sender.wait(180) != 0
    wait_until(lambda: not is_listening())


def test_a_stream_of_which_nobody_began_anything_leaves_nothing(ingest, runner, announce):
    new = announce()
    with sending(new, 120):
        wait_until(lambda: has_begun(new.video))
    video = in_state(new.video, VideoState.LIVE_ENDED)
    assert state_of(live_job(video).job) == JobState.CANCELLED
    assert (video.is_playable, video.error) == (False, "")


def test_a_killed_nginx_is_started_again_and_other_sessions_go_on(ingest, announce):
    one, two = announce("one"), announce("two")
    with sending(one, 120) as sender:
        wait_until(lambda: session(one.video).publisher)
        (pid,) = nginx_of(ingest)
        os.kill(pid, signal.SIGKILL)
        assert sender.wait(180) != 0
    wait_until(lambda: nginx_of(ingest) not in ([], [pid]))
    with sending(two, 120):
        wait_until(lambda: has_begun(two.video))


def test_a_killed_ingest_takes_nginx_along_and_the_next_one_begins_anew(ingest, platform, announce):
    new = announce()
    with sending(new, 120):
        wait_until(lambda: session(new.video).publisher)
        pids = nginx_of(ingest)
        os.kill(ingest.pid, signal.SIGKILL)
        wait_until(lambda: not any(map(is_alive, pids)))
    again = platform.start_ingest()
    wait_until(lambda: nginx_of(again))
    wait_until(lambda: session(new.video).publisher == "")
    again.kill()


def test_a_local_worker_takes_a_stream_that_no_runner_is_there_for(ingest, announce):
    new = announce(low_latency=True)
    with sending(new, 300) as sender:
        video = in_state(new.video, VideoState.PUBLISHED)
        assert live_job(video).runner is None
        wait_until(lambda: all(length_s(text) > 6 for text in playlists_of(video)))
        assert sender.poll() is None
        sender.terminate()
        sender.wait(180)
    wait_until(lambda: fresh(video).master_name.endswith("-master.m3u8"))
    video = in_state(video, VideoState.PUBLISHED)
    assert {file.resolution for file in video.files.all()} == {360, 240, 0}
    assert video.duration_s > 6
    assert sessions.jobs_of(video.pk).get().job.status == "succeeded"
    key = live_job(video).payload["input"]["rtmpUrl"].rpartition("/")[2]
    assert key not in "".join(live_job(video).job.attempts.values_list("log", flat=True))
    assert addresses.own_address(key).endswith(key)
