"""What makes two requests the same work (Media API contract, 2.6)."""

import os
import uuid

import pytest

from media_api.services.fingerprints import fingerprint, of_path

ASKED = {
    "owner_id": uuid.UUID(int=1),
    "route": "custom",
    "actions": ("compress", "transcribe"),
    "config": {"ffmpeg": {"preset": "slow", "video": {"width": 320, "fps": 24}}},
    "source": "sha256:ab",
}


def test_order_and_repeats_say_nothing():
    again = {
        **ASKED,
        "actions": ["transcribe", "compress", "transcribe"],
        "config": {"ffmpeg": {"video": {"fps": 24, "width": 320}, "preset": "slow"}},
    }

    assert fingerprint(**again) == fingerprint(**ASKED)
    assert len(fingerprint(**ASKED)) == 64


@pytest.mark.parametrize(
    "other",
    [
        {"owner_id": uuid.UUID(int=2)},
        {"owner_id": None},
        {"route": "compress"},
        {"actions": ("compress",)},
        {"config": {"ffmpeg": {"preset": "slow", "video": {"width": 322, "fps": 24}}}},
        {"source": "sha256:ac"},
        {"source": "url:ab"},
    ],
    ids=str,
)
def test_whatever_else_differs_is_other_work(other):
    assert fingerprint(**{**ASKED, **other}) != fingerprint(**ASKED)


def test_a_path_is_another_file_once_it_was_written(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(b"film")
    before = of_path(path)
    assert of_path(path) == before

    os.utime(path, ns=(1, 1))

    assert of_path(path) != before
    with pytest.raises(OSError, match="none"):
        of_path(tmp_path / "none.mp4")
