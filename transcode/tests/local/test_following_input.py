"""A file that is read while it grows, and an encode that stands behind an upload."""

import pytest

from core.errors import TemporaryFailure
from core.jobs import lifecycle
from core.jobs.execution import execute
from core.jobs.models import Job, Status
from core.media import process
from core.tus import parts
from core.tus import services as tus
from core.tus.models import Status as UploadStatus
from core.tus.models import TusUpload
from tests.support.waiting import wait_until
from transcode.local import following_input, running
from transcode.local.following_input import Arrived, Follow, arrived
from transcode.models import JobType, VideoState
from transcode.tests.local.cards import CARD
from transcode.tests.local.conftest import at_work, run_all, states, waiting
from transcode.tests.local.test_streaming import half, upload  # noqa: F401
from transcode.videos import arriving, changing

DONE = (Status.SUCCEEDED, "")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "data"
    path.write_bytes(b"abcdefghij")
    return path


class Looks:
    """What is said of a file, one look after the other; the last goes on."""

    def __init__(self, *said):
        self.said = list(said)
        self.count = 0

    def __call__(self):
        self.count += 1
        return self.said.pop(0) if len(self.said) > 1 else self.said[0]


# ---- a file that grows


def test_an_upload_that_is_gone_ends_the_reading(file):
    follow = Follow(file, Looks(Arrived(3, is_whole=False), None))
    assert follow.read(10) == b"abc"
    with pytest.raises(TemporaryFailure) as caught:
        follow.read(10)
    assert caught.value.code == "upload_gone"


def test_bytes_that_may_still_be_taken_back_are_not_read(file):
    follow = Follow(file, Looks(Arrived(4, is_whole=False)))
    assert follow.read(10) == b"abcd"
    assert follow.read(10) is None
    assert follow.read(10) is None


def test_what_comes_later_is_read_later(file):
    looks = Looks(
        Arrived(0, is_whole=False), Arrived(2, is_whole=False), Arrived(10, is_whole=True)
    )
    follow = Follow(file, looks)
    assert [follow.read(4) for _ in range(6)] == [None, b"ab", b"cdef", b"ghij", b"", b""]


def test_nobody_looks_while_there_is_something_to_read(file):
    looks = Looks(Arrived(10, is_whole=True))
    follow = Follow(file, looks)
    assert b"".join(iter(lambda: follow.read(1), b"")) == b"abcdefghij"
    assert looks.count == 1


def test_a_file_that_is_moved_meanwhile_is_read_to_its_end(file, tmp_path):
    follow = Follow(file, Looks(Arrived(10, is_whole=True)))
    assert follow.read(5) == b"abcde"
    file.rename(tmp_path / "elsewhere")
    assert follow.read(10) == b"fghij"


def test_a_file_that_is_shorter_than_was_said_is_waited_for(file):
    follow = Follow(file, Looks(Arrived(20, is_whole=False)))
    assert follow.read(20) == b"abcdefghij"
    assert follow.read(20) is None


def test_somebody_is_told_when_nothing_comes(file, monkeypatch):
    monkeypatch.setattr(following_input, "PATIENCE_S", -1.0)
    told = []
    follow = Follow(file, Looks(Arrived(0, is_whole=False)), lambda: told.append(True))
    assert follow.read(10) is None
    assert told


@pytest.mark.parametrize(("length_bytes", "is_told"), [(10**15, True), (2, False)])
def test_somebody_is_told_when_too_little_comes(file, monkeypatch, length_bytes, is_told):
    monkeypatch.setattr(following_input, "PATIENCE_S", -1.0)
    told = []
    looks = Looks(Arrived(1, is_whole=False, length_bytes=length_bytes))
    follow = Follow(file, looks, lambda: told.append(True))
    assert follow.read(10) == b"a"
    assert bool(told) is is_told


def test_it_is_read_again_from_its_first_byte_wherever_it_lies_by_then(file, tmp_path):
    follow = Follow(file, Looks(Arrived(4, is_whole=False), Arrived(10, is_whole=True)))
    assert follow.read(10) == b"abcd"
    file.rename(tmp_path / "elsewhere")
    follow.begin_again()
    assert [follow.read(10) for _ in range(3)] == [b"abcd", b"efghij", b""]


def test_a_program_reads_all_of_it(file):
    looks = Looks(*(Arrived(size, is_whole=size == 10) for size in range(11)))
    assert process.run(["cat"], stdin=Follow(file, looks), capture=True).stdout == b"abcdefghij"


# ---- what is there of an upload


def test_nothing_is_known_of_an_upload_that_there_is_not(upload):  # noqa: F811
    sent = upload()
    tus.end(sent.row)
    assert arrived(sent.row.pk) is None


def test_an_expired_upload_is_gone(upload):  # noqa: F811
    sent = upload()
    TusUpload.objects.filter(pk=sent.row.pk).update(status=UploadStatus.EXPIRED)
    assert arrived(sent.row.pk) is None


def test_while_it_is_received_the_file_says_how_much_is_there(upload):  # noqa: F811
    sent = upload()
    sent.path.write_bytes(b"x" * 100)
    assert arrived(sent.row.pk) == Arrived(100, is_whole=False, length_bytes=len(sent.content))


def test_while_a_checksum_is_awaited_the_row_says_it(upload):  # noqa: F811
    sent = upload()
    sent.path.write_bytes(b"x" * 100)
    tus.note(sent.row, 40, is_checking=True)
    assert arrived(sent.row.pk) == Arrived(40, is_whole=False, length_bytes=len(sent.content))


def test_the_last_byte_makes_it_whole(upload):  # noqa: F811
    sent = upload()
    sent.path.write_bytes(sent.content)
    assert arrived(sent.row.pk) == Arrived(
        len(sent.content), is_whole=True, length_bytes=len(sent.content)
    )
    sent.finish()
    assert arrived(sent.row.pk) == Arrived(
        len(sent.content), is_whole=True, length_bytes=len(sent.content)
    )


# ---- a job that follows one


def test_a_job_whose_upload_has_ended_is_cancelled_with_its_video(upload):  # noqa: F811
    sent = upload()
    sent.came(half(sent))
    parent = waiting(sent.video, JobType.HLS)[0]
    with at_work(parent):
        wait_until(lambda: Job.objects.get(pk=parent.pk).status == Status.RUNNING)
        tus.end(sent.row)
    assert sent.video is None
    assert not Job.objects.filter(pk=parent.pk).exclude(status=Status.CANCELLED).exists()


def test_an_upload_that_stands_still_gives_its_worker_back(upload, monkeypatch):  # noqa: F811
    monkeypatch.setattr(following_input, "PATIENCE_S", 0.5)
    sent = upload()
    sent.came(half(sent))
    parent = waiting(sent.video, JobType.HLS)[0]
    execute(parent.pk)
    video = sent.video
    assert (video.state, video.round, video.progress) == (VideoState.TO_IMPORT, 2, 0.0)
    assert states(video)[JobType.HLS] == [(Status.CANCELLED, "")] * 3
    assert not video.is_playable
    sent.came(half(sent) + 1)
    assert len(sent.jobs()) == 3, "it is not begun again"
    sent.finish()
    video = run_all(sent.video)
    assert video.state == VideoState.PUBLISHED


def test_what_followed_an_upload_that_was_given_up_is_not_tried_again(upload):  # noqa: F811
    sent = upload()
    sent.came(half(sent))
    parent = waiting(sent.video, JobType.HLS)[0]
    arriving.stop_streaming(sent.video.pk)
    with pytest.raises(lifecycle.NotAllowed):
        lifecycle.retry(parent.pk)
    assert {row.job.status for row in sent.jobs()} == {Status.CANCELLED}


def test_what_follows_an_upload_can_be_tried_again(upload):  # noqa: F811
    sent = upload()
    sent.came(half(sent))
    changing.cancel(sent.video)
    changing.retry(sent.video)
    assert {row.job.status for row in sent.jobs()} == {Status.QUEUED}


def test_a_file_that_was_just_taken_in_is_not_given_up(upload):  # noqa: F811
    sent = upload()
    sent.came(half(sent))
    sent.finish()
    arriving.stop_streaming(sent.video.pk)
    assert sent.video.state == VideoState.TO_TRANSCODE
    assert {row.job.status for row in sent.jobs()} == {Status.QUEUED}


def test_a_part_that_is_not_here_costs_an_attempt(upload):  # noqa: F811
    sent = upload()
    sent.came(half(sent))
    parts.remove(sent.row.owner_id, sent.row.pk)
    parent = waiting(sent.video, JobType.HLS)[0]
    execute(parent.pk)
    parent.refresh_from_db()
    assert (parent.status, parent.video_job.failures) == (Status.QUEUED, 1)


def test_a_card_that_fails_is_replaced_by_software_while_the_file_still_comes(
    upload,  # noqa: F811
    settings,
    broken_card,
):
    settings.TRANSCODE_ENCODERS = [CARD]
    sent = upload()
    sent.came(half(sent))
    parent = waiting(sent.video, JobType.HLS)[0]
    with at_work(parent):
        wait_until(lambda: sent.video.warnings)
        assert not sent.video.source_name
        sent.finish()
    parent.refresh_from_db()
    assert (parent.attempt, parent.video_job.failures) == (1, 0)
    assert states(sent.video)[JobType.HLS] == [DONE] * 3
    assert sent.video.warnings == [f"The encoder {CARD} failed; the video was encoded in software."]


def test_a_card_that_fails_after_the_last_byte_is_replaced_by_software(
    upload,  # noqa: F811
    settings,
    monkeypatch,
):
    settings.TRANSCODE_ENCODERS = [CARD]
    sent = upload()
    sent.came(half(sent))
    parent = waiting(sent.video, JobType.HLS)[0]

    def first_usable(preferred):
        # The file is opened by now, and lies in its place before the card is asked.
        sent.finish()
        return preferred[0]

    monkeypatch.setattr(running.capabilities, "first_usable", first_usable)
    execute(parent.pk)
    parent.refresh_from_db()
    assert (parent.attempt, parent.video_job.failures) == (1, 0)
    assert states(sent.video)[JobType.HLS] == [DONE] * 3
    assert len(sent.video.warnings) == 1


def test_a_job_that_is_taken_after_the_upload_reads_the_original(upload):  # noqa: F811
    sent = upload()
    sent.came(half(sent))
    sent.finish()
    video = run_all(sent.video)
    assert video.state == VideoState.PUBLISHED
    assert set(states(video)[JobType.HLS]) == {DONE}


def test_a_source_that_plays_as_it_is_is_copied_where_the_encode_is_not_that_far(upload):  # noqa: F811
    sent = upload()
    sent.came(half(sent))
    assert waiting(sent.video, JobType.REMUX) == []
    sent.finish()
    (copy,) = waiting(sent.video, JobType.REMUX)
    assert copy.video_job.is_optional
    execute(copy.pk)
    assert sent.video.is_playable
