"""What a client may say on the socket (Media API contract, 3.2 and 3.5)."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.realtime.commands import Command, decode_object
from core.realtime.errors import BadRequest, CommandError

INVALID_EVENT = 5
RID_CHARS = 64


class ClientEvent(BaseModel):
    """`sub`, `unsub` or `sync` of one request; whatever else is said is not looked at."""

    model_config = ConfigDict(strict=True, extra="ignore")

    type: Literal["sub", "unsub", "sync"]
    rid: str = Field(max_length=RID_CHARS)


class InvalidEvent(CommandError):  # noqa: N818 - the contract's name for it
    """The message is no event: `extra` is the frame that says why."""

    code = "invalid_event"

    def __init__(self, detail: list[dict[str, Any]], rid: object = None) -> None:
        frame: dict[str, Any] = {
            "type": "error", "detail": detail, "isValidation": True, "code": INVALID_EVENT,
        }  # fmt: skip
        if isinstance(rid, str):
            frame["rid"] = rid[:RID_CHARS]
        super().__init__(self.code, "Invalid event")
        self.extra = frame

    @classmethod
    def not_json(cls) -> "InvalidEvent":
        """What is not JSON at all."""
        return cls([{"loc": [], "msg": "Invalid JSON", "type": "json_invalid"}])


def event_in(text: str) -> Command:
    """Return the event in a message. Raises: `InvalidEvent`."""
    try:
        value = decode_object(text)
    except BadRequest as error:
        if error.error == "The message is not a JSON object.":
            detail = {"loc": [], "msg": "Input should be a JSON object", "type": "dict_type"}
            raise InvalidEvent([detail]) from error
        raise InvalidEvent.not_json() from error
    try:
        return ClientEvent.model_validate(value).model_dump()
    except ValidationError as error:
        detail_of = error.errors(include_url=False, include_context=False, include_input=False)
        raise InvalidEvent([_plain(one) for one in detail_of], value.get("rid")) from error


def _plain(error: Any) -> dict[str, Any]:
    return {"loc": list(error["loc"]), "msg": error["msg"], "type": error["type"]}
