"""The handlers: one job type a file."""
