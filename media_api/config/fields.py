"""Types of settings with their bounds, for `config.yaml` and for what requests bring alike."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from media_api.engines.words import Preset


class Keys(BaseModel):
    """A group of keys, known in camelCase and in snake_case; camelCase wins, others are ignored."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )


def _number(value: Any) -> Any:
    """Refuse true and false, which Python takes for 1 and 0."""
    if isinstance(value, bool):
        raise PydanticCustomError("int_type", "Input should be a valid integer")
    return value


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


Whole = Annotated[int, BeforeValidator(_number)]
Count = Annotated[Whole, Field(ge=0, le=2**53)]
Positive = Annotated[Whole, Field(ge=1, le=2**53)]

WidthPx = Annotated[Whole, Field(ge=16, le=7680, multiple_of=2)]
HeightPx = Annotated[Whole, Field(ge=16, le=4320, multiple_of=2)]
VideoKbps = Annotated[Whole, Field(ge=50, le=200_000)]
AudioKbps = Annotated[Whole, Field(ge=8, le=512)]
RateHz = Annotated[Whole, Field(ge=7350, le=96_000)]
Fps = Annotated[Whole, Field(ge=1, le=240)]
AnyCasePreset = Annotated[Preset, BeforeValidator(_lower)]
