"""`manage.py`: what keeps a command from its work is one sentence, not a traceback."""

import sys
from collections.abc import Sequence

from django.core.exceptions import ImproperlyConfigured

TRACEBACK = "--traceback"
WHERE = (
    "DATA_DIR and DATABASE_URL must be those of the platform, which makes its tables when it starts"
)


def main(words: Sequence[str]) -> int:
    """Run one command; return the exit status: 2 for wrong settings, 1 for a useless database.

    `--traceback` shows what is behind a sentence, as Django has it.
    """
    from django.core.management import execute_from_command_line
    from django.db.utils import OperationalError, ProgrammingError

    if TRACEBACK in words:
        execute_from_command_line(list(words))
        return 0
    if refusal := wrong_settings():
        return _refuse(2, refusal)
    try:
        execute_from_command_line(list(words))
    except (OperationalError, ProgrammingError) as error:
        return _refuse(1, f"The database cannot be used: {error}. {WHERE}.")
    return 0


def wrong_settings() -> str:
    """Read the settings; return what is wrong with them, "" for nothing."""
    from django.conf import settings

    try:
        settings.DATA_DIR  # noqa: B018 - the first look reads them
    except ImproperlyConfigured as error:
        return str(error)
    except OSError as error:  # All that settings write lies there.
        return f"DATA_DIR: {error.filename} cannot be used ({error.strerror})."
    return ""


def _refuse(status: int, sentence: str) -> int:
    print(" ".join(sentence.split()), file=sys.stderr)  # noqa: T201
    return status
