"""Inputs beyond the operator's limits: little is sent, and much would be to do."""

import struct
import subprocess
from pathlib import Path

import pytest

from tests.support.clips import clip

MONO_8_BIT = struct.pack("<HH", 1, 1)


def slow_sound(path: Path, *, duration_s: int, rate_hz: int = 2) -> Path:
    """Write a WAV of a few samples a second, which is valid, small and long."""
    samples = bytes([128]) * (duration_s * rate_hz)
    kind = MONO_8_BIT + struct.pack("<IIHH", rate_hz, rate_hz, 1, 8)
    chunks = b"WAVEfmt " + struct.pack("<I", len(kind)) + kind
    chunks += b"data" + struct.pack("<I", len(samples)) + samples
    path.write_bytes(b"RIFF" + struct.pack("<I", len(chunks)) + chunks)
    return path


def unmeasured(path: Path, source: Path) -> Path:
    """Write a film as it is written to where nobody can go back to note its length."""
    with path.open("wb") as file:
        words = ["-c", "copy", "-f", "matroska", "-live", "1", "-"]
        subprocess.run(["ffmpeg", "-v", "error", "-i", source, *words], stdout=file, check=True)
    return path


def test_a_small_file_that_lasts_too_long_is_refused_before_any_of_it_is_decoded(person, tmp_path):
    path = slow_sound(tmp_path / "long.wav", duration_s=13 * 3600)
    rid, status = person.made("transcribe", path, {})

    assert (status["status"], status["error"]["code"]) == (4, "source_too_large")
    assert status["error"]["message"] == "The input is longer than the 12 hours that are allowed."
    assert not person.job(rid).result


@pytest.mark.parametrize(("route", "name"), [("compress", "silent"), ("transcribe", "audio_only")])
def test_a_file_that_does_not_say_how_long_it_lasts_is_measured_before_it_is_taken(
    person, tmp_path, configured, route, name
):
    configured(auth={"required": False}, max_media_duration=1)
    rid, status = person.made(route, unmeasured(tmp_path / "live.mkv", clip(name)))

    assert (status["status"], status["error"]["code"]) == (4, "source_too_large")
    assert (status["curStage"], status["totalStages"]) == (0, -1)
    assert not person.job(rid).result


def test_a_small_file_whose_work_takes_too_long_is_ended_by_the_time_of_its_request(
    person, tmp_path, configured
):
    configured(auth={"required": False}, job_timeout=3)
    path = slow_sound(tmp_path / "long.wav", duration_s=11 * 3600)
    _, status = person.made("transcribe", path, {})

    assert (status["status"], status["error"]["code"]) == (4, "timeout")


@pytest.mark.parametrize("route", ["compress", "extract-audio"])
def test_pictures_with_more_pixels_than_allowed_are_refused(person, configured, route):
    configured(auth={"required": False}, max_pixels=640 * 360 - 1)
    _, status = person.made(route, clip("landscape"), {})

    assert (status["status"], status["error"]["code"]) == (4, "source_too_large")
    assert status["error"]["message"] == "A picture of the input has more than 230,399 pixels."


def test_a_small_file_that_becomes_more_than_the_disk_can_spare_is_ended(
    person, tmp_path, configured
):
    # Half an hour is 58 MB as it is listened to, which is done also where no room is to spare.
    rid = person.ask("transcribe", slow_sound(tmp_path / "long.wav", duration_s=3600))
    configured(auth={"required": False}, min_free_disk_bytes=2**53, job_timeout=30)
    status = person.work(rid)

    assert (status["status"], status["error"]["code"]) == (4, "disk_full")
    assert status["error"]["message"].endswith("needs more room than the disk can spare.")


def test_what_the_disk_has_no_room_to_spare_for_is_done_if_it_is_small(person, configured):
    rid = person.ask("extract-audio", clip("landscape"))
    configured(auth={"required": False}, min_free_disk_bytes=2**53)

    assert person.work(rid)["status"] == 2
