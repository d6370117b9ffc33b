"""What runners send as JSON (contract, 2.1 to 2.6)."""

from typing import Any

from rest_framework import serializers

from transcode.runners.holding import MESSAGE_CHARS
from transcode.runners.tokens import MAX_CHARS


class TokenField(serializers.CharField):
    """A token, compared exactly: no space is trimmed."""

    def __init__(self) -> None:
        super().__init__(max_length=MAX_CHARS, trim_whitespace=False)


class RegisterSerializer(serializers.Serializer[Any]):
    """A runner that wants to be let in."""

    name = serializers.CharField(max_length=100)
    registrationToken = TokenField()  # noqa: N815 - the protocol's names
    description = serializers.CharField(max_length=1000, required=False, allow_null=True)
    version = serializers.CharField(required=False, allow_null=True, allow_blank=True)


class RunnerSerializer(serializers.Serializer[Any]):
    """A runner that says who it is."""

    runnerToken = TokenField()  # noqa: N815


class RequestSerializer(RunnerSerializer):
    """A runner that looks for work."""

    jobTypes = serializers.ListField(  # noqa: N815
        child=serializers.CharField(max_length=100, allow_blank=True),
        required=False,
        max_length=100,
    )
    version = serializers.CharField(required=False, allow_null=True, allow_blank=True)


class HolderSerializer(RunnerSerializer):
    """The holder of a job."""

    jobToken = TokenField()  # noqa: N815


class AbortSerializer(HolderSerializer):
    """A runner that gives its job back."""

    reason = serializers.CharField(max_length=MESSAGE_CHARS)


class ErrorSerializer(HolderSerializer):
    """A runner that failed; what is longer is cut."""

    message = serializers.CharField()
