"""The client of a Medialoom platform: `Client` in Python, `medialoom` on the command line."""

from medialoom.client import Client, Request
from medialoom.errors import BadAnswer, ClientError, NotAllowed, NotReady, Refused, Unreachable
from medialoom.progress import Progress

__all__ = [
    "BadAnswer",
    "Client",
    "ClientError",
    "NotAllowed",
    "NotReady",
    "Progress",
    "Refused",
    "Request",
    "Unreachable",
]
