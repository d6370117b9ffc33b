"""The temporary file of a form whose web process was killed goes with the sweep."""

import os
import time
from pathlib import Path

import pytest

from transcode.videos import upkeep

pytestmark = pytest.mark.django_db
HOURS_7 = 7 * 3600


@pytest.fixture
def forms(settings, tmp_path):
    """Return the folder of forms' files."""
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    return tmp_path


def aged(path: Path, age_s: float) -> Path:
    path.write_bytes(b"x")
    then = time.time() - age_s
    os.utime(path, (then, then))
    return path


def test_one_that_may_still_be_written_stays(forms, videos):
    mine = aged(forms / "tmpa1.upload.mp4", 60)

    upkeep.sweep()

    assert mine.exists()


def test_another_programs_file_stays(forms, videos):
    theirs = aged(forms / "tmpxyz.mp4", HOURS_7)

    upkeep.sweep()

    assert theirs.exists()


def test_an_old_one_goes(forms, videos):
    left = aged(forms / "tmpa1.upload.mp4", HOURS_7)

    assert upkeep.sweep() == 1
    assert not left.exists()
