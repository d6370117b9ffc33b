"""Who is logged in where: `token.json` in the user's configuration folder, for them alone."""

import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FOLDER_MODE, FILE_MODE = 0o700, 0o600


@dataclass(frozen=True)
class Tokens:
    """What a login gave; `refresh` is empty where an access token was brought along."""

    access: str
    refresh: str = ""

    def __repr__(self) -> str:
        return "Tokens(…)"


def config_folder() -> Path:
    """Return the folder of what the client remembers, below `XDG_CONFIG_HOME` or ~/.config."""
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "medialoom"


class TokenFile:
    """The tokens of each server, and which of the servers was logged in to last."""

    def __init__(self, folder: Path | None = None) -> None:
        self.path = (folder or config_folder()) / "token.json"

    def last_server(self) -> str | None:
        """Return the address that was logged in to last, if any."""
        server = self._read().get("last")
        return server if isinstance(server, str) else None

    def tokens_of(self, server: str) -> Tokens | None:
        """Return the tokens of a server, if any."""
        found = self._servers().get(server)
        if not isinstance(found, dict) or not isinstance(found.get("access"), str):
            return None
        return Tokens(found["access"], str(found.get("refresh", "")))

    def keep(self, server: str, tokens: Tokens) -> None:
        """Remember a server's tokens, and it as the last one."""
        write_json(
            self.path, {"last": server, "servers": {**self._servers(), server: asdict(tokens)}}
        )

    def forget(self, server: str) -> bool:
        """Forget a server's tokens; return whether there were any."""
        servers = self._servers()
        if servers.pop(server, None) is None:
            return False
        last = self.last_server()
        write_json(self.path, {"last": last if last in servers else None, "servers": servers})
        return True

    def _servers(self) -> dict[str, Any]:
        servers = self._read().get("servers")
        return servers if isinstance(servers, dict) else {}

    def _read(self) -> dict[str, Any]:
        return read_json(self.path)


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a file; an empty one where there is none, or it is damaged."""
    try:
        body = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return body if isinstance(body, dict) else {}


def write_json(path: Path, body: dict[str, Any]) -> None:
    """Replace a file whole, readable by its owner alone."""
    path.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    # A temporary file is made with 0600: the secret is never readable, not even for a moment.
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:
        try:
            json.dump(body, file)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
