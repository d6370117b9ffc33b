"""The core app's registration with Django."""

from django.apps import AppConfig

from core.accounts.signals import account_removed


class CoreConfig(AppConfig):
    """Accounts, uploads, and the kernel every other app stands on."""

    name = "core"
    verbose_name = "Medialoom"

    def ready(self) -> None:
        """Make job kinds and purposes of uploads known; importing them imports no engine."""
        from core.jobs import kinds
        from core.tus import purposes, upkeep

        kinds.discover()
        purposes.discover()
        account_removed.connect(upkeep.remove_all_of, dispatch_uid="core.tus")
