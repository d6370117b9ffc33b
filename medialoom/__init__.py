"""The client of a Medialoom platform: `Client` in Python, `medialoom` on the command line."""

from medialoom.client import Client, Request
from medialoom.errors import (
    BadAnswer,
    ClientError,
    NoSuchFile,
    NotAllowed,
    NotReady,
    Refused,
    Unreachable,
)
from medialoom.progress import Progress

__all__ = [
    "BadAnswer",
    "Client",
    "ClientError",
    "NoSuchFile",
    "NotAllowed",
    "NotReady",
    "Progress",
    "Refused",
    "Request",
    "Unreachable",
]
