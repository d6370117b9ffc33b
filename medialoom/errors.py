"""What can go wrong, each with a stable `code` and the exit status of the command."""

import json
from typing import Any

import httpx

FAILED, USAGE, PARTIAL, UNREACHABLE, NOT_ALLOWED, INTERRUPTED = 1, 2, 3, 4, 5, 130
_MAX_SENTENCE = 300


class ClientError(Exception):
    """A refusal or a failure, told in one sentence."""

    code = "failed"
    exit_status = FAILED

    def __init__(self, sentence: str) -> None:
        super().__init__(plain(sentence))


class Unreachable(ClientError):  # noqa: N818 - said as it is
    """The server cannot be reached, or went away for longer than is waited for."""

    code = "unreachable"
    exit_status = UNREACHABLE


class NotAllowed(ClientError):  # noqa: N818 - said as it is
    """The server wants another login, or this account may not do that."""

    code = "not_allowed"
    exit_status = NOT_ALLOWED


class BadAnswer(ClientError):  # noqa: N818 - said as it is
    """The answer is not what this API would say: another server, or a broken one."""

    code = "bad_answer"


class NoSuchFile(ClientError):  # noqa: N818 - said as it is
    """A file that is to be sent is not there."""

    code = "local_file"


class NotReady(ClientError):  # noqa: N818 - said as it is
    """The request has not ended yet."""

    code = "not_ready"


class Refused(ClientError):  # noqa: N818 - said as it is
    """The server refused; `status` is its HTTP status, `body` what it said."""

    code = "refused"

    def __init__(self, sentence: str, status: int, body: dict[str, Any]) -> None:
        super().__init__(sentence)
        self.status = status
        self.body = body
        if status == 422:
            self.exit_status = USAGE


def plain(text: str) -> str:
    """Return a server's words as one short line that no terminal takes for commands."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= _MAX_SENTENCE else line[: _MAX_SENTENCE - 1] + "…"


def object_in(answer: httpx.Response) -> dict[str, Any]:
    """Return the JSON object of an answer. Raises: `BadAnswer`."""
    try:
        body = json.loads(answer.content)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise BadAnswer(f"{answer.url.host} did not answer in JSON: is it a Medialoom server?")
    return body


def error_in(answer: httpx.Response) -> ClientError:
    """Return the error that an answer other than the expected one stands for."""
    if answer.is_redirect:
        return BadAnswer(f"The server sends on to {answer.headers.get('Location')}: use that.")
    try:
        body = object_in(answer)
    except BadAnswer:
        body = {}
    said = sentence_of(body)
    if answer.status_code == 401:
        return NotAllowed(f"{said or 'The server wants to know who asks.'} See `medialoom login`.")
    if answer.status_code == 403:
        return NotAllowed(said or "The server does not allow that.")
    if answer.status_code in (502, 504):
        return Unreachable(f"The server behind {answer.url.host} does not answer.")
    said = said or f"The server answered with status {answer.status_code}."
    return Refused(said, answer.status_code, body)


def sentence_of(body: dict[str, Any]) -> str:
    """Return what a body of an error says, whichever of the API's shapes it has; "" if nothing."""
    detail = body.get("detail") or body.get("message") or body.get("title")
    if isinstance(detail, str):
        return detail
    if isinstance(detail, list):
        return "; ".join(_fault(fault) for fault in detail if isinstance(fault, dict))
    errors = body.get("errors")
    if isinstance(errors, dict):
        return "; ".join(f"{field}: {_words(said)}" for field, said in errors.items())
    return ""


def _fault(fault: dict[str, Any]) -> str:
    loc = fault.get("loc")
    where = [str(part) for part in loc if part not in ("body", "data")] if loc else []
    # What pydantic puts before every refusal of a validator tells nobody anything.
    said = str(fault.get("msg")).removeprefix("Value error, ")
    return f"{'.'.join(where)}: {said}" if where else said


def _words(said: object) -> str:
    return " ".join(map(str, said)) if isinstance(said, list) else str(said)
