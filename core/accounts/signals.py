"""What apps may react to."""

from django.dispatch import Signal

# Sent after an account's rows are gone, with `user_id`: remove what it had outside the database.
account_removed = Signal()
