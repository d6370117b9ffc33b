"""Typed readers of the environment: the one place where a setting's text becomes a value.

Each reader records what it read in `DECLARED`, so that `.env.example` can be held
against the code. A malformed value raises `ImproperlyConfigured` with one line that
names the variable (twelve-factor app, section III).
"""

import os
import re
import secrets
from collections.abc import Callable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import environ
from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")
ROOT = Path(__file__).resolve().parent.parent.parent
DECLARED: dict[str, str] = {}
UNBOUNDED = 2**62
_ASSIGNMENT = re.compile(r"^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=", re.M)
_UNITS = {"": 1, "B": 1, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*")
_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}

if os.environ.get("MEDIALOOM_DOTENV", "1") != "0":
    environ.Env.read_env(ROOT / ".env", overwrite=False, parse_comments=True)


def unknown_in_file(path: Path = ROOT / ".env") -> list[str]:
    """Return the names that `.env` sets and no setting reads: as a rule, misspelt ones."""
    if os.environ.get("MEDIALOOM_DOTENV", "1") == "0" or not path.is_file():
        return []
    names_there = _ASSIGNMENT.findall(path.read_text(encoding="utf-8", errors="replace"))
    return [name for name in names_there if name not in DECLARED]


def read(name: str, default: str, convert: Callable[[str], T], wanted: str) -> T:
    """Read a value that `convert` understands; `wanted` says what, for whoever mistypes it."""
    DECLARED[name] = default
    value = os.environ.get(name, "").strip() or default
    try:
        return convert(value)
    except (ValueError, KeyError) as error:
        raise ImproperlyConfigured(f"{name} must be {wanted}, not {value!r}.") from error


def text(name: str, default: str = "") -> str:
    """Read a plain string."""
    return read(name, default, str, "text")


def integer(name: str, default: int, *, minimum: int = 0, maximum: int = UNBOUNDED) -> int:
    """Read a whole number between `minimum` and `maximum`, both included."""

    def convert(value: str) -> int:
        number = int(value)
        if not minimum <= number <= maximum:
            raise ValueError(value)
        return number

    wanted = f"a whole number of at least {minimum}"
    if maximum < UNBOUNDED:
        wanted = f"a whole number from {minimum} to {maximum}"
    return read(name, str(default), convert, wanted)


def seconds(name: str, default: float, *, minimum: float = 0.0) -> float:
    """Read a duration in seconds."""

    def convert(value: str) -> float:
        number = float(value)
        if not minimum <= number < float("inf"):
            raise ValueError(value)
        return number

    return read(name, f"{default:g}", convert, f"a number of seconds of at least {minimum:g}")


def flag(name: str, default: bool) -> bool:
    """Read a yes or no: 1, true, yes, on or 0, false, no, off."""

    def convert(value: str) -> bool:
        if value.lower() not in _TRUE | _FALSE:
            raise ValueError(value)
        return value.lower() in _TRUE

    return read(name, "1" if default else "0", convert, "1 or 0")


def choice(name: str, default: str, choices: Sequence[str]) -> str:
    """Read one of a few words."""

    def convert(value: str) -> str:
        if value not in choices:
            raise ValueError(value)
        return value

    return read(name, default, convert, "one of " + ", ".join(choices))


def names(
    name: str,
    default: str = "",
    *,
    check: Callable[[str], object] = str,
    wanted: str = "a list",
) -> list[str]:
    """Read a comma-separated list; `check` raises `ValueError` for an item that is not `wanted`."""

    def convert(value: str) -> list[str]:
        found = [part.strip() for part in value.split(",") if part.strip()]
        for item in found:
            check(item)
        return found

    return read(name, default, convert, wanted)


def networks(name: str, default: str = "") -> list[IPv4Network | IPv6Network]:
    """Read a comma-separated list of addresses and CIDR networks."""

    def convert(value: str) -> list[IPv4Network | IPv6Network]:
        return [ip_network(p.strip(), strict=False) for p in value.split(",") if p.strip()]

    return read(name, default, convert, "a list of addresses or networks")


def origins(name: str, default: str = "") -> list[str]:
    """Read a comma-separated list of origins such as `https://example.org` (RFC 6454)."""

    def convert(value: str) -> list[str]:
        found = [part.strip().rstrip("/") for part in value.split(",") if part.strip()]
        for origin in found:
            parts = urlsplit(origin)
            if (
                parts.scheme not in {"http", "https"}
                or origin != f"{parts.scheme}://{parts.netloc}"
            ):
                raise ValueError(origin)
        return found

    return read(name, default, convert, "a list of origins such as https://example.org")


def web_address(name: str, default: str = "") -> str:
    """Read the address of a web server, a path allowed; empty where there is none."""

    def convert(value: str) -> str:
        parts = urlsplit(value)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname)
        if value and (not is_address or "@" in parts.netloc or parts.query or parts.fragment):
            raise ValueError(value)
        _ = parts.port  # It raises for a port that is none.
        return value.rstrip("/")

    return read(name, default, convert, "an address such as http://127.0.0.1:9000")


def time_zone(name: str, default: str) -> str:
    """Read the name of a time zone such as `Europe/Paris` (the IANA database)."""
    return read(name, default, lambda value: ZoneInfo(value).key, "a time zone's name")


def redis_url(name: str) -> str:
    """Read the address of a Redis; empty where there is none."""

    def convert(value: str) -> str:
        if value and not value.startswith(("redis://", "rediss://", "unix:///")):
            raise ValueError(value)
        return value

    return read(name, "", convert, "an address that begins with redis://, rediss:// or unix:///")


def size_bytes(name: str, default: str) -> int:
    """Read an amount of memory or disk such as `20 GiB`, `512 MiB` or `1048576`."""

    def convert(value: str) -> int:
        match = _SIZE.fullmatch(value)
        if match is None:
            raise ValueError(value)
        return int(float(match[1]) * _UNITS[match[2].upper()])

    return read(name, default, convert, "a size such as 512 MiB")


def folder(name: str, default: str, *, if_empty: Path = ROOT, mode: int = 0o777) -> Path:
    """Read a folder's path, relative to the project's root, and make it with `mode`.

    `if_empty` is the folder where neither the setting nor its default names one.
    """
    given = read(name, default, str, "a path")
    path = (ROOT / Path(given).expanduser()).resolve() if given else if_empty
    try:
        path.mkdir(mode=mode, parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(
            f"{name}: the folder {path} cannot be made ({error.strerror})."
        ) from error
    return path


def secret(name: str, keep_in: Path, *, minimum_bytes: int = 32) -> str:
    """Read a key, or make it once and keep it in the file `keep_in`, mode 0600."""
    value = read(name, "", str, "a key") or _kept_secret(keep_in)
    if len(value.encode()) < minimum_bytes:
        raise ImproperlyConfigured(f"{name} must be at least {minimum_bytes} bytes long.")
    return value


def _kept_secret(path: Path) -> str:
    """Return the key in `path`; of several processes that make it at once, one wins.

    It is written to a file of its own first: a process that dies in between leaves no
    empty key behind.
    """
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(64))
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii").strip()
