"""The rows of live streams: places, keys, and what the upkeep does about them."""

import os
from datetime import timedelta

import pytest
from django.utils import timezone

from core.errors import FieldErrors
from core.jobs import lifecycle
from core.jobs.models import Job
from transcode.live import (
    addresses,
    chunks,
    closing,
    files,
    rtmp_server,
    services,
    sessions,
    starting,
)
from transcode.live.chunks import Change
from transcode.live.errors import LiveBusy, LiveOff
from transcode.live.tasks import watch_live
from transcode.models import LiveSession, Video, VideoState
from transcode.runners.tokens import hash_of
from transcode.states import JobState, state_of
from transcode.tests.live.conftest import fresh, live_job
from transcode.tests.live.test_updates import playlist
from transcode.videos import storage, upkeep
from transcode.videos.errors import WrongState

SEEN = starting.Seen(640, 360, 30.0, has_audio=True)


@pytest.fixture(autouse=True)
def _by_itself(alone, transactional_db, settings):
    settings.TRANSCODE_LOCAL_WORKERS = "off"


@pytest.fixture
def begun(announce):
    """Return the function that announces a stream which then comes."""

    def begin(**options):
        new = announce(**options)
        assert sessions.may_publish(new.stream_key, "1")
        key = sessions.new_reader(new.video.pk)
        assert starting.begin(new.video.pk, key, SEEN, starting.renditions(SEEN))
        return new, key

    return begin


def make_older(video, by_s):
    past = timezone.now() - timedelta(seconds=by_s)
    LiveSession.objects.filter(pk=video.pk).update(created_at=past)
    LiveSession.objects.filter(pk=video.pk).exclude(started_at=None).update(started_at=past)


def in_the_way(path):
    """Let a file be one that nobody can write or remove."""
    path.unlink(missing_ok=True)
    path.mkdir()


def with_chunk(video):
    """Put a chunk in, and a playlist that lists one more; return the stream's folder."""
    with storage.incoming() as arrived:
        arrived.write_bytes(b"\x47" * 188)
        listed = playlist(0, 0, 2)
        change = Change("0-000000.ts", arrived, playlist="0.m3u8", playlist_data=listed)
        chunks.put(video.pk, change, is_kept=True)
    return files.folder_of(video.pk)


# ---- announcing


def test_live_that_is_off_takes_and_ends_nothing(announce, settings):
    new = announce()
    settings.TRANSCODE_LIVE_RTMP_PORT = 0
    with pytest.raises(LiveOff):
        announce()
    with pytest.raises(LiveOff):
        services.end_live(new.video)


def test_without_its_server_live_is_off(announce, monkeypatch):
    monkeypatch.setattr(rtmp_server, "installed", lambda: None)
    with pytest.raises(LiveOff):
        announce()


def test_a_refused_stream_leaves_no_video(announce):
    announce()
    announce()
    with pytest.raises(LiveBusy):
        announce()
    with pytest.raises(FieldErrors):
        announce(name=" ")
    assert Video.objects.count() == 2


def test_an_ended_stream_makes_room(announce):
    first = announce()
    announce()
    services.end_live(first.video)
    announce()
    with pytest.raises(WrongState):
        services.end_live(first.video)


def test_keys_are_kept_as_hashes_alone(announce):
    new = announce()
    assert new.stream_key not in str(LiveSession.objects.values().get())
    assert LiveSession.objects.get().publisher_hash == hash_of(new.stream_key)


@pytest.mark.parametrize(
    ("host", "base", "listens", "public", "own"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000", "127.0.0.1", "127.0.0.1", "127.0.0.1"),
        ("localhost", "", "127.0.0.1", "127.0.0.1", "127.0.0.1"),
        ("0.0.0.0", "https://tube.example:8443", "0.0.0.0", "tube.example", "127.0.0.1"),
        ("::", "http://[2001:db8::1]:8000", "[::]", "[2001:db8::1]", "127.0.0.1"),
        ("192.0.2.7", "", "192.0.2.7", "192.0.2.7", "192.0.2.7"),
    ],
)
def test_addresses_follow_the_host(settings, host, base, listens, public, own):
    settings.HOST, settings.TRANSCODE_LIVE_RTMP_PORT = host, 1935
    assert addresses.listen_address() == f"{listens}:1935"
    assert addresses.public_address(base) == f"rtmp://{public}:1935/live"
    assert addresses.own_address("key") == f"rtmp://{own}:1935/live/key"


def test_the_public_url_goes_before_the_host_of_a_request(settings):
    settings.TRANSCODE_PUBLIC_URL = "https://tube.example"
    assert addresses.public_address("http://evil.example").startswith("rtmp://tube.example:")


# ---- keys


def test_a_key_dies_with_its_session(begun):
    new, key = begun()
    assert sessions.may_play(key) == new.video.pk
    services.end_live(new.video)
    assert sessions.may_play(key) is None
    assert sessions.may_publish(new.stream_key, "2") is None
    assert not sessions.may_go_on(new.stream_key)
    # Its readers are told by the sender's end, and not cut off before.
    assert sessions.may_go_on(key)
    past = timezone.now() - timedelta(seconds=11)
    LiveSession.objects.update(ended_at=past)
    assert not sessions.may_go_on(key)


def test_one_key_does_not_do_what_the_other_does(begun):
    new, key = begun()
    assert sessions.may_publish(key, "2") is None
    assert sessions.may_play(new.stream_key) is None


def test_a_session_carries_one_stream(begun):
    new, key = begun()
    sessions.has_left(new.stream_key, "2")
    assert sessions.may_play(key)
    sessions.has_left(new.stream_key, "1")
    assert sessions.may_play(key) is None
    assert sessions.may_publish(new.stream_key, "3") is None


def test_who_was_not_looked_at_yet_may_come_again(announce):
    new = announce()
    sessions.may_publish(new.stream_key, "1")
    sessions.has_left(new.stream_key, "1")
    assert sessions.may_publish(new.stream_key, "2")


def test_a_stream_is_begun_once(begun):
    new, key = begun()
    assert not starting.begin(new.video.pk, key, SEEN, starting.renditions(SEEN))
    assert sessions.new_reader(new.video.pk) is None
    assert Job.objects.count() == 1


def test_a_stream_that_nothing_comes_of_is_not_begun(announce):
    new = announce()
    sessions.may_publish(new.stream_key, "1")
    assert not starting.start(new.video.pk)  # Nobody listens there.
    assert not Job.objects.exists()
    assert sessions.to_start() == [new.video.pk]


# ---- the upkeep


def test_what_lasts_too_long_is_ended_with_a_reason(begun, announce, settings):
    settings.TRANSCODE_LIVE_MAX_DURATION = 60
    (new, _), waiting = begun(), announce()
    make_older(new.video, 59)
    assert watch_live() == 0
    make_older(new.video, 61)
    make_older(waiting.video, 61)
    watch_live()
    assert fresh(new.video).state == fresh(waiting.video).state == VideoState.LIVE_ENDED
    assert "longest time" in fresh(new.video).error


def test_a_place_whose_sender_does_not_come_is_freed(announce, begun, settings):
    settings.TRANSCODE_LIVE_MAX_SESSIONS = 3
    (new, _), waiting, sending = begun(), announce(), announce()
    sessions.may_publish(sending.stream_key, "1")
    for each in (new, waiting, sending):
        make_older(each.video, 29 * 60)
    assert watch_live() == 0
    for each in (new, waiting, sending):
        make_older(each.video, 31 * 60)
    watch_live()
    assert fresh(waiting.video).state == VideoState.LIVE_ENDED
    assert "Nobody has sent" in fresh(waiting.video).error
    assert VideoState.LIVE_ENDED not in {fresh(each.video).state for each in (new, sending)}


def test_what_was_ended_by_a_process_that_died_is_closed(announce, begun):
    idle, (new, _) = announce(), begun()
    for each in (idle, new):
        sessions.end(each.video.pk)
    watch_live()
    assert {fresh(each.video).state for each in (idle, new)} == {VideoState.LIVE_ENDED}
    assert state_of(live_job(new.video).job) == JobState.CANCELLED


def test_a_stream_whose_job_is_at_work_is_waited_for(begun):
    new, _ = begun()
    lifecycle.claim(live_job(new.video).pk, holder="worker:test", is_outside=True)
    sessions.end(new.video.pk)
    watch_live()
    assert LiveSession.objects.get().closed_at is None
    lifecycle.fail(live_job(new.video).job, "runner_error", "ffmpeg failed")
    video = fresh(new.video)
    assert (video.state, video.error) == (VideoState.LIVE_ENDED, "ffmpeg failed")


def test_a_stream_that_could_not_be_closed_with_its_job_is_closed_while_its_sender_sends_on(begun):
    new, _ = begun(replay=False)
    folder = with_chunk(new.video)
    in_the_way(folder / ".lock")
    lifecycle.claim(live_job(new.video).pk, holder="worker:test", is_outside=True)
    lifecycle.fail(live_job(new.video).job, "runner_error", "ffmpeg failed")
    assert LiveSession.objects.get().closed_at is None

    (folder / ".lock").rmdir()
    assert watch_live() == 1

    video = fresh(new.video)
    assert (video.state, video.error) == (VideoState.LIVE_ENDED, "ffmpeg failed")
    assert watch_live() == 0


def test_a_stream_that_broke_off_is_replayed_as_far_as_it_came(begun):
    new, _ = begun()
    with_chunk(new.video)
    lifecycle.claim(live_job(new.video).pk, holder="worker:test", is_outside=True)
    lifecycle.fail(live_job(new.video).job, "runner_error", "ffmpeg failed")
    video = fresh(new.video)
    assert (video.state, video.round, video.is_live) == (VideoState.TO_TRANSCODE, 2, False)
    assert video.warnings == ["The live stream broke off: ffmpeg failed"]
    # Whoever closes it again changes nothing.
    closing.close(new.video.pk)
    assert Job.objects.filter(kind="transcode.replay").count() == 1


def test_a_live_job_is_not_tried_again(begun):
    new, _ = begun()
    services.end_live(new.video)
    with pytest.raises(lifecycle.NotAllowed):
        lifecycle.retry(live_job(new.video).pk)


def test_the_files_of_a_stream_without_replay_go_a_while_after_its_end(begun):
    new, _ = begun(replay=False)
    folder = with_chunk(new.video)
    services.end_live(new.video)
    watch_live()
    assert (folder / "0.m3u8").read_text().endswith("0-000000.ts\n#EXT-X-ENDLIST\n")
    LiveSession.objects.update(files_due_at=timezone.now())
    watch_live()
    assert not folder.exists()
    assert not LiveSession.objects.exists()


def test_a_stream_that_cannot_be_closed_keeps_no_other_waiting(begun):
    stuck, other = (begun(replay=False)[0].video for _ in range(2))
    in_the_way(with_chunk(stuck) / ".lock")
    for video in (stuck, other):
        sessions.end(video.pk)

    assert watch_live() == 1

    assert LiveSession.objects.get(closed_at=None).pk == stuck.pk
    assert fresh(other).state == VideoState.LIVE_ENDED
    (files.folder_of(stuck.pk) / ".lock").rmdir()
    watch_live()
    assert fresh(stuck).state == VideoState.LIVE_ENDED


def test_what_is_past_is_cleared_though_a_stream_cannot_be_closed(begun, announce):
    past, (stuck, _) = announce(), begun(replay=False)
    services.end_live(past.video)
    LiveSession.objects.update(files_due_at=timezone.now())
    LiveSession.objects.filter(pk=stuck.video.pk).update(files_due_at=None)
    in_the_way(with_chunk(stuck.video) / ".lock")
    sessions.end(stuck.video.pk)

    watch_live()

    assert [row.pk for row in LiveSession.objects.all()] == [stuck.video.pk]


def test_files_that_cannot_be_removed_keep_no_stream_from_its_end(begun, announce):
    ended, waiting = announce(), announce()
    services.end_live(ended.video)
    files.folder_of(ended.video.pk).mkdir(parents=True)
    in_the_way(files.folder_of(ended.video.pk) / "0.m3u8")
    LiveSession.objects.filter(pk=ended.video.pk).update(files_due_at=timezone.now())
    sessions.end(waiting.video.pk)

    watch_live()

    assert fresh(waiting.video).state == VideoState.LIVE_ENDED


def test_the_sweep_leaves_the_chunks_of_a_session_alone(begun):
    new, _ = begun()
    chunk = with_chunk(new.video) / "0-000000.ts"
    old = (timezone.now() - timedelta(days=1)).timestamp()
    os.utime(chunk, (old, old))
    upkeep.sweep()
    assert chunk.exists()
    LiveSession.objects.all().delete()
    upkeep.sweep()
    assert not chunk.exists()
