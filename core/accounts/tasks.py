"""The upkeep of accounts."""

from celery import shared_task

from core.accounts.tokens import forget_expired


@shared_task(name="core.forget_expired_logins", expires=3600)
def forget_expired_logins() -> int:
    """Remove tokens and browser sessions that have run out; return how many."""
    return forget_expired()
