"""What follows a commit, and must not fail for whoever committed."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from django.db import transaction


def after_commit(call: Callable[..., object], *args: Any, **kwargs: Any) -> None:
    """Make a call after the commit; what it raises is logged and holds up no other call.

    Not `on_commit(partial(…), robust=True)`: Django 5.2 logs the name of what failed, which a
    `partial` has not, so that it raises after all and the calls behind it are lost (its ticket
    36487).
    """
    transaction.on_commit(wraps(call)(partial(call, *args, **kwargs)), robust=True)
