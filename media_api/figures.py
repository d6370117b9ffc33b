"""The figures of this app that `/metrics` shows beside those of jobs and queues (8.12)."""

SUBMISSIONS = "media_submissions"
EVENTS_SENT = "media_events_sent"
STAGES = "media_stage_seconds_count"
STAGE_SECONDS = "media_stage_seconds_sum"
