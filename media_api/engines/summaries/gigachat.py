"""GigaChat, through its vendor's package; certificates are always verified."""

import ssl
from collections.abc import Callable, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import certifi

from core.errors import BackendNotConfigured, JobError, TemporaryFailure
from media_api.engines.summaries.asking import Message, summary_by
from media_api.engines.summaries.base import SummaryFailed, SummaryOptions
from media_api.engines.summaries.tries import BACK_OFF_S, tried

if TYPE_CHECKING:
    from gigachat.client import GigaChatSyncClient

ANSWER_S = 120.0
LITE = "GigaChat-2"


class GigaChat:
    """Asks one of GigaChat's models with the operator's `token` and `scope`.

    Where the vendor's addresses lie is the package's affair (`GIGACHAT_BASE_URL`,
    `GIGACHAT_AUTH_URL` in the environment). `ca_file` is trusted besides the usual authorities.
    """

    name = "gigachat"

    def __init__(
        self, options: SummaryOptions, *, back_off_s: Sequence[float] = BACK_OFF_S
    ) -> None:
        self._options = options
        self._back_off_s = back_off_s

    def check(self) -> None:
        """Raises: `BackendNotConfigured` without token, package or the named CA file."""
        if not self._options.token:
            raise BackendNotConfigured("GigaChat's token is not configured.")
        if find_spec("gigachat") is None:
            raise BackendNotConfigured("The package gigachat is not installed.")
        self._trust()

    def summarize(
        self,
        text: str,
        *,
        model: str,
        on_progress: Callable[[float], None],
        should_stop: Callable[[], bool],
    ) -> str:
        """As `SummaryBackend.summarize`, by `model`."""
        self.check()
        chosen = LITE if self._options.is_lite else model
        with self._client() as client:

            def ask(messages: Sequence[Message]) -> str:
                post = partial(_post, client, chosen, messages)
                return tried(post, should_stop=should_stop, back_off_s=self._back_off_s)

            return summary_by(ask, text, on_progress=on_progress, should_stop=should_stop)

    def _client(self) -> "GigaChatSyncClient":
        from gigachat import GigaChat as VendorsClient

        return VendorsClient(
            credentials=self._options.token,
            scope=self._options.scope,
            timeout=ANSWER_S,
            verify_ssl_certs=True,
            ssl_context=self._trust(),
            max_retries=0,
        )

    def _trust(self) -> ssl.SSLContext:
        """Return the authorities to trust. Raises: `BackendNotConfigured`."""
        context = ssl.create_default_context(cafile=certifi.where())
        if self._options.ca_file:
            try:
                context.load_verify_locations(Path(self._options.ca_file))
            except (OSError, ValueError) as error:
                raise BackendNotConfigured("GigaChat's CA file cannot be read.") from error
        return context


def _post(client: "GigaChatSyncClient", model: str, messages: Sequence[Message]) -> str:
    """Ask once. Raises: `TemporaryFailure` where another try may help, `JobError`."""
    import httpx
    from gigachat.exceptions import GigaChatException
    from pydantic import ValidationError

    try:
        answer: Any = client.chat({"model": model, "messages": list(messages)})
        choice = answer.choices[0]
    except (httpx.HTTPError, GigaChatException) as error:
        raise _failure(error) from error
    except (ValidationError, ValueError, LookupError) as error:
        raise SummaryFailed("GigaChat's answer cannot be understood.") from error
    # What it then says is an excuse, not a summary.
    if choice.finish_reason == "blacklist":
        raise SummaryFailed("GigaChat's filter refused the text.")
    return str(choice.message.content or "")


def _failure(error: Exception) -> JobError:
    """Say what a failed call means, without what the package puts into its messages."""
    from gigachat.exceptions import (
        AuthenticationError,
        ForbiddenError,
        RateLimitError,
        ResponseError,
        ServerError,
    )

    code = SummaryFailed.code
    if isinstance(error, AuthenticationError | ForbiddenError):
        return BackendNotConfigured("GigaChat refuses the configured token.")
    if isinstance(error, RateLimitError | ServerError):
        message = f"GigaChat answered with status {error.status_code}."
        return TemporaryFailure(message, code=code)
    if isinstance(error, ResponseError):
        return SummaryFailed(f"GigaChat refused the text, with status {error.status_code}.")
    return TemporaryFailure("GigaChat could not be asked.", code=code)
