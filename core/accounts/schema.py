"""The OpenAPI side of accounts: bodies of refusals, and how a request says who it is."""

from typing import Any

from drf_spectacular.contrib.rest_framework_simplejwt import SimpleJWTScheme
from rest_framework import serializers

from core.accounts.serializers import MessageSerializer
from core.api.bodies import DetailBodySerializer, ErrorsBodySerializer

REFUSED = {401: DetailBodySerializer}
INVALID = {400: ErrorsBodySerializer}
BAD_LOGIN = {401: MessageSerializer, 429: DetailBodySerializer}


class VersionedJWTScheme(SimpleJWTScheme):  # type: ignore[no-untyped-call] # not annotated there
    """Describes the bearer header of `VersionedJWTAuthentication`."""

    target_class = "core.accounts.authentication.VersionedJWTAuthentication"
    name = "jwt"


class Sentences(serializers.DictField):
    """A sentence by input field."""

    child = serializers.CharField()


class RefreshErrorsSerializer(serializers.Serializer[Any]):
    """What is wrong with a refresh token: one sentence, not a list."""

    errors = Sentences()  # type: ignore[assignment] # DRF takes fields out of the class


REFRESH_REFUSED = {400: RefreshErrorsSerializer, 401: RefreshErrorsSerializer}
