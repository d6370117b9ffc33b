"""Serializer fields that take no JSON type for another."""

from typing import Any

from rest_framework import serializers


class Text(serializers.CharField):
    """A JSON string; DRF's own field takes numbers too."""

    def to_internal_value(self, data: Any) -> str:
        """Return the text. Raises: `ValidationError` for any other JSON type."""
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class Flag(serializers.BooleanField):
    """JSON's true or false; DRF's own field takes words and numbers too."""

    def to_internal_value(self, data: Any) -> bool:
        """Return the flag. Raises: `ValidationError` for any other JSON type."""
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data
