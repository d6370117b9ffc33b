"""A browser on the pages of videos."""

from tests.e2e.conftest import browser, phone, visitor

__all__ = ["browser", "phone", "visitor"]
