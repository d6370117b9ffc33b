"""HTTP with one server: its address, the tokens, and errors in plain words."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from medialoom.credentials import Tokens
from medialoom.errors import BadAnswer, ClientError, Unreachable, error_in, object_in

CONNECT_S, IDLE_S = 10.0, 120.0
OnRenewed = Callable[[Tokens], None]


class BadAddress(ClientError):  # noqa: N818 - said as it is
    """What was given as the server's address is none."""

    code = "bad_address"
    exit_status = 2


def normalised(server: str) -> str:
    """Return a server's address without a slash at the end. Raises: `BadAddress`."""
    server = server.strip().rstrip("/")
    try:
        parts = urlsplit(server)
        is_sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_sound = False
    if not is_sound or parts.query or parts.fragment or parts.username:
        raise BadAddress("The server's address is like http://127.0.0.1:8000.")
    return server


class Session:
    """Calls to one server; an access token that has run out is renewed once a call."""

    def __init__(
        self, server: str, tokens: Tokens | None = None, on_renewed: OnRenewed | None = None
    ) -> None:
        self.server = normalised(server)
        self.tokens = tokens
        self._on_renewed = on_renewed
        self._http = httpx.Client(timeout=httpx.Timeout(IDLE_S, connect=CONNECT_S))

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def call(self, method: str, path: str, *, expect: tuple[int, ...] = (200,), **more: Any) -> Any:
        """Return the answer, whose status is one of `expect`; `more` is httpx's.

        Bodies are bytes or files that can seek: they may be sent again with a renewed token.
        Raises: `ClientError`.
        """
        with self.stream(method, path, **more) as answer:
            try:
                answer.read()
            except httpx.HTTPError as error:
                raise self._unreachable(error) from error
        if answer.status_code not in expect:
            raise error_in(answer)
        return answer

    def object(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        """Return the JSON object of an answer. Raises: `ClientError`."""
        return object_in(self.call(method, path, **more))

    @contextmanager
    def stream(self, method: str, path: str, **more: Any) -> Iterator[httpx.Response]:
        """Give an answer whose body is not read yet. Raises: `ClientError`; httpx's while read."""
        answer = self._send(method, path, **more)
        try:
            if answer.status_code == 401 and self.renew():
                answer.close()
                answer = self._send(method, path, **more)
            yield answer
        finally:
            answer.close()

    def _send(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {**self.authorization(), **more.pop("headers", {})}
        request = self._http.build_request(method, self.url_of(path), headers=headers, **more)
        try:
            return self._http.send(request, stream=True)
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error

    def url_of(self, path: str) -> str:
        """Return the address of a path, or of what the server called one of its own.

        Raises: `BadAnswer` where it is another server's: that shall not see the token.
        """
        if path.startswith("/") and not path.startswith("//"):
            return self.server + path
        url = urljoin(self.server + "/", path)
        if urlsplit(url)[:2] != urlsplit(self.server)[:2]:
            raise BadAnswer("The server names an address of another server.")
        return url

    def authorization(self) -> dict[str, str]:
        """Return the header that says who calls."""
        return {"Authorization": f"Bearer {self.tokens.access}"} if self.tokens else {}

    def renew(self) -> bool:
        """Get another access token; return whether there is one. Raises: `ClientError`."""
        if self.tokens is None or not self.tokens.refresh:
            return False
        refresh = self.tokens.refresh
        url = self.url_of("/api/v1/users/refresh/")
        try:
            answer = self._http.post(url, json={"refresh": refresh})
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error
        if answer.status_code != 200:
            return False
        body = object_in(answer)
        self._adopt(Tokens(_text(body, "access"), str(body.get("refresh", refresh))))
        return True

    def log_in(self, email: str, password: str) -> Tokens:
        """Get tokens for an e-mail and a password. Raises: `ClientError`."""
        self.tokens = None
        body = self.object(
            "POST", "/api/v1/users/login/", json={"email": email, "password": password}
        )
        tokens = Tokens(_text(body, "access"), _text(body, "refresh"))
        self._adopt(tokens)
        return tokens

    def _adopt(self, tokens: Tokens) -> None:
        self.tokens = tokens
        if self._on_renewed is not None:
            self._on_renewed(tokens)

    def _unreachable(self, error: httpx.HTTPError) -> Unreachable:
        return Unreachable(f"{self.server} cannot be reached: {error or type(error).__name__}.")


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise BadAnswer(f"The server's answer has no {name}.")
    return value
