"""What a wish for a live stream may be refused for.

core.errors.JobError
├── LiveOff    "live_off"   this platform takes no live streams: 404
└── LiveBusy   "live_busy"  as many as it takes are open: 503
"""

# ruff: noqa: N818 - the names say what happened, as in core.errors

from core.errors import JobError


class LiveOff(JobError):
    """Live streams are switched off, or their server is not installed."""

    code = "live_off"
    sentence = "This platform takes no live streams."


class LiveBusy(JobError):
    """Every place is taken."""

    code = "live_busy"
    sentence = "As many live streams as this platform takes are open; try again later."
