"""Limits on runners: those with a token that exists have none (transcode contract, 2.1)."""

from core.api.throttles import SlidingWindow

# By address: what tries tokens that are nobody's, on any door.
UNKNOWN_TOKENS = SlidingWindow("runner-token", limit=50, window_s=10.0)
