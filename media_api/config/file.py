"""The file `config.yaml`: made on first launch, and read without trust in what it holds.

It may hold secrets. Its mode is 0600, its folder's 0700, and no message shows the value of a secret
key or a piece of a file that could not be read.
"""

import contextlib
import logging
import os
import secrets as random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import SecretStr, ValidationError
from pydantic.alias_generators import to_snake

from media_api.config.schema import SECRET_KEYS, Config, as_plain, unknown_keys, with_values
from media_api.engines.words import rate_refusal

MOST_BYTES = 2**20
HEADER = (
    "# Settings of the Media API; docs/configuration.md explains them. Read again when changed.\n"
)

logger = logging.getLogger(__name__)


class ConfigError(ValueError):
    """The settings cannot be used. The message is one line that names the key and its value."""


def load(path: Path, secrets: Mapping[str, str]) -> Config:
    """Read the settings, and write the file with all defaults where there is none.

    `secrets` are values of secret keys from the environment, by their dotted names: they win.

    Raises: ConfigError.
    """
    if path.suffix != ".yaml":
        raise ConfigError(f"{path.name}: the extension must be .yaml.")
    try:
        create(path)
    except OSError as error:
        raise ConfigError(f"{path.name} cannot be written ({error.strerror}).") from error
    return read(path, secrets)


def create(path: Path) -> None:
    """Write the defaults to a file that is not there yet. Of several processes one wins.

    Whoever dies before the end leaves a draft, never half a file. Raises: OSError.
    """
    if path.exists():
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = HEADER + yaml.safe_dump(as_plain(Config()), sort_keys=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{random.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink()


def read(path: Path, secrets: Mapping[str, str]) -> Config:
    """Read a file that is there; what it leaves out has its default. Raises: ConfigError."""
    data = _mapping(path)
    for key in unknown_keys(data):
        logger.warning("%s: nothing reads the key %s", path.name, ascii(key[:100]))
    try:
        config = Config.model_validate(data)
    except ValidationError as error:
        raise ConfigError(f"{path.name}: {_first(error)}") from error
    _require_consistent(config, path.name)
    return with_values(config, {key: SecretStr(value) for key, value in secrets.items() if value})


def _mapping(path: Path) -> dict[Any, Any]:
    """What the YAML says. Errors of the parser are shown without the text that they quote."""
    if path.is_fifo():  # To open it would hold up the process until somebody writes.
        raise ConfigError(f"{path.name} is no file.")
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{path.name} cannot be read ({error.strerror}).") from error
    if len(content) > MOST_BYTES:
        raise ConfigError(f"{path.name} is larger than {MOST_BYTES} bytes.")
    try:
        data = yaml.safe_load(content.decode("utf-8"))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(f"{path.name} is no YAML: see line {line}.") from None
    except (yaml.YAMLError, ValueError, RecursionError, LookupError, AttributeError, TypeError):
        # PyYAML's own constructors trip over `!!bool maybe`, `!!int ''`, `!!timestamp noon`.
        raise ConfigError(f"{path.name} is no YAML in UTF-8.") from None
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise ConfigError(f"{path.name} must hold keys with values.")
    return data


def _first(error: ValidationError) -> str:
    """The first thing that is wrong, in one line."""
    found = error.errors(include_url=False)[0]
    key = ".".join(to_snake(part) if isinstance(part, str) else str(part) for part in found["loc"])
    said = "Input should be a group of keys" if found["type"] == "model_type" else found["msg"]
    return f"{key}: {said}, not {_shown(key, found['input'])}."


def _shown(key: str, value: object) -> str:
    """A value for people; what is, or may hold, a secret is masked."""
    if any(f"{secret}.".startswith(f"{key}.") for secret in SECRET_KEYS):
        return "**********"
    text = ascii(value)
    return text if len(text) <= 100 else f"{text[:100]}…"


def _require_consistent(config: Config, name: str) -> None:
    """Refuse values that do not go together. Raises: ConfigError."""
    rate_hz = config.ffmpeg.video.audio_sample_rate
    if said := rate_refusal(config.ffmpeg.codecs.audio, rate_hz):
        raise ConfigError(f"{name}: ffmpeg.video.audio_sample_rate: {said}, not {rate_hz}.")
    if config.allow_local_files and not config.local_files_roots:
        raise ConfigError(
            f"{name}: local_files_roots: Name a folder while allow_local_files is true, not []."
        )
