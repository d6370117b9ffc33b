"""Inputs beyond the operator's limits: little is sent, and much would be to do."""

import struct
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


def test_a_small_file_that_lasts_too_long_is_refused_before_any_of_it_is_decoded(person, tmp_path):
    path = slow_sound(tmp_path / "long.wav", duration_s=13 * 3600)
    rid, status = person.made("transcribe", path, {})

    assert (status["status"], status["error"]["code"]) == (4, "source_too_large")
    assert status["error"]["message"] == "The input is longer than the 12 hours that are allowed."
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
