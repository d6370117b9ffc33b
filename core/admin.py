"""The admin of core, gathered where Django looks for it."""

from core.accounts import admin as accounts_admin
from core.jobs import admin as jobs_admin
from core.uploads import admin as uploads_admin

__all__ = ["accounts_admin", "jobs_admin", "uploads_admin"]
