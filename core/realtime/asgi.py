"""The types of ASGI, as far as sockets use them (asgi.readthedocs.io, version 3)."""

from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Coroutine[Any, Any, None]]
# A function in the scope's `extensions`, where the server limits what strangers may send:
# the application calls it once it knows the client.
TRUST_EXTENSION = "medialoom.trust"
# A message by which the server tells the application that it has thrown away what the client
# was sending, for want of room.
OVERFLOW_MESSAGE = "medialoom.overflow"
# Django's `path` is typed for views, channels' router calls it with ASGI applications.
Application = Callable[..., Any]
