"""Accounts over HTTP: what comes in (types and lengths; services check the rest), what goes out."""

from typing import Any

from rest_framework import serializers

from core.accounts.models import ApiToken, User
from core.api.fields import Flag, Text

PASSWORD: dict[str, Any] = {"max_length": 1024, "trim_whitespace": False, "write_only": True}
MISSING_LOGIN = "Provide email (or username) and password."
MISSING_NAMES = "Provide first_name or last_name."


class UserSerializer(serializers.ModelSerializer[User]):
    """An account as its owner sees it."""

    class Meta:
        model = User
        fields = ["id", "email", "role", "last_ip", "first_name", "last_name"]
        read_only_fields = fields


class SignupSerializer(serializers.Serializer[Any]):
    """A new account."""

    email = Text(max_length=254)
    password = Text(**PASSWORD)
    first_name = Text(max_length=150, allow_blank=True, default="")
    last_name = Text(max_length=150, allow_blank=True, default="")


class LoginSerializer(serializers.Serializer[Any]):
    """`email` or `username`, whichever a client calls it, and `password`."""

    email = Text(max_length=1024, allow_blank=True, required=False)
    username = Text(max_length=1024, allow_blank=True, required=False)
    password = Text(**PASSWORD, allow_blank=True, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Settle who it is. Raises: `ValidationError` when half of it is missing."""
        name = attrs.get("email") or attrs.get("username")
        if not name or not attrs.get("password"):
            raise serializers.ValidationError(MISSING_LOGIN)
        return {"email": name, "password": attrs["password"]}


class RefreshSerializer(serializers.Serializer[Any]):
    """A refresh token."""

    refresh = Text(max_length=8192)


class LogoutSerializer(serializers.Serializer[Any]):
    """What else shall end: a refresh token, or every token of the account."""

    refresh = Text(max_length=8192, required=False)
    everywhere = Flag(default=False)


class ProfileSerializer(serializers.Serializer[Any]):
    """The names of an account; an empty one clears it, one that is absent stays."""

    first_name = Text(max_length=150, allow_blank=True, required=False)
    last_name = Text(max_length=150, allow_blank=True, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a change of nothing. Raises: `ValidationError`."""
        if not attrs:
            raise serializers.ValidationError(MISSING_NAMES)
        return attrs


class PasswordSerializer(serializers.Serializer[Any]):
    """The password now and the one to come."""

    old_password = Text(**PASSWORD)
    new_password = Text(**PASSWORD)


class PairSerializer(serializers.Serializer[Any]):
    """A message and both tokens."""

    message = serializers.CharField()
    access = serializers.CharField()
    refresh = serializers.CharField()


class SessionSerializer(PairSerializer):
    """What a login gives."""

    user = UserSerializer()


class RenewedSerializer(serializers.Serializer[Any]):
    """A new access token; a new refresh token too where tokens rotate."""

    access = serializers.CharField()
    refresh = serializers.CharField(required=False)


class MessageSerializer(serializers.Serializer[Any]):
    """That it worked."""

    message = serializers.CharField()


class ProfileChangedSerializer(MessageSerializer):
    """That it worked, and the account now."""

    user = UserSerializer()


class ApiTokenSerializer(serializers.ModelSerializer[ApiToken]):
    """An API token without its key."""

    class Meta:
        model = ApiToken
        fields = [
            "id",
            "user",
            "name",
            "prefix",
            "is_active",
            "created_at",
            "last_used_at",
            "ip_address",
        ]
        read_only_fields = fields


class NewApiTokenSerializer(ApiTokenSerializer):
    """An API token with its key, shown this once."""

    key = serializers.CharField()

    class Meta(ApiTokenSerializer.Meta):
        fields = [*ApiTokenSerializer.Meta.fields, "key"]
        read_only_fields = fields


class CreateApiTokenSerializer(serializers.Serializer[Any]):
    """What a new API token is called."""

    name = Text(max_length=100, allow_blank=True, default="")
