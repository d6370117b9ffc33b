"""What the Media API says and takes, for the OpenAPI description."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, inline_serializer
from rest_framework import serializers

FILE = {
    (200, "application/octet-stream"): OpenApiTypes.BINARY,
    (202, "text/html"): OpenApiResponse(description="Not ready yet."),
}

RID = inline_serializer("MediaRid", {"rid": serializers.CharField()})
CONTENT = inline_serializer("MediaContent", {"content": serializers.CharField()})
CANCELED = inline_serializer(
    "MediaCanceled", {"rid": serializers.CharField(), "status": serializers.IntegerField()}
)


class MediaErrorSerializer(serializers.Serializer[object]):
    """Why a request, or a stage of it, failed."""

    code = serializers.CharField()
    message = serializers.CharField()
    stage = serializers.IntegerField()


class MediaStatusSerializer(serializers.Serializer[object]):
    """How far a request is."""

    rid = serializers.CharField()
    status = serializers.IntegerField(min_value=0, max_value=5)
    curStage = serializers.IntegerField(required=False)  # noqa: N815 - the wire's name
    totalStages = serializers.IntegerField(required=False)  # noqa: N815
    elapsedTime = serializers.IntegerField(required=False)  # noqa: N815
    pct = serializers.IntegerField(required=False)
    error = MediaErrorSerializer(required=False)


class MediaRequestSerializer(MediaStatusSerializer):
    """A request in the list."""

    type = serializers.CharField()
    actions = serializers.ListField(child=serializers.CharField())
    filename = serializers.CharField()
    createdAt = serializers.DateTimeField()  # noqa: N815
    finishedAt = serializers.DateTimeField(allow_null=True)  # noqa: N815
    outputs = serializers.ListField(child=serializers.CharField())


class MediaWebhookSerializer(serializers.Serializer[object]):
    """What the calls of a webhook came to."""

    attempts = serializers.IntegerField()
    lastStatus = serializers.IntegerField(allow_null=True)  # noqa: N815
    deliveredAt = serializers.DateTimeField(allow_null=True)  # noqa: N815


class MediaRequestDetailSerializer(MediaRequestSerializer):
    """One request."""

    queuePosition = serializers.IntegerField(allow_null=True)  # noqa: N815
    etaSeconds = serializers.IntegerField(allow_null=True)  # noqa: N815
    webhook = MediaWebhookSerializer(allow_null=True)


# `data` is a JSON object, as the contract's 2.2 says. The name is taken in a class of DRF's.
MediaForm = inline_serializer(
    "MediaForm",
    {"data": serializers.CharField(), "file": serializers.FileField(required=False)},
)


class MediaWordSerializer(serializers.Serializer[object]):
    """One word, its times in seconds."""

    start = serializers.FloatField()
    end = serializers.FloatField()
    word = serializers.CharField()
    confidence = serializers.FloatField()


class MediaSegmentSerializer(serializers.Serializer[object]):
    """A piece of what was said, its times in seconds."""

    start = serializers.FloatField()
    end = serializers.FloatField()
    text = serializers.CharField()
    words = MediaWordSerializer(many=True)


STATUS = MediaStatusSerializer
DETAIL = MediaRequestDetailSerializer
SEGMENTS = inline_serializer(
    "MediaSegments",
    {"language": serializers.CharField(), "segments": MediaSegmentSerializer(many=True)},
)
LIST = inline_serializer(
    "MediaRequestPage",
    {
        "count": serializers.IntegerField(),
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
        "results": MediaRequestSerializer(many=True),
    },
)
SUBMISSION: dict[str, Any] = {
    "tags": ["media"],
    "parameters": [OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER)],
    "request": {
        "multipart/form-data": MediaForm,
        "application/json": OpenApiTypes.OBJECT,
    },
    "responses": {200: RID},
}
