"""What docs/runners.md shows in a shell is a runner's life."""

import os
import re
import subprocess

import pytest

from tests.support.running import ROOT
from tests.support.waiting import wait_until
from transcode.models import Runner, VideoFile, VideoJob
from transcode.states import JobState, state_of
from transcode.tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = (ROOT / "docs" / "runners.md").read_text()


def shell(script, folder, **given):
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder, env={**os.environ, **given}, capture_output=True, text=True, timeout=180,
        check=False,
    )  # fmt: skip


def states_of(uuid):
    jobs = VideoJob.objects.filter(video=uuid, is_counted=True).select_related("job__parent")
    return {job.resolution: (state_of(job.job), job.failures) for job in jobs}


def test_the_shell_registers_encodes_fails_gives_back_and_leaves(door, person, tmp_path):
    uuid = person.upload("silent")
    script = "".join(re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL))
    token = factories.make_registration_token().token

    done = shell(script, tmp_path, MEDIALOOM=door, REGISTRATION=token)

    assert (done.returncode, done.stderr) == (0, "")
    assert wait_until(lambda: VideoFile.objects.filter(video=uuid).first()).resolution == 240
    assert states_of(uuid) == {240: (JobState.COMPLETED, 0), 144: (JobState.PENDING, 1)}
    assert not Runner.objects.exists()


def test_the_shell_stops_at_a_token_that_is_nobodys(door, tmp_path):
    script = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)[0]

    done = shell(script, tmp_path, MEDIALOOM=door, REGISTRATION="ptrrt-none")

    assert done.returncode != 0
    assert not Runner.objects.exists()
