"""ffmpeg and ffprobe run by a job: they live and die with it, and its log stays readable."""

import pytest

from core.jobs import execution
from core.media.ffmpeg import Input, ffmpeg
from core.media.probe import probe
from core.tests.jobs import kinds
from core.tests.jobs.conftest import fresh
from core.tests.media.programs import alive_with_argument, unique_seconds
from tests.support.clips import clip


@pytest.fixture
def run(make):
    """Return the function that runs a job whose kind does what `script` says."""

    def run_job(script, limit=60.0):
        kinds.Scripted.script, kinds.Scripted.limit = staticmethod(script), limit
        job = make(kinds.Scripted)
        execution.execute(job.pk)
        return fresh(job)

    return run_job


def test_what_ends_the_job_ends_its_ffmpeg(run):
    mark = f"comment={unique_seconds()}"

    def script(kind):
        endless = ["-filter_complex", "testsrc2=size=64x64,realtime", "-metadata", mark]
        ffmpeg([], [*endless, "-f", "null", "-"], runner=kind.program)
        return {}

    assert run(script, limit=1.0).error_code == "timeout"
    assert alive_with_argument(mark) == []


def test_a_failure_is_in_the_log_without_the_progress(run):
    def script(kind):
        torn = kind.scratch / "torn.ts"
        whole = clip("mpegts").read_bytes()
        torn.write_bytes(whole[:100_000] + b"\0" * 100_000 + whole[200_000:])
        shares = []

        def tell(progress):
            shares.append(progress.fraction(2.0))
            kind.report("first", shares[-1])

        ffmpeg([Input(torn)], ["-f", "null", "-"], runner=kind.program, on_progress=tell)
        return {"share": shares[-1]}

    done = run(script)
    assert done.result == {"share": 1.0}
    log = done.attempts.get().log
    assert log
    assert "out_time" not in log
    assert "progress=" not in log


def test_a_probe_in_a_job_tells_the_same_and_fills_no_log(run):
    def script(kind):
        return {"same": probe(clip("landscape"), runner=kind.program) == probe(clip("landscape"))}

    done = run(script)
    assert done.result == {"same": True}
    assert done.attempts.get().log == ""


def test_a_job_may_name_the_folder_its_program_works_in(run):
    def script(kind):
        folder = kind.scratch
        ffmpeg(
            [Input(clip("silent"))],
            ["-c", "copy", "-f", "hls", "-hls_segment_filename", "part-%d.ts", "list.m3u8"],
            cwd=folder,
            runner=kind.program,
        )
        return {"files": sorted(path.name for path in folder.iterdir())}

    assert run(script).result == {"files": ["list.m3u8", "part-0.ts"]}
