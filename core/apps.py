"""The core app's registration with Django."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """Accounts, uploads, and the kernel every other app stands on."""

    name = "core"
    verbose_name = "Medialoom"

    def ready(self) -> None:
        """Make the job kinds known; importing them imports no engine."""
        from core.jobs.kinds import discover

        discover()
