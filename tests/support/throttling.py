"""Forgetting what throttles have counted: to them all tests come from one address."""

from core.realtime.publish import connection


def forget(names: str = "*") -> None:
    """Forget what the throttles with these names, a pattern of Redis, have counted."""
    client = connection()
    # In few steps: a run leaves thousands of other keys, and this is asked before every test.
    if keys := list(client.scan_iter(f"medialoom:throttle:{names}", count=10_000)):
        client.delete(*keys)
