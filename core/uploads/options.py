"""What a client may say about an upload: options, texts, names; checked in one place."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from core.api.fields import Text
from core.errors import FieldErrors
from core.media.paths import clean_filename
from core.ocr.engines import installed_languages
from core.ocr.engines.errors import UnknownLanguage
from core.ocr.engines.languages import resolve_hint
from core.uploads.models import OcrMode, OutputFormat

TEXT_MAX_CHARACTERS = 10_000_000
HASH_PATTERN = r"^[0-9a-fA-F]{64}$"
TEXTS = ("raw_text", "processed_text")


class OptionsForm(serializers.Serializer[object]):
    """How an upload is to be recognised; all may be left out."""

    auto_language_detection = serializers.BooleanField(required=False)
    language_hint = Text(required=False, allow_null=True, allow_blank=True, max_length=64)
    output_format = serializers.ChoiceField(choices=OutputFormat.choices, required=False)
    ocr_mode = serializers.ChoiceField(choices=OcrMode.choices, required=False)

    def validate_language_hint(self, value: str | None) -> str | None:
        """Refuse what names no installed language; blank is null."""
        if not value or not value.strip():
            return None
        try:
            languages_of(value)
        except UnknownLanguage as error:
            raise serializers.ValidationError(str(error)) from error
        return value.strip()


class CreateForm(OptionsForm):
    """What comes with the bytes of a new upload, or in their place."""

    filename = Text(required=False, allow_null=True, allow_blank=True, max_length=4096)
    image_path = Text(
        required=False,
        allow_null=True,
        allow_blank=True,
        max_length=4096,
        trim_whitespace=False,
    )
    image_hash = serializers.RegexField(
        HASH_PATTERN,
        required=False,
        allow_null=True,
        allow_blank=True,
        error_messages={"invalid": "64 hexadecimal digits are expected."},
    )
    process = serializers.BooleanField(required=False, default=True)
    token = Text(required=False, allow_null=True, allow_blank=True, max_length=128)


class UpdateForm(OptionsForm):
    """What of an upload may be changed; everything else is ignored and named."""

    raw_text = Text(
        required=False,
        allow_blank=True,
        trim_whitespace=False,
        max_length=TEXT_MAX_CHARACTERS,
    )
    processed_text = Text(
        required=False,
        allow_blank=True,
        trim_whitespace=False,
        max_length=TEXT_MAX_CHARACTERS,
    )
    filename = Text(required=False, allow_blank=True, max_length=4096)

    def validate_filename(self, value: str) -> str:
        """Make a label of it: a client's name is no path."""
        return clean_filename(value, default="")


def languages_of(hint: str | None) -> tuple[str, ...]:
    """Return the installed languages that a hint names. Raises: `UnknownLanguage`."""
    return resolve_hint(hint, installed_languages().languages) if hint else ()


def checked(form: type[OptionsForm], data: object) -> dict[str, Any]:
    """Return the values that the form knows, checked. Raises: `FieldErrors`."""
    if not isinstance(data, Mapping):
        raise FieldErrors({"__all__": "An object is expected."})
    known = {key: value for key, value in data.items() if key in form().fields}
    serializer = form(data=known)
    if not serializer.is_valid():
        raise FieldErrors(
            {field: list(map(str, errors)) for field, errors in serializer.errors.items()}
        )
    return dict(serializer.validated_data)


def ignored(form: type[OptionsForm], data: Mapping[str, object]) -> list[str]:
    """Return the names in `data` that the form does not know, as they came."""
    return [name for name in data if name not in form().fields]
