"""Logs: one line an event, readable on a console or as JSON, with no token in it."""

from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from backend.settings import env
from core.realtime.redaction import mask, mask_path

LOG_FORMAT = env.choice("LOG_FORMAT", "console", ["console", "json"])
LOG_LEVEL = env.choice("LOG_LEVEL", "INFO", ["DEBUG", "INFO", "WARNING", "ERROR"])


def _on_one_line(_logger: WrappedLogger, _name: str, line: EventDict) -> EventDict:
    """Escape what would begin a new line or steer a terminal: clients' words are among it."""
    return {
        key: value.translate(_ESCAPED) if isinstance(value, str) and key not in _LONG else value
        for key, value in line.items()
    }


def _without_tokens(_logger: WrappedLogger, _name: str, line: EventDict) -> str:
    """Mask what looks like a token in a finished line, its traceback included."""
    return mask_path(mask(str(line)))


# Tracebacks have lines of their own.
_LONG = ("exception", "stack")
_CONTROLS = (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)
_ESCAPED = {code: repr(chr(code))[1:-1] for code in _CONTROLS}
_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
_CONSOLE: list[Processor] = [
    _on_one_line,
    structlog.dev.ConsoleRenderer(
        colors=False,
        exception_formatter=structlog.dev.plain_traceback,
        pad_event_to=0,
        pad_level=False,
    ),
]
_JSON: list[Processor] = [
    structlog.processors.format_exc_info,
    structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
]
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *_SHARED,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "structlog.stdlib.ProcessorFormatter",
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *(_JSON if LOG_FORMAT == "json" else _CONSOLE),
                _without_tokens,
            ],
            "foreign_pre_chain": _SHARED,
        }
    },
    "filters": {"tokens": {"()": "core.realtime.redaction.RedactTokens"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
        }
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        # Django's own handlers would say everything twice.
        "django": {"handlers": [], "level": "NOTSET", "propagate": True},
        # A 4xx is the client's affair and stands in the access log.
        "django.request": {"level": "ERROR"},
        # Our access log stands for these: "connection open", "accepted" with its whole query.
        "uvicorn.error": {"level": "WARNING"},
        "daphne": {"level": "WARNING"},
        # They write every address that is called: webhooks and links hold secrets of their own.
        **{name: {"level": "WARNING"} for name in ("httpx", "httpcore")},
        # The upkeep is due every few seconds; jobs speak for themselves.
        **{f"celery.{name}": {"level": "WARNING"} for name in ("beat", "worker.strategy")},
        "celery.app.trace": {"level": "WARNING"},
    },
}
