"""The Media API: where its files lie, its `config.yaml`, and the backends a deployment adds.

What `config.yaml` says is read by `media_api.config.live.current()`; only what takes effect at a
start is turned into settings here.
"""

import re

from django.core.exceptions import ImproperlyConfigured

from backend.settings import env
from backend.settings.base import DATA_DIR
from backend.settings.celery import CELERY_BEAT_SCHEDULE, MAINTENANCE_QUEUE
from media_api.config.file import ConfigError
from media_api.config.live import Live
from media_api.config.schema import SECRET_KEYS

_BACKEND = re.compile(r"(transcription|summary)\.([a-z][a-z0-9_]*)=([A-Za-z_]\w*(?:\.\w+)+)")


def _backends(text: str) -> dict[str, dict[str, str]]:
    """Read `summary.mine=package.module.Class`; what is built in has no need to be named."""
    found: dict[str, dict[str, str]] = {"transcription": {}, "summary": {}}
    for part in (part.strip() for part in text.split(",") if part.strip()):
        match = _BACKEND.fullmatch(part)
        if match is None:
            raise ValueError(part)
        found[match[1]][match[2]] = match[3]
    return found


def _live() -> Live:
    try:
        return Live(MEDIA_API_PERSISTENCE / "config.yaml", _SECRETS)
    except ConfigError as error:
        raise ImproperlyConfigured(str(error)) from error


MEDIA_API_PERSISTENCE = env.folder(
    "MEDIA_API_PERSISTENCE", "", if_empty=DATA_DIR / "media_api", mode=0o700
)
MEDIA_API_BACKENDS = env.read(
    "MEDIA_API_BACKENDS", "", _backends, "a list of items such as summary.mine=package.module.Class"
)
# These win over the file.
_SECRETS = {key: env.text("MEDIA_API_" + key.upper().replace(".", "_")) for key in SECRET_KEYS}
MEDIA_API_YANDEX_API = env.web_address("MEDIA_API_YANDEX_API", "https://cloud-api.yandex.net")
MEDIA_API_CONFIG = _live()

CELERY_BEAT_SCHEDULE["media.clean"] = {
    "task": "media_api.clean",
    "schedule": float(MEDIA_API_CONFIG.current().cleanup.cleanup_interval),
    "options": {"queue": MAINTENANCE_QUEUE},
}
CORS_ALLOW_ALL_ORIGINS = MEDIA_API_CONFIG.current().dev_mode
