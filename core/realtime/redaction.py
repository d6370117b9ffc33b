"""Keeping tokens out of logs and error reports.

A token may stand in a query, in a header and, for API tokens and players, in a path.
Parameters are recognised as a query-string parser would: `tok%65n=` is `token=`.
"""

import logging
import re
from urllib.parse import unquote_plus

SECRET_PARAMETERS = frozenset({"token", "ticket", "access", "refresh"})
MASK = "***"

_QUERY = re.compile(r"\?([^\s\"'?]*)")
_JWT = re.compile(r"eyJ[\w%-]{5,}(?:\.|%2[eE])[\w%-]+(?:\.|%2[eE])[\w%-]*")
_BEARER = re.compile(r"(?i)\b(bearer\s+)[^\s\"',]+")
_API_TOKEN = re.compile(r"(?<![0-9a-f-])(?:ml_)?[0-9a-f]{64}(?![0-9a-f])")
# Players' addresses, and those that runners are sent on to for a file.
_SIGNED = re.compile(r"(/(?:play|api/+v1/+runners/+files)/+)[^/\s\"'?]+")


def mask_query(query: str) -> str:
    """Replace the values of the parameters that carry tokens with `***`."""
    return "&".join(_mask_parameter(part) for part in query.split("&"))


def _mask_parameter(part: str) -> str:
    name, equals, _ = part.partition("=")
    return f"{name}={MASK}" if equals and unquote_plus(name) in SECRET_PARAMETERS else part


def mask(text: str) -> str:
    """Replace every token in a line of text: in addresses, after `Bearer`, and bare JWTs."""
    text = _QUERY.sub(lambda found: "?" + mask_query(found[1]), text)
    text = _BEARER.sub(rf"\g<1>{MASK}", text)
    return _JWT.sub(MASK, text)


def mask_path(text: str) -> str:
    """Replace tokens in addresses such as `uploads/<token>/`, `play/<token>/`, `files/<token>`."""
    if "/" not in text:
        return text
    return _SIGNED.sub(rf"\g<1>{MASK}", _API_TOKEN.sub(MASK, text))


class RedactTokens(logging.Filter):
    """Masks tokens in every record that passes, the server's handshake line included.

    The record's arguments keep their number and order: uvicorn's access formatter takes
    them apart.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask the record in place; it is always kept."""
        record.msg = _masked(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(_masked(argument) for argument in record.args)
        elif isinstance(record.args, dict):
            record.args = {name: _masked(value) for name, value in record.args.items()}
        return True


def _masked(value: object) -> object:
    return mask_path(mask(value)) if isinstance(value, str) else value
