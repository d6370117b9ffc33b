"""A browser on the page of requests."""

from tests.e2e.conftest import browser, phone, visitor

__all__ = ["browser", "phone", "visitor"]
