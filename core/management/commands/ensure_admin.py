"""`manage.py ensure_admin`: the first staff account, made only when no account exists."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from core.accounts.first import FirstAccount, ensure_first_account


class Command(BaseCommand):
    """Make the first account and print it once; print nothing where there are accounts."""

    help = "Make the first staff account when no account exists (ADMIN_EMAIL, ADMIN_PASSWORD)."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Make it. Raises: `CommandError` for a malformed ADMIN_EMAIL."""
        try:
            ensure_first_account(self._print)
        except ValidationError as error:
            raise CommandError("ADMIN_EMAIL must be an e-mail address.") from error

    def _print(self, account: FirstAccount) -> None:
        self.stdout.write(f"First account: {account.email}")
        self.stdout.write(f"Password: {account.password or 'as ADMIN_PASSWORD says'}")
        self.stdout.flush()
