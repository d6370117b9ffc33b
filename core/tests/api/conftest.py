"""What tests of the API's common parts share."""

from core.tests.accounts.conftest import cheap_passwords

__all__ = ["cheap_passwords"]
