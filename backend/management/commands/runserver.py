"""`runserver` on daphne, which serves sockets too.

The command alone, and not daphne's app, which would load all of Twisted into every process.
"""

from daphne.management.commands.runserver import Command

__all__ = ["Command"]
