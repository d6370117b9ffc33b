"""The runner's journeys with PeerTube's own program, by `make test-runner` alone.

`make test` does not collect this module: there a stand-in shows the same. What is checked in
the end is the same code (`published`, `transcode.tests.live.viewing`).
"""

import re
import subprocess

import pytest
from websockets.sync.client import connect

from core.accounts.tokens import access_token
from tests.support.go_between import GoBetween
from tests.support.real_runner import RealRunner
from tests.support.waiting import wait_until
from transcode.api.playing import play_url
from transcode.models import Runner, VideoJob, VideoState
from transcode.states import JobState, state_of
from transcode.tests import factories
from transcode.tests.journeys.conftest import Person
from transcode.tests.journeys.published import (
    PUBLISHED,
    check_ladder,
    check_progress,
    frames_until_published,
)
from transcode.tests.journeys.test_no_token_leaks import (
    Overheard,
    files_of_the_platform,
    lists_of_the_api,
    pages_of_the_admin,
    talkative,
)
from transcode.tests.live.conftest import announce, in_state, ingest, live_job
from transcode.tests.live.sending import sending
from transcode.tests.live.viewing import Viewer, check_replay

__all__ = ["announce", "ingest", "talkative"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]
# Shorter than what a live playlist lists: it is compared with the replay as a whole.
LIVE_S = 24
ACCEPTS = re.compile(rb"POST \S*/api/v1/runners/jobs/([0-9a-f-]{36})/accept ")
# A registration's, a runner's or a job's token, in full.
TOKEN = re.compile(rb"ptr(?:rt|t|jt)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture
def employ():
    """Return the function that starts a real runner and registers it at an address."""
    employed = []

    def employ(url):
        runner = RealRunner(url)
        employed.append(runner)
        runner.start()
        runner.register(factories.make_registration_token().token)
        return runner

    yield employ
    for runner in employed:
        runner.close()


@pytest.fixture
def film(tmp_path):
    """Return ten seconds of 720p, with a sound."""
    path = tmp_path / "film.mp4"
    subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=1280x720:r=30:d=10",
         "-f", "lavfi", "-i", "sine=440:d=10", "-c:v", "libx264", "-preset", "ultrafast",
         "-pix_fmt", "yuv420p", "-c:a", "aac", "-movflags", "+faststart", str(path)],
        check=True,
    )  # fmt: skip
    return path


def states_of(uuid):
    rows = VideoJob.objects.filter(video=uuid, is_counted=True).select_related("job__parent")
    return [state_of(row.job) for row in rows]


def test_it_is_restarted_in_the_middle_and_ends_its_work(door, person, user, employ, film):
    """Case 24, and 36: upload, ladder, restart, publication; the progress never falls."""
    runner = employ(door)
    uuid = person.send(film)
    address = f"{door.replace('http', 'ws')}/ws/videos/{uuid}/?token={access_token(user)}"
    with connect(address) as socket:
        wait_until(lambda: JobState.PROCESSING in states_of(uuid))
        runner.stop()
        wait_until(lambda: JobState.PROCESSING not in states_of(uuid))
        assert set(VideoJob.objects.filter(video=uuid).values_list("failures", "runner")) == {
            (0, None)
        }
        runner.start()
        seen = frames_until_published(socket)
    check_ladder(door, person, person.video(uuid))
    check_progress(seen)
    runner.unregister()
    wait_until(lambda: not Runner.objects.exists())


def test_it_comes_too_late_and_goes_on_with_the_next_event(door, person, hire, employ, tmp_path):
    """Case 25: its accept is refused once; no restart is needed."""
    rival, won = hire("first"), []

    def forestall(piece):
        if not won and (match := ACCEPTS.search(piece)):
            won.append(rival.accept(match[1].decode()).json()["job"])

    between = GoBetween(door, forestall)
    runner = employ(between.url)
    pid = runner.pid
    videos = [person.upload(), person.upload("silent")]
    wait_until(lambda: won)
    # The other video is there for it to find; then the rival ends what it took.
    free = [uuid for uuid in videos if not _is_about(won[0], uuid)]
    person.wait_for_state(free[0], PUBLISHED)
    assert rival.run(won[0], tmp_path / "rival").status_code == 204
    for uuid in videos:
        person.wait_for_state(uuid, PUBLISHED)
    assert VideoJob.objects.get(pk=won[0]["uuid"]).runner.name == "first"
    assert runner.pid == pid
    between.close()


def _is_about(job, uuid):
    return VideoJob.objects.filter(pk=job["uuid"], video=uuid).exists()


def test_it_encodes_a_live_stream_which_plays_all_along_and_is_replayed(
    ingest, platform, announce, employ
):
    """Case 26: two renditions and a sound, consistent at any read, and a replay."""
    employ(platform.url)
    new = announce(low_latency=True)
    with sending(new, LIVE_S) as sender:
        video = in_state(new.video, VideoState.PUBLISHED)
        assert live_job(video).runner.name == "ci-1"
        viewer = Viewer(platform.url, play_url(video, "master.m3u8"))
        while sender.poll() is None:
            viewer.look()
        assert sender.returncode == 0
    assert viewer.lists > 3
    check_replay(viewer, video, LIVE_S / 3)


def test_no_full_token_is_logged_sent_or_shown(talkative, user, staff, access_token, employ):
    """Case 34, over its whole day."""
    heard = Overheard()
    employ(talkative)
    person = Person(talkative, user)
    uuid = person.upload()
    wait_until(lambda: JobState.PROCESSING in states_of(uuid))
    shown = pages_of_the_admin(staff) + lists_of_the_api(staff, uuid, access_token)
    person.wait_for_state(uuid, PUBLISHED)
    shown += pages_of_the_admin(staff) + lists_of_the_api(staff, uuid, access_token)
    logs = {name: text for name, text in files_of_the_platform().items() if name.endswith(".log")}
    kept = {"Redis": heard.end(), "pages and lists": shown, **logs}

    assert str(uuid).encode() in shown  # The search finds what is there.
    assert [place for place, text in kept.items() if TOKEN.search(text)] == []
