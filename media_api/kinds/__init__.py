"""The kinds of job of the Media API."""
