"""What Django itself needs: applications, addresses, the database, pages."""

from pathlib import Path
from urllib.parse import unquote

import environ
from django.core.exceptions import ImproperlyConfigured

from backend.settings import env

BASE_DIR: Path = env.ROOT
DATA_DIR: Path = env.folder("DATA_DIR", "./var")
SECRET_KEY = env.secret("SECRET_KEY", DATA_DIR / "secret_key")
DEBUG = env.flag("DEBUG", False)
# The second names of these two are the streaming contract's.
HOST = env.text("HOST", env.text("SERVER_HOST", "127.0.0.1"))
PORT = env.integer(
    "PORT", env.integer("SERVER_PORT", 8000, minimum=1, maximum=65535), minimum=1, maximum=65535
)
ASGI_SERVER = env.choice("ASGI_SERVER", "uvicorn", ["uvicorn", "daphne"])

ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CORS_ALLOWED_ORIGINS = env.origins("CORS_ALLOWED_ORIGINS")
CSRF_TRUSTED_ORIGINS = env.origins("CSRF_TRUSTED_ORIGINS")
ADMIN_EMAIL = env.text("ADMIN_EMAIL", "admin@localhost")
ADMIN_PASSWORD = env.text("ADMIN_PASSWORD")

INSTALLED_APPS = [
    "backend",
    "corsheaders",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "rest_framework_simplejwt.token_blacklist",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "core",
    "transcode",
    "media_api",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "backend.middleware.SecurityHeaders",
    "backend.middleware.StaticFiles",
    "backend.middleware.UserInLog",
    "corsheaders.middleware.CorsMiddleware",
    "backend.inplace.Sessions",
    "backend.inplace.Common",
    "django.middleware.csrf.CsrfViewMiddleware",
    "backend.inplace.Authentication",
    "backend.inplace.Messages",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "backend.urls"
ASGI_APPLICATION = "backend.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]


def _database(url: str) -> dict[str, object]:
    """Turn an address into Django's settings; SQLite is made to stand several writers."""
    if not url.startswith(("sqlite:///", "postgres://", "postgresql://")):
        raise ImproperlyConfigured("DATABASE_URL must begin with sqlite:/// or postgres://.")
    try:
        config: dict[str, object] = environ.Env.db_url_config(url)
    except (ValueError, KeyError) as error:
        raise ImproperlyConfigured("DATABASE_URL must be an address of a database.") from error
    if config["ENGINE"] == "django.db.backends.sqlite3":
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
        config["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
    else:
        # A unix socket's folder is written as a host with %2F, as libpq has it.
        config["HOST"] = unquote(str(config["HOST"]))
        config["CONN_HEALTH_CHECKS"] = True
    config["CONN_MAX_AGE"] = None
    return config


DATABASES = {
    "default": _database(env.text("DATABASE_URL", "") or f"sqlite:///{DATA_DIR / 'db.sqlite3'}")
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "en-gb"
TIME_ZONE = env.time_zone("TIME_ZONE", "UTC")
USE_I18N = False
USE_TZ = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "core.pages.vendor.VendorFinder",
]
STATIC_ROOT = DATA_DIR / "static"
WHITENOISE_USE_FINDERS = True
