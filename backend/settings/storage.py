"""Where files lie: a local folder, or a bucket that machines share."""

from backend.settings import env
from backend.settings.base import DATA_DIR

MEDIA_ROOT = str(DATA_DIR / "media")
MEDIA_STORAGE = env.choice("MEDIA_STORAGE", "file", ["file", "s3"])
# Where nginx finds MEDIA_ROOT under an `internal` location, to send files itself; empty: we do.
ACCEL_REDIRECT_PREFIX = env.text("ACCEL_REDIRECT_PREFIX")
FILE_UPLOAD_PERMISSIONS = 0o640
FILE_UPLOAD_TEMP_DIR = str(DATA_DIR / "tmp")
SCRATCH_ROOT = str(DATA_DIR / "scratch")
for _name in ("media", "tmp", "scratch", "static"):
    (DATA_DIR / _name).mkdir(mode=0o750, exist_ok=True)


def _bucket() -> dict[str, object]:
    return {
        "bucket_name": env.text("S3_BUCKET", "medialoom"),
        "endpoint_url": env.text("S3_ENDPOINT_URL") or None,
        "region_name": env.text("S3_REGION") or None,
        "access_key": env.text("S3_ACCESS_KEY") or None,
        "secret_key": env.text("S3_SECRET_KEY") or None,
        "file_overwrite": True,
        "querystring_auth": True,
    }


_S3 = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": _bucket()}
_FILE = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
_FOLDERS = {
    "s3": {**_S3, "OPTIONS": {**_bucket(), "location": "videos"}},
    "file": {**_FILE, "OPTIONS": {"location": f"{MEDIA_ROOT}/videos"}},
}
STORAGES = {
    "videos": _FOLDERS[MEDIA_STORAGE],
    "default": _S3 if MEDIA_STORAGE == "s3" else _FILE,
    "staticfiles": {"BACKEND": "core.pages.storage.StaticStorage"},
}
