"""The platform's settings with one more app, whose purpose of uploads leaves traces."""

from backend.settings import *  # noqa: F403
from backend.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "core.tests.tus.probe"]
