"""The platform's settings, with a web process that gives up on a locked database soon."""

from backend.settings import *  # noqa: F403
from backend.settings import DATABASES

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"]["timeout"] = 0.2
