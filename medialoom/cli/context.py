"""What every command has: which server, as whom, and how to speak."""

import json
import os
from collections.abc import Callable
from functools import wraps
from typing import Any

import click
from rich.console import Console

from medialoom.client import Client
from medialoom.credentials import TokenFile
from medialoom.session import normalised

DEFAULT_SERVER = "http://127.0.0.1:8000"
Command = Callable[..., Any]


class Desk:
    """Where a command looks up its server, and says what it has to say."""

    def __init__(self, server: str | None, is_json: bool) -> None:
        self.tokens = TokenFile()
        self.server = normalised(server or self.tokens.last_server() or DEFAULT_SERVER)
        self.is_json = is_json
        # Bars are for people; what is printed is for the next program.
        self.console = Console(stderr=True, highlight=False, markup=False)

    def client(self, **more: Any) -> Client:
        """Return a client with the tokens of the server; renewed ones are remembered.

        `MEDIALOOM_TOKEN` wins over the file.
        """
        if token := os.environ.get("MEDIALOOM_TOKEN"):
            return Client(self.server, token, **more)
        kept = self.tokens.tokens_of(self.server)
        if kept is None:
            return Client(self.server, **more)
        return Client(
            self.server,
            kept.access,
            refresh_token=kept.refresh,
            on_renewed=lambda tokens: self.tokens.keep(self.server, tokens),
            **more,
        )

    def say(self, text: str, body: dict[str, Any]) -> None:
        """Print a line for people, or a JSON object for programs."""
        click.echo(json.dumps(body, ensure_ascii=False) if self.is_json else text)


def with_desk(command: Command) -> Command:
    """Give a command a `Desk` and the options of every command."""

    @click.option("--json", "is_json", is_flag=True, help="Print JSON, one object a line.")
    @click.option(
        "--server",
        envvar="MEDIALOOM_URL",
        metavar="URL",
        help="The server's address; otherwise MEDIALOOM_URL, the one logged in to last, or "
        f"{DEFAULT_SERVER}.",
    )
    @wraps(command)
    def wrapped(*args: Any, server: str | None, is_json: bool, **more: Any) -> Any:
        return command(Desk(server, is_json), *args, **more)

    return wrapped
