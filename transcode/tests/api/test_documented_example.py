"""What docs/api.md tells a client to type does what it says."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from core.accounts.tokens import access_token
from tests.support.clips import clip
from tests.support.fixtures import PASSWORD
from transcode.models import Video
from transcode.videos import storage

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parent.parent.parent.parent
PAGE = (ROOT / "docs" / "api.md").read_text()


def run(folder, platform, user, containing="video/upload"):
    """Run the page's example as it stands, on this platform and account."""
    examples = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
    (example,) = [each for each in examples if containing in each]
    given = {"MEDIALOOM": platform.url, "EMAIL": user.email, "PASSWORD": PASSWORD}
    given["TOKEN"] = access_token(user)
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", example],
        cwd=folder, env={**os.environ, **given}, capture_output=True, text=True, timeout=180,
        check=False,
    )  # fmt: skip


def test_the_example_ends_where_the_file_is_refused(platform, user, tmp_path):
    (tmp_path / "clip.mp4").write_text("only words")

    done = run(tmp_path, platform, user)

    assert done.returncode != 0
    assert not Video.objects.exists()


def test_the_example_of_a_resumable_upload_names_the_video(platform, user, tmp_path):
    shutil.copyfile(clip("silent"), tmp_path / "clip.mp4")

    done = run(tmp_path, platform, user, "/api/v1/tus/")

    assert done.returncode == 0, done.stderr
    video = Video.objects.get()
    assert done.stdout.strip() == f"/api/v1/video/{video.pk}"
    assert (video.name, video.size_bytes) == ("My clip", clip("silent").stat().st_size)
    storage.remove_video(video.pk)


def test_the_example_prints_a_playlist(platform, user, tmp_path):
    shutil.copyfile(clip("landscape"), tmp_path / "clip.mp4")

    done = run(tmp_path, platform, user)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("#EXTM3U")
    assert "#EXT-X-STREAM-INF" in done.stdout
    storage.remove_video(Video.objects.get().pk)
