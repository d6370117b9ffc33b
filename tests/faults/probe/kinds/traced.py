"""A job that writes down each success, in the same transaction and as a file."""

import os
import time
from pathlib import Path

from django.conf import settings
from django.db import connection

from core.jobs.kinds import JobKind

FOLDER = Path(settings.DATA_DIR) / "published"


class Traced(JobKind):
    """Work for `duration_s`, then publish a file and a line in the ledger."""

    name = "faults.traced"
    max_attempts = 50

    def run(self):
        """Write a draft, let the time pass, and say so."""
        (self.scratch / "draft").write_text(str(self.job.attempt))
        until = time.monotonic() + self.job.params["duration_s"]
        while time.monotonic() < until:
            self.report("work", 0.5)
            time.sleep(0.05)
        return {"attempt": self.job.attempt}

    def publish(self, result):
        """Move the draft to where everybody sees it, and add a line to the ledger."""
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO faults_ledger (job, attempt) VALUES (%s, %s)",
                [str(self.job.pk), result["attempt"]],
            )
        draft = self.scratch / "draft"
        if draft.exists():  # published before, by a transaction that had to be repeated
            os.replace(draft, FOLDER / str(self.job.pk))  # noqa: PTH105 - atomic on purpose
