"""How long is waited before something is tried again."""

import time

FIRST_S, LONGEST_S = 0.25, 10.0


def pause(tries: int) -> None:
    """Wait for a server, or a line, that comes back: twice as long with each try, from 0 on."""
    time.sleep(min(FIRST_S * 2**tries, LONGEST_S))
