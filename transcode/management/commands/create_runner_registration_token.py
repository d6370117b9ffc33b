"""`manage.py create_runner_registration_token`: what a runner needs to be let in."""

from typing import Any

from django.core.management.base import BaseCommand

from transcode.runners.operating import make_registration_token


class Command(BaseCommand):
    """Print a new registration token, and nothing else: scripts read it."""

    help = "Make a registration token for PeerTube runners and print it."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Make it."""
        self.stdout.write(make_registration_token().token)
