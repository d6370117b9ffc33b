"""The process manager: supervisor on `processes.conf`, and what it says about deaths.

It is started by its path and imports nothing of ours, so that it stays small and its
own start cannot fail with the application. Its standard output is the platform's: what
the processes write goes there line by line.

The exit status is 0 when it was told to stop, 3 when a process failed to start five
times in a row.
"""

import contextlib
import json
import os
import sys
from datetime import UTC, datetime

from supervisor import events
from supervisor.medusa import asyncore_25 as asyncore
from supervisor.options import ServerOptions, decode_wait_status
from supervisor.states import SupervisorStates
from supervisor.supervisord import Supervisor

GAVE_UP = 3


class Options(ServerOptions):  # type: ignore[misc] # supervisor has no types
    """Supervisor's options, remembering how the last process ended: it forgets failed starts."""

    last_ending = "unknown"

    def waitpid(self) -> tuple[int | None, int | None]:
        """Reap a process."""
        pid, status = super().waitpid()
        if pid:
            self.last_ending = decode_wait_status(status)[1]
        return pid, status


class Platform(Supervisor):  # type: ignore[misc] # supervisor has no types
    """Supervisor with an ear for its own events."""

    exit_status = 0

    def runforever(self) -> None:
        """Listen, then run until told to stop."""
        self.unfinished: dict[str, bytes] = {}
        events.subscribe(events.ProcessLogEvent, self.on_output)
        events.subscribe(events.ProcessStateExitedEvent, self.on_death)
        events.subscribe(events.ProcessStateBackoffEvent, self.on_failed_start)
        events.subscribe(events.ProcessStateFatalEvent, self.on_giving_up)
        super().runforever()

    def on_output(self, event: "events.ProcessLogEvent") -> None:
        """Pass on what a process has written, whole lines only."""
        name = event.process.config.name
        lines, newline, rest = (self.unfinished.get(name, b"") + event.data).rpartition(b"\n")
        self.unfinished[name] = rest
        write(lines + newline)

    def on_death(self, event: "events.ProcessStateExitedEvent") -> None:
        """Say that a running process died; supervisor starts it again at once."""
        say(
            "warning",
            f"{event.process.config.name} died ({self.options.last_ending}); it is started again.",
        )

    def on_failed_start(self, event: "events.ProcessStateBackoffEvent") -> None:
        """Say that a start failed; supervisor waits a little longer each time."""
        name, count = event.process.config.name, event.process.backoff
        say(
            "warning",
            f"{name} failed to start ({self.options.last_ending}); that was start {count} of 5.",
        )

    def on_giving_up(self, event: "events.ProcessStateFatalEvent") -> None:
        """Stop everything: a platform without one of its parts is not left half alive."""
        name = event.process.config.name
        say("error", f"{name} failed to start five times in a row: the platform stops.")
        self.exit_status = GAVE_UP
        self.options.mood = SupervisorStates.SHUTDOWN


def say(level: str, text: str) -> None:
    """Write one line of our own, in the format of the others."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    line = {"timestamp": now, "level": level, "logger": "platform", "event": text}
    is_json = os.environ.get("LOG_FORMAT") == "json"
    console = f"{now} {level.upper()} platform {text}"
    write((json.dumps(line) if is_json else console).encode() + b"\n")


def write(data: bytes) -> None:
    """Write to standard output; a reader that went away does not stop the platform."""
    with contextlib.suppress(OSError):
        while data:
            data = data[os.write(1, data) :]


def main() -> int:
    """Run until told to stop; return the exit status."""
    options = Options()
    options.realize(sys.argv[1:])
    options.first, options.test = True, False
    platform = Platform(options)
    with contextlib.suppress(asyncore.ExitNow):
        platform.main()
    options.close_logger()
    return platform.exit_status


if __name__ == "__main__":
    sys.exit(main())
