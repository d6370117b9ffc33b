"""All settings, read from the environment in one place (docs/configuration.md)."""

from backend.settings.base import *  # noqa: F403, I001 - the order in which they build on each other
from backend.settings.storage import *  # noqa: F403
from backend.settings.auth import *  # noqa: F403
from backend.settings.channels import *  # noqa: F403
from backend.settings.celery import *  # noqa: F403
from backend.settings.limits import *  # noqa: F403
from backend.settings.transcode import *  # noqa: F403
from backend.settings.media_api import *  # noqa: F403
from backend.settings.logging import *  # noqa: F403
