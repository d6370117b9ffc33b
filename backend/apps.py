"""The composition root as a Django application: it brings the platform's own checks."""

from django.apps import AppConfig


class BackendConfig(AppConfig):
    """Registers `backend.checks`."""

    name = "backend"

    def ready(self) -> None:
        """Register the checks."""
        from backend import checks

        checks.register_all()
