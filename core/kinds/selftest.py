"""`core.selftest`: a job that behaves as asked, for operators and for tests."""

import sys
import time
from collections.abc import Callable

from rest_framework import serializers

from core.errors import JobError
from core.jobs.kinds import JobKind
from core.jobs.types import Json
from core.media.process import Limits

STEP_S = 0.1
STALL_S = 2.0
MEMORY_LIMIT_BYTES = 2**29
EXTRA_TIME_S = 10.0
BEHAVIOURS = ("ok", "fail", "crash", "hang", "spin", "eat_memory")
# What the child program does, one script a behaviour; argv[1] is a duration in seconds.
CHILD = {
    "ok": "import sys,time\nn=float(sys.argv[1])\nprint('ok',flush=True)\ntime.sleep(n)",
    "fail": "raise SystemExit(3)",
    "crash": "import os,signal\nos.kill(os.getpid(), signal.SIGSEGV)",
    "hang": "import time\nprint('hanging',flush=True)\ntime.sleep(3600)",
    "spin": "import time\nwhile True: print('spinning',flush=True); time.sleep(.05)",
    "eat_memory": "import time\nkept=[]\nwhile True: kept.append(b'x'*2**24); time.sleep(.01)",
}


class SelftestParams(serializers.Serializer[object]):
    """How long, in how many stages, and how the job behaves in its last stage."""

    duration_s = serializers.FloatField(min_value=0, max_value=600, default=1.0)
    stages = serializers.IntegerField(min_value=1, max_value=10, default=1)
    behaviour = serializers.ChoiceField(choices=BEHAVIOURS, default="ok")
    subprocess = serializers.BooleanField(default=False)


class Selftest(JobKind):
    """Walk through some stages, then succeed or misbehave. Result: `{"stages": n}`."""

    name = "core.selftest"
    title = "Test job"
    params_serializer = SelftestParams
    is_startable = True
    is_staff_only = True
    memory_limit_bytes = MEMORY_LIMIT_BYTES

    def limit_s(self) -> float:
        """Allow the asked duration and a little more."""
        return float(self.job.params["duration_s"]) + EXTRA_TIME_S

    @classmethod
    def stages_of(cls, params: Json) -> tuple[str, ...]:
        """Name as many stages as were asked for."""
        return tuple(f"stage {number + 1}" for number in range(params["stages"]))

    def run(self) -> Json:
        """Walk the stages, each taking its share of the duration."""
        each_s = self.job.params["duration_s"] / len(self.stage_names)
        for name in self.stage_names:
            self._stage(name, each_s, is_last=name == self.stage_names[-1])
        return {"stages": len(self.stage_names)}

    def _stage(self, name: str, each_s: float, *, is_last: bool) -> None:
        self.holding.log(name)
        self.report(name, 0.0)
        behaviour = self.job.params["behaviour"] if is_last else "ok"
        if self.job.params["subprocess"]:
            self._child(behaviour, each_s)
        elif behaviour == "ok":
            self._walk(name, each_s)
        else:
            MISBEHAVE[behaviour](self)

    def _walk(self, name: str, each_s: float) -> None:
        """Let the time pass, as work would, and report on it."""
        started = time.monotonic()
        while (passed_s := time.monotonic() - started) < each_s:
            self.report(name, passed_s / each_s)
            time.sleep(min(STEP_S, each_s - passed_s))  # in place of work

    def _child(self, behaviour: str, each_s: float) -> None:
        silence_s = STALL_S + (each_s if behaviour == "ok" else 0.0)
        limits = Limits(wall_s=self.limit_s(), stall_s=silence_s, memory_bytes=MEMORY_LIMIT_BYTES)
        self.program([sys.executable, "-c", CHILD[behaviour], str(each_s)], limits=limits)


def _fail(_: Selftest) -> None:
    raise JobError("The self-test failed, as it was asked to.", code="selftest")


def _crash(_: Selftest) -> None:
    raise RuntimeError("The self-test crashed, as it was asked to.")


def _hang(_: Selftest) -> None:
    while True:
        time.sleep(3600)  # as asked: it hangs until somebody ends it


def _spin(kind: Selftest) -> None:
    while True:
        kind.report(kind.stage_names[-1], 0.5)


def _eat_memory(_: Selftest) -> None:
    kept = []
    while True:
        kept.append(b"x" * 2**24)
        time.sleep(0.01)  # slowly enough for the limit to be what stops it


MISBEHAVE: dict[str, Callable[[Selftest], None]] = {
    "fail": _fail,
    "crash": _crash,
    "hang": _hang,
    "spin": _spin,
    "eat_memory": _eat_memory,
}
