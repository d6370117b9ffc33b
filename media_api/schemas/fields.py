"""Types of what requests bring. Text is held to what a database and JSON can store."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from media_api.config.fields import Keys
from media_api.engines.actions import Action, spelt
from media_api.engines.words import SpeechLanguage

# A key that was left out. It is never validated and never dumped: what was given is in
# `model_fields_set`, and the settings stand in for the rest.
LEFT_OUT: Any = None

_NOT_TEXT = re.compile("[\0-\x1f\x7f\ud800-\udfff]")


def _storable(value: str) -> str:
    if _NOT_TEXT.search(value):
        raise PydanticCustomError("string_unicode", "Input should be text without control codes")
    return value


def _own_spelling(value: Any) -> Any:
    return spelt(value) if isinstance(value, str) else value


def _auto(value: Any) -> Any:
    """The web client says `none` where it leaves the language to the engine."""
    return SpeechLanguage.AUTO if value == "none" else value


Text = Annotated[str, Field(min_length=1, max_length=4096), AfterValidator(_storable)]
Secret = Annotated[str, Field(max_length=255), AfterValidator(_storable)]
AnySpelling = Annotated[Action, BeforeValidator(_own_spelling)]
Spoken = Annotated[SpeechLanguage, BeforeValidator(_auto)]


class Given(Keys):
    """A group of keys of a request, each of which may be left out."""


def given(model: BaseModel) -> dict[str, Any]:
    """Return what a request gave, in camelCase and as plain JSON."""
    return model.model_dump(mode="json", by_alias=True, exclude_unset=True)
