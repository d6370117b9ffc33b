"""What tests of pages share: passwords are cheap there too, and guesses are forgotten."""

from core.tests.accounts.conftest import cheap_passwords, no_failures_yet

__all__ = ["cheap_passwords", "no_failures_yet"]
