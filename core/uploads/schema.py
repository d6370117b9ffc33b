"""What the OpenAPI schema says of uploads."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from core.uploads.models import OcrMode, OutputFormat
from core.uploads.options import CreateForm
from core.uploads.selectors import ORDERINGS
from core.uploads.status import STATUSES

TAGS = ["uploads"]


class UploadSerializer(serializers.Serializer[Any]):
    """An upload as `core.uploads.serializers.upload_body` makes it."""

    id = serializers.UUIDField()
    owner = serializers.UUIDField()
    image_path = serializers.CharField(help_text="Storage key, never a path of the server.")
    image_url = serializers.CharField()
    image_hash = serializers.CharField(help_text="SHA-256, 64 lower-case hex digits.")
    filename = serializers.CharField(allow_blank=True)
    mime_type = serializers.CharField()
    size_bytes = serializers.IntegerField()
    page_count = serializers.IntegerField(allow_null=True)
    status = serializers.ChoiceField(choices=STATUSES)
    auto_language_detection = serializers.BooleanField()
    language_hint = serializers.CharField(allow_null=True)
    output_format = serializers.ChoiceField(choices=OutputFormat.choices)
    ocr_mode = serializers.ChoiceField(choices=OcrMode.choices)
    detected_language = serializers.CharField(allow_null=True)
    confidence = serializers.FloatField(allow_null=True)
    engine = serializers.CharField(allow_null=True)
    raw_text = serializers.CharField(allow_null=True, allow_blank=True)
    processed_text = serializers.CharField(allow_null=True, allow_blank=True)
    followup_qa = serializers.ListField(child=serializers.DictField())
    progress = serializers.FloatField(min_value=0, max_value=1)
    run = serializers.IntegerField(help_text="Rises with every attempt of recognition.")
    error = serializers.CharField(allow_null=True)
    error_code = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    processed_at = serializers.DateTimeField(allow_null=True)
    streamed_text = serializers.CharField(required=False, help_text="Only while processing.")
    seq = serializers.IntegerField(required=False, help_text="Only while processing.")


class UploadJsonForm(CreateForm):
    """A new upload as JSON: base64, a path of the server, or a hash to ask by."""

    image_base64 = serializers.CharField(required=False)


class UploadFileForm(CreateForm):
    """A new upload as a form."""

    image_file = serializers.FileField(required=False)
    image = serializers.FileField(required=False, help_text="The same as `image_file`.")


class QuestionForm(serializers.Serializer[Any]):
    """A question about the text."""

    question = serializers.CharField(max_length=4000)


class LanguagesSerializer(serializers.Serializer[Any]):
    """What can be recognised here."""

    installed = serializers.ListField(child=serializers.CharField())
    osd = serializers.BooleanField(help_text="Whether rotated pages are found.")
    engine = serializers.CharField()


def _time(name: str, what: str) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.DATETIME, description=what)


FILTERS = [
    OpenApiParameter("status", str, many=True, enum=STATUSES, description="Also a comma list."),
    OpenApiParameter("image_hash", str, description="SHA-256 of the content."),
    OpenApiParameter("search", str, description="In either text, in any letter case."),
    OpenApiParameter("text_or_name", str, description="As `search`, or in the file's name."),
    _time("created_after", "At or after this moment."),
    _time("created_before", "At or before this moment."),
    OpenApiParameter("language", str, description="A code such as `eng`, found in the text."),
    OpenApiParameter("ordering", str, enum=ORDERINGS),
]
PAGING = [
    OpenApiParameter("page", int, description="Answers pages instead of an array."),
    OpenApiParameter("page_size", int, description="1 to 200; answers pages."),
    OpenApiParameter("before", OpenApiTypes.UUID, description="From `Link`: the array goes on."),
]
