"""All commands, in the order in which people meet them."""

import click

from medialoom.cli.accounts import login, logout
from medialoom.cli.actions import COMMANDS as ACTIONS
from medialoom.cli.requests import COMMANDS as REQUESTS
from medialoom.cli.videos import video


class _InOrder(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """List commands as they were added."""
        return list(self.commands)


@click.group(cls=_InOrder, context_settings={"help_option_names": ["-h", "--help"]})
def medialoom() -> None:
    """Compress, transcribe, summarise and read media on a Medialoom server.

    Begin with `medialoom login`. Each command takes --server and --json; see its --help.

    Exit status: 0 finished, 1 failed or canceled, 2 wrong usage, 3 partially done, 4 the server
    cannot be reached, 5 not allowed, 130 interrupted (the request goes on).
    """


for _command in (login, logout, *ACTIONS, video, *REQUESTS):
    medialoom.add_command(_command)
