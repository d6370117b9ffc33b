"""What every engine for summaries must offer, and what an operator sets up for it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from core.errors import JobError


class SummaryFailed(JobError):  # noqa: N818 - the name says what happened
    """The engine gave no summary; what was wrong is in the message."""

    code = "summary_failed"


@dataclass(frozen=True)
class SummaryOptions:
    """What the operator has set up for the engines; each takes what it needs.

    `base_url`, `api_key` and `chat_model` are for a server with OpenAI's protocol, `token`,
    `scope` and `ca_file` (a file of certificates to trust besides the usual ones) for GigaChat,
    which asks its smallest model alone where `is_lite` says so. `outbound_allow` are the
    networks that may be reached beside public addresses.
    """

    base_url: str = ""
    api_key: str = field(default="", repr=False)
    chat_model: str = ""
    ca_file: str = ""
    token: str = field(default="", repr=False)
    scope: str = "GIGACHAT_API_PERS"
    is_lite: bool = False
    outbound_allow: tuple[str, ...] = ()


class SummaryBackend(Protocol):
    """One engine, made with `SummaryOptions`."""

    name: str

    def check(self) -> None:
        """Look whether it could work, without asking anybody. Raises: `BackendNotConfigured`."""

    def summarize(
        self,
        text: str,
        *,
        model: str,
        on_progress: Callable[[float], None],
        should_stop: Callable[[], bool],
    ) -> str:
        """Return a summary in Markdown, without raw HTML and without images.

        `model` is one of GigaChat's; others do not look at it. `on_progress` hears the fraction
        done, 0.0 to 1.0, never falling; `should_stop` is asked every second or so, and may raise
        too.

        Raises: `SummaryFailed`, `BackendNotConfigured`, `core.errors.Stopped`.
        """
