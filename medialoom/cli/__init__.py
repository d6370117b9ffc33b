"""The command `medialoom`."""

import json
import os
import sys

import click

from medialoom.cli.following import Interrupted
from medialoom.cli.group import medialoom
from medialoom.errors import FAILED, INTERRUPTED, USAGE, ClientError

__all__ = ["main"]


def main(args: list[str] | None = None) -> int:
    """Run the command; return its exit status. Every error is one sentence on stderr."""
    words = sys.argv[1:] if args is None else args
    try:
        status = medialoom.main(words, prog_name="medialoom", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read has gone; Python would complain once more when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return USAGE
    except (
        ClientError, click.ClickException, Interrupted, KeyboardInterrupt, click.Abort, OSError,
    ) as error:  # fmt: skip
        code, sentence, status = _explained(error)
        body = {"error": {"code": code, "message": sentence}}
        click.echo(json.dumps(body) if "--json" in words else sentence, err=True)
    return status if isinstance(status, int) else 0


def _explained(error: BaseException) -> tuple[str, str, int]:
    """Return code, sentence and exit status of what ended a command."""
    if isinstance(error, ClientError):
        return error.code, str(error), error.exit_status
    if isinstance(error, click.UsageError):
        hint = "" if error.ctx is None else f" See `{error.ctx.command_path} --help`."
        # A list of choices comes on lines of its own.
        sentence = " ".join(error.format_message().split()).rstrip(".") + "."
        return "usage", sentence + hint, USAGE
    if isinstance(error, click.ClickException):
        return "failed", error.format_message(), FAILED
    if isinstance(error, OSError):
        return "local_file", f"{error.filename or 'A file'}: {error.strerror}.", FAILED
    return "interrupted", str(error) or "Interrupted.", INTERRUPTED
