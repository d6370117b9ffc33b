"""What is allowed, for how long and how much: limits of jobs, uploads, sockets and OCR."""

from django.core.exceptions import ImproperlyConfigured

from backend.settings import env
from core.net.addresses import parse_allowed

MAX_UPLOAD_SIZE_BYTES = env.size_bytes("MAX_UPLOAD_SIZE", "20 GiB")
# Resumable uploads that are under way, or whose files wait to be used.
UPLOAD_EXPIRY_S = env.seconds("UPLOAD_EXPIRY", 86400, minimum=1)
TUS_MAX_PER_USER = env.integer("TUS_MAX_PER_USER", 100, minimum=1)
TUS_MAX_BYTES_PER_USER = env.size_bytes("TUS_MAX_BYTES_PER_USER", "100 GiB")
# Without credentials a body may have 1 MiB, or more below a prefix whose contract puts
# them into the body.
MAX_ANONYMOUS_BODY_BYTES = 2**20
ANONYMOUS_BODY_BYTES: dict[str, int] = {}
# What of a form is kept in memory: its fields without its files.
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 2**20
OUTBOUND_ALLOW = env.names(
    "OUTBOUND_ALLOW",
    check=parse_allowed,
    wanted="a list such as 10.1.0.0/16, 127.0.0.1:9000, [::1]:9000",
)
METRICS_ALLOW = env.networks("METRICS_ALLOW")

JOB_LEASE_S = env.seconds("JOB_LEASE_S", 30, minimum=1)
JOB_HEARTBEAT_S = env.seconds("JOB_HEARTBEAT_S", 10, minimum=0.2)
JOB_KEEP_DAYS = env.integer("JOB_KEEP_DAYS", 30)

CORE_WS_AUTH_TIMEOUT = env.seconds("CORE_WS_AUTH_TIMEOUT", 5)
CORE_WS_ALLOWED_ORIGINS = env.names("CORE_WS_ALLOWED_ORIGINS")
CORE_WS_MAX_MESSAGE_BYTES = env.size_bytes("CORE_WS_MAX_MESSAGE_BYTES", "64 MiB")
CORE_WS_INFLIGHT_BYTES = env.size_bytes("CORE_WS_INFLIGHT_BYTES", "512 MiB")
CORE_WS_MAX_SOCKETS_PER_USER = env.integer("CORE_WS_MAX_SOCKETS_PER_USER", 20, minimum=1)
CORE_WS_COMMANDS_PER_10S = env.integer("CORE_WS_COMMANDS_PER_10S", 60, minimum=1)
CORE_WS_INITIAL_LIST = env.flag("CORE_WS_INITIAL_LIST", False)
CORE_STREAM_MIN_INTERVAL_MS = env.integer("CORE_STREAM_MIN_INTERVAL_MS", 100)

CORE_SIGNUP = env.flag("CORE_SIGNUP", True)
CORE_SIGNUP_ROLE = env.choice("CORE_SIGNUP_ROLE", "user", ["user", "demo_user"])
CORE_SIGNUPS_PER_IP_15MIN = env.integer("CORE_SIGNUPS_PER_IP_15MIN", 10)
CORE_TRUSTED_PROXIES = env.networks("CORE_TRUSTED_PROXIES")
CORE_DEMO_UPLOADS = env.integer("CORE_DEMO_UPLOADS", 5)
CORE_UPLOADS_PER_IP_HOUR = env.integer("CORE_UPLOADS_PER_IP_HOUR", 600)
CORE_UPLOADS_PER_TOKEN_HOUR = env.integer("CORE_UPLOADS_PER_TOKEN_HOUR", 600)

CORE_UPLOAD_MAX_BYTES = env.size_bytes("CORE_UPLOAD_MAX_BYTES", "512 MiB")
CORE_MAX_PAGE_PIXELS = env.integer("CORE_MAX_PAGE_PIXELS", 60_000_000, minimum=1)
CORE_MAX_PAGES = env.integer("CORE_MAX_PAGES", 500, minimum=1)
CORE_IMAGE_PATH_ROOTS = env.names("CORE_IMAGE_PATH_ROOTS")
CORE_DELETE_RETENTION_HOURS = env.integer("CORE_DELETE_RETENTION_HOURS", 24)

# The server behind the engines `http`. Nobody but the operator names it.
AI_HOST = env.web_address("AI_HOST")
CORE_OCR_ENGINE = env.choice(
    "CORE_OCR_ENGINE", "auto", ["auto", "tesserocr", "pytesseract", "http"]
)
CORE_QNA_ENGINE = env.choice("CORE_QNA_ENGINE", "extractive", ["extractive", "off", "http"])
for _name, _engine in (("CORE_OCR_ENGINE", CORE_OCR_ENGINE), ("CORE_QNA_ENGINE", CORE_QNA_ENGINE)):
    if _engine == "http" and not AI_HOST:
        raise ImproperlyConfigured(f"{_name} is http: AI_HOST must name the server.")
CORE_OCR_DEFAULT_LANGS = env.names("CORE_OCR_DEFAULT_LANGS", "eng,rus,fra")
CORE_OCR_MAX_ACTIVE_PER_USER = env.integer("CORE_OCR_MAX_ACTIVE_PER_USER", 2)
CORE_PDF_TEXT = env.choice("CORE_PDF_TEXT", "auto", ["auto", "force_ocr"])
CORE_TESSDATA_BEST_DIR = env.text("CORE_TESSDATA_BEST_DIR")

# The largest message is the limit of its content; the rest of it needs a little more.
ENVELOPE_BYTES = 2**20
# With credentials a body may be as long as a message, and longer at the doors for files.
_UPLOAD_BYTES = (CORE_UPLOAD_MAX_BYTES or MAX_UPLOAD_SIZE_BYTES) + ENVELOPE_BYTES
MAX_BODY_BYTES = min(MAX_UPLOAD_SIZE_BYTES, CORE_WS_MAX_MESSAGE_BYTES + ENVELOPE_BYTES)
BODY_BYTES: dict[str, int] = {
    "/api/v1/core/uploads/": min(MAX_UPLOAD_SIZE_BYTES, max(MAX_BODY_BYTES, _UPLOAD_BYTES)),
    "/api/v1/tus/": MAX_UPLOAD_SIZE_BYTES,
}
