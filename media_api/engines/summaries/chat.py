"""Any server with OpenAI's `POST /v1/chat/completions`, reached through `core.net`."""

import json
from collections.abc import Callable, Sequence
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from core.errors import BackendNotConfigured, TemporaryFailure
from core.net.errors import ForbiddenAddress, RemoteTooLarge
from media_api.engines.summaries.asking import Message, summary_by
from media_api.engines.summaries.base import SummaryFailed, SummaryOptions
from media_api.engines.summaries.tries import BACK_OFF_S, tried

if TYPE_CHECKING:
    import httpx

ANSWER_S = 120.0
MAX_ANSWER_BYTES = 4 * 2**20
_NOT_CONFIGURED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)
_PASSING = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)


class Unanswered(TemporaryFailure):
    """The server could not answer this time."""

    code = SummaryFailed.code


class OpenAiChat:
    """Asks the model `chat_model` of the server at `base_url`, with `api_key` if there is one."""

    name = "openai_chat"

    def __init__(
        self, options: SummaryOptions, *, back_off_s: Sequence[float] = BACK_OFF_S
    ) -> None:
        self._options = options
        self._back_off_s = back_off_s
        self._url = options.base_url.rstrip("/").removesuffix("/v1") + "/v1/chat/completions"

    def check(self) -> None:
        """Raises: `BackendNotConfigured` without a model, or an address that may be reached."""
        from core.net.urls import check_url

        if not self._options.base_url or not self._options.chat_model:
            raise BackendNotConfigured("The chat server needs an address and a model.")
        try:
            check_url(self._url, allow=self._options.outbound_allow)
        except ForbiddenAddress as error:
            raise _forbidden() from error

    def summarize(
        self,
        text: str,
        *,
        model: str,  # noqa: ARG002 - the operator chose
        on_progress: Callable[[float], None],
        should_stop: Callable[[], bool],
    ) -> str:
        """As `SummaryBackend.summarize`; what the server says is bounded in time and size."""
        from core.net.clients import client

        self.check()
        allow = self._options.outbound_allow
        headers = {"Authorization": f"Bearer {key}"} if (key := self._options.api_key) else {}
        with client(allow=allow, idle_s=ANSWER_S, total_s=ANSWER_S, should_stop=should_stop) as out:
            out.headers.update(headers)

            def ask(messages: Sequence[Message]) -> str:
                post = partial(self._post, out, messages)
                return tried(post, should_stop=should_stop, back_off_s=self._back_off_s)

            return summary_by(ask, text, on_progress=on_progress, should_stop=should_stop)

    def _post(self, out: "httpx.Client", messages: Sequence[Message]) -> str:
        """Ask once. Raises: `Unanswered` where another try may help, `JobError`."""
        import httpx

        from core.net.clients import body_of

        question = {"model": self._options.chat_model, "messages": messages, "stream": False}
        try:
            with out.stream("POST", self._url, json=question) as response:
                _require_success(response.status_code)
                body = body_of(response, max_bytes=MAX_ANSWER_BYTES)
        except ForbiddenAddress as error:
            raise _forbidden() from error
        except RemoteTooLarge as error:
            raise SummaryFailed("The chat server's answer is too long.") from error
        except httpx.HTTPError as error:
            raise Unanswered("The chat server could not be asked.") from error
        return _content(body)


def _require_success(status: int) -> None:
    """Raises: `JobError` for every status but 200, as one who can do something about it."""
    if status == HTTPStatus.OK:
        return
    if status in _NOT_CONFIGURED:
        raise BackendNotConfigured(f"The chat server refuses us, with status {status}.")
    failure = Unanswered if status in _PASSING or status >= 500 else SummaryFailed
    raise failure(f"The chat server answered with status {status}.")


def _content(body: bytes) -> str:
    """Return what the model said. Raises: `SummaryFailed` when it is not what it should be."""
    try:
        answer: Any = json.loads(body)
        choice = answer["choices"][0]
        content, reason = choice["message"]["content"], choice.get("finish_reason")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise SummaryFailed("The chat server's answer cannot be understood.") from error
    if reason == "content_filter":
        raise SummaryFailed("The chat server's filter refused the text.")
    if not isinstance(content, str):
        raise SummaryFailed("The chat server's answer holds no text.")
    return content


def _forbidden() -> BackendNotConfigured:
    return BackendNotConfigured("The chat server's address must not be reached from here.")
