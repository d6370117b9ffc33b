"""What docs/api.md tells a client to type does what it says."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.clips import clip
from tests.support.fixtures import PASSWORD
from transcode.models import Video
from transcode.videos import storage

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parent.parent.parent.parent
PAGE = (ROOT / "docs" / "api.md").read_text()


def run(folder, platform, user):
    """Run the page's example as it stands, on this platform and account."""
    (example,) = re.findall(r"```bash\n(.*?video/upload.*?)```", PAGE, re.DOTALL)
    given = {"MEDIALOOM": platform.url, "EMAIL": user.email, "PASSWORD": PASSWORD}
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", example],
        cwd=folder, env={**os.environ, **given}, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip


def test_the_example_ends_where_the_file_is_refused(platform, user, tmp_path):
    (tmp_path / "clip.mp4").write_text("only words")

    done = run(tmp_path, platform, user)

    assert done.returncode != 0
    assert not Video.objects.exists()


def test_the_example_prints_a_playlist(platform, user, tmp_path):
    shutil.copyfile(clip("landscape"), tmp_path / "clip.mp4")

    done = run(tmp_path, platform, user)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("#EXTM3U")
    assert "#EXT-X-STREAM-INF" in done.stdout
    storage.remove_video(Video.objects.get().pk)
