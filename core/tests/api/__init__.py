"""Error bodies, pages, throttles."""
