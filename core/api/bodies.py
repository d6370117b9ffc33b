"""The error bodies of `core.api.errors`, as the schema describes them."""

from typing import Any

from rest_framework import serializers


class Messages(serializers.DictField):
    """Messages by input field; `__all__` has those of none."""

    child = serializers.ListField(child=serializers.CharField())


class ErrorsBodySerializer(serializers.Serializer[Any]):
    """Messages by input field; `__all__` has those of none."""

    errors = Messages()  # type: ignore[assignment] # DRF takes fields out of the class


class DetailBodySerializer(serializers.Serializer[Any]):
    """A refusal."""

    detail = serializers.CharField()
