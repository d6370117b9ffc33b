"""The platform's settings, with one more address: a view that does nothing."""

from backend.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.empty_urls"
