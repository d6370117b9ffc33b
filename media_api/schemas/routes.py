"""The object `data` of each route (Media API contract, 2.2)."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import FailFast, Field

from media_api.schemas.configs import (
    AudioConfig,
    CustomConfig,
    Ffmpeg,
    SummarizeConfig,
    TextConfig,
    TranscribeConfig,
)
from media_api.schemas.fields import LEFT_OUT, AnySpelling, Given, Secret, Text


class WebhookData(Given):
    """Whom to call once the request has ended; the secret signs the call."""

    url: Text
    secret: Secret | None = None


class Data(Given):
    """What every route takes."""

    url: Text | None = None
    path: Text | None = None
    upload_id: Text | None = None
    webhook: WebhookData | None = None
    config: Given = LEFT_OUT


class CompressData(Data):
    """What `compress/` takes."""

    config: Ffmpeg = LEFT_OUT


class AudioData(Data):
    """What `extract-audio/` takes."""

    config: AudioConfig = LEFT_OUT


class TranscribeData(Data):
    """What `transcribe/` takes."""

    config: TranscribeConfig = LEFT_OUT


class SummarizeData(Data):
    """What `summarize/` takes."""

    config: SummarizeConfig = LEFT_OUT


class TextData(Data):
    """What `file-to-text/` takes."""

    config: TextConfig = LEFT_OUT


class CustomData(Data):
    """What `custom/` takes. Order and repeats of the actions carry no meaning.

    The first that is none is told, so that a long list of them costs no more than it.
    """

    actions: Annotated[list[AnySpelling], Field(min_length=1), FailFast()]
    config: CustomConfig = LEFT_OUT


ROUTE_DATA: Mapping[str, type[Data]] = {
    "compress": CompressData,
    "extract_audio": AudioData,
    "transcribe": TranscribeData,
    "summarize": SummarizeData,
    "extract_text": TextData,
    "custom": CustomData,
}
