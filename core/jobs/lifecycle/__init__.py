"""The only writer of a job's status: every change is one conditional UPDATE.

    queued ──claim──► running ──succeed──► succeeded
      ▲  ▲              │ │
      │  └──release─────┘ ├──fail──► failed ────┐
      │     postpone      └─cancel─► cancelled ─┤
      │     reap_stalled                        │
      └────────────────────retry────────────────┘

The condition in the UPDATE's WHERE is the lock: of two callers exactly one changes a
row. The holder of a lease proves it with the token that `claim` gave it; whoever lost
it gets `LeaseLost` and must stop.
"""

from core.jobs.lifecycle.control import cancel, reap_holder, reap_stalled, retry
from core.jobs.lifecycle.enqueueing import IdempotencyConflict, enqueue
from core.jobs.lifecycle.transition import LeaseLost, NotAllowed
from core.jobs.lifecycle.working import (
    claim,
    fail,
    hand_over,
    members_of,
    postpone,
    release,
    renew,
    report,
    succeed,
    take_up,
)

__all__ = [
    "IdempotencyConflict",
    "LeaseLost",
    "NotAllowed",
    "cancel",
    "claim",
    "enqueue",
    "fail",
    "hand_over",
    "members_of",
    "postpone",
    "reap_holder",
    "reap_stalled",
    "release",
    "renew",
    "report",
    "retry",
    "succeed",
    "take_up",
]
