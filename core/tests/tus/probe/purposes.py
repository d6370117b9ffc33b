"""`traced`: does what its metadata says, and writes down what it is told."""

import os
import signal
from pathlib import Path

from django.conf import settings

from core.errors import FieldErrors, InvalidInput, TemporaryFailure
from core.tus.models import TusUpload
from core.tus.purposes import Purpose

TRACES = Path(settings.DATA_DIR) / "tus-traces"


def trace(upload: TusUpload, word: str) -> int:
    """Append a line to what is known of an upload; return how often it was there before."""
    TRACES.mkdir(exist_ok=True)
    path = TRACES / str(upload.pk)
    before = path.read_text().count(word.split(maxsplit=1)[0]) if path.exists() else 0
    with path.open("a") as file:
        file.write(word + "\n")
    return before


class Traced(Purpose):
    """It is at `/traced/<id>/` from the first moment, and a file `<id>.whole` in the end."""

    name = "traced"

    def created(self, upload: TusUpload) -> str | None:
        if upload.metadata.get("refuse") == "created":
            raise FieldErrors({"filename": "Not this one."})
        trace(upload, "created")
        return f"/traced/{upload.pk}/"

    def grew(self, upload: TusUpload, path: Path, offset_bytes: int) -> None:
        trace(upload, f"grew {offset_bytes} {path.stat().st_size >= offset_bytes}")
        if upload.metadata.get("refuse") == "grew":
            raise InvalidInput("This is no picture of a cat.")

    def completed(self, upload: TusUpload, path: Path) -> str | None:
        before = trace(upload, "completed")
        if upload.metadata.get("refuse") == "completed":
            raise InvalidInput("This is no picture of a cat.")
        if not before and upload.metadata.get("fail") == "once":
            raise TemporaryFailure("Not now.")
        if not before and upload.metadata.get("fail") == "crash":
            raise ZeroDivisionError
        if path.exists():
            path.rename(TRACES / f"{upload.pk}.whole")
        if not before and upload.metadata.get("fail") == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        return None

    def ended(self, upload: TusUpload) -> None:
        trace(upload, "ended")
