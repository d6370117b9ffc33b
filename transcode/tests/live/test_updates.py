"""What a runner sends of a live stream, over the API: refused, ordered, kept (contract, 4.3)."""

import json

import pytest

from tests.support.stand_in_runner import StandInRunner
from tests.support.waiting import wait_until
from transcode.live import files, services, sessions, starting
from transcode.models import VideoState
from transcode.states import JobState, state_of
from transcode.tests.factories import fresh as fresh_job
from transcode.tests.factories import make_runner
from transcode.tests.live.conftest import fresh, live_job
from transcode.videos import removal

CHUNK = (b"\x47" + b"\x00" * 187) * 10
HOSTILE = [
    "../x.ts", "a/b.ts", "/etc/0-000000.ts", "0-000000.ts\0", "0-000000.m3u8", "0-0.ts/../1", "",
    "0-000000.TS", "000-1.ts", "0-1234567890.ts", ".ts", "0-1.ts\n", "٠-١.ts",
]  # fmt: skip
MASTER = (
    b"#EXTM3U\n#EXT-X-VERSION:6\n"
    b'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="a",DEFAULT=YES,URI="1.m3u8"\n'
    b'#EXT-X-STREAM-INF:BANDWIDTH=100,RESOLUTION=640x360,AUDIO="audio"\n0.m3u8\n'
)


def playlist(variant, first, count, *, is_ended=False):
    lines = ["#EXTM3U", "#EXT-X-VERSION:6", "#EXT-X-TARGETDURATION:4"]
    lines.append(f"#EXT-X-MEDIA-SEQUENCE:{first}")
    for number in range(first, first + count):
        lines += ["#EXTINF:4.000000,", f"{variant}-{number:06}.ts"]
    return "\n".join([*lines, *(["#EXT-X-ENDLIST"] if is_ended else [])]).encode() + b"\n"


class Held:
    """A live job in the hands of a stand-in runner on the running platform."""

    def __init__(self, platform, user, tmp_path, **options):
        # Known before its job is there: a local worker leaves it the job for a while.
        _, token = make_runner("live")
        self.http = StandInRunner(platform.url)
        self.http.token = token
        new = services.create_live(owner=user, name="A stream", **options)
        self.video, self.tmp_path = new.video, tmp_path
        sessions.may_publish(new.stream_key, "1")
        key = sessions.new_reader(self.video.pk)
        wanted = [{"resolution": 360, "fps": 30}]
        starting.begin(self.video.pk, key, starting.Seen(640, 360, 30.0, has_audio=True), wanted)
        self.row = live_job(self.video)
        self.job = self.http.accept(self.row.pk).json()["job"]

    def send(self, kind="add-chunk", chunk="0-000000.ts", *, parts=None, **fields):
        said = {"type": kind, "videoChunkFilename": chunk, **fields}
        made = {"videoChunkFile": CHUNK} if kind == "add-chunk" else {}
        paths = {}
        for name, data in {**made, **(parts or {})}.items():
            paths[name] = self.tmp_path / name
            paths[name].write_bytes(data)
        return self.http.update(self.job, None, said, paths)

    def add(self, variant, number, count=0, first=0, *, master=None):
        """Add a chunk, and after it a playlist that lists `count` chunks."""
        parts, fields = {}, {}
        if count:
            parts["resolutionPlaylistFile"] = playlist(variant, first, count)
            fields["resolutionPlaylistFilename"] = f"{variant}.m3u8"
        if master:
            parts["masterPlaylistFile"] = master
        return self.send(chunk=f"{variant}-{number:06}.ts", parts=parts, **fields)

    @property
    def folder(self):
        return files.folder_of(self.video.pk)

    def names(self):
        return {path.name for path in self.folder.glob("*") if not path.name.startswith(".")}

    def state(self):
        return state_of(fresh_job(self.row).job)


@pytest.fixture
def held(platform, user, tmp_path, request):
    held = Held(platform, user, tmp_path, **getattr(request, "param", {}))
    yield held
    held.http.close()


@pytest.mark.case("transcode", 27)
def test_hostile_names_are_refused_and_so_is_what_comes_after_the_end(held):
    outside = {*held.folder.parent.rglob("*"), *held.folder.parent.parent.rglob("staging/*/*")}
    for name in HOSTILE:
        answer = held.send(chunk=name)
        assert answer.status_code == 400, name
        parts = {"resolutionPlaylistFile": playlist(0, 0, 1)}
        answer = held.send(parts=parts, resolutionPlaylistFilename=name)
        assert answer.status_code == 400, name
    assert {*held.folder.parent.rglob("*")} <= outside
    assert held.state() == JobState.PROCESSING

    services.end_live(held.video)
    for answer in (held.add(0, 0), held.http.update(held.job)):
        assert answer.status_code == 400
        assert answer.json()["code"] == "runner_job_not_in_processing_state"
    assert held.state() == JobState.PROCESSING
    assert held.names() == set()
    assert held.http.success(held.job).status_code == 204
    wait_until(lambda: fresh(held.video).state == VideoState.LIVE_ENDED)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "move-chunk"},
        {"chunk": "2-000000.ts"},
        {"parts": {"videoChunkFile": b"no transport stream"}},
        {"parts": {"resolutionPlaylistFile": playlist(0, 0, 1)}},
        {"resolutionPlaylistFilename": "0.m3u8"},
        {
            "parts": {"resolutionPlaylistFile": playlist(1, 0, 1)},
            "resolutionPlaylistFilename": "1.m3u8",
        },
        {
            "parts": {"resolutionPlaylistFile": b"#EXTM3U\n#EXTINF:4,\nfile:///etc/passwd\n"},
            "resolutionPlaylistFilename": "0.m3u8",
        },
        {"parts": {"masterPlaylistFile": MASTER.replace(b"0.m3u8", b"../0.m3u8")}},
        {"parts": {"masterPlaylistFile": b"#EXTM3U\n" + b"#\n" * 2**20}},
        {"kind": "remove-chunk", "parts": {"videoChunkFile": CHUNK}},
    ],
)
def test_what_is_malformed_is_refused_and_nothing_of_it_is_written(held, change):
    answer = held.send(**change)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("Payload is invalid")
    assert held.names() == set()
    assert held.state() == JobState.PROCESSING


def test_calls_about_a_deleted_video_find_nothing_and_write_nothing(held):
    held.add(0, 0)
    folder = held.folder
    removal.remove(held.video)
    assert held.add(0, 1).status_code == 404
    assert not folder.exists()
    assert not sessions.is_ingest_wanted()


def test_an_abort_of_a_live_job_is_its_error(held):
    assert held.http.abort(held.job, "The runner stops").status_code == 204
    assert held.state() == JobState.ERRORED
    wait_until(lambda: fresh(held.video).state == VideoState.LIVE_ENDED)
    assert fresh(held.video).error == "The runner stops"
    assert held.add(0, 0).status_code == 404


def test_a_playlist_is_served_as_far_as_its_chunks_have_come(held):
    assert held.add(0, 1).status_code == 204
    assert held.add(0, 0, count=3).status_code == 204
    served = (held.folder / "0.m3u8").read_text()
    assert "0-000001.ts" in served
    assert "0-000002.ts" not in served
    held.add(0, 2)
    assert "0-000002.ts" in (held.folder / "0.m3u8").read_text()


def test_the_video_plays_once_a_master_and_all_that_it_names_are_there(held):
    held.add(0, 0, count=1, master=MASTER)
    assert "master.m3u8" not in held.names()
    assert fresh(held.video).state == VideoState.WAITING_FOR_LIVE
    # It need not come again: it was kept.
    held.add(1, 0, count=1)
    video = fresh(held.video)
    assert (video.state, video.is_playable) == (VideoState.PUBLISHED, True)
    assert video.master_name == f"hls/{video.pk}/master.m3u8"
    assert 'URI="1.m3u8"' in (held.folder / "master.m3u8").read_text()


def test_each_chunk_has_its_hash(held):
    held.add(0, 0)
    hashes = json.loads((held.folder / "segments-sha256.json").read_bytes())
    assert set(hashes) == {"0-000000.ts"}


@pytest.mark.parametrize(
    ("held", "is_kept"), [({"replay": True}, True), ({"replay": False}, False)], indirect=["held"]
)
def test_a_removed_chunk_leaves_its_playlist_and_stays_for_a_replay(held, is_kept):
    held.add(0, 0)
    held.add(0, 1, count=2)
    assert held.send("remove-chunk").status_code == 204
    assert "0-000000.ts" not in (held.folder / "0.m3u8").read_text()
    assert ("0-000000.ts" in held.names()) == is_kept


@pytest.mark.parametrize("held", [{"replay": False}], indirect=True)
def test_without_a_replay_a_stream_ends_with_its_last_playlist(held):
    held.add(1, 0, count=1)
    held.add(0, 0, count=2, master=MASTER)
    assert held.http.success(held.job).status_code == 204
    wait_until(lambda: fresh(held.video).state == VideoState.LIVE_ENDED)
    text = (held.folder / "0.m3u8").read_text()
    assert "#EXT-X-ENDLIST" in text
    assert "0-000001.ts" not in text
    assert fresh(held.video).master_name == ""
