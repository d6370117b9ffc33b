"""Signing up, coming in and going out over HTTP (core contract, 3.3)."""

from typing import Any

from django.contrib import auth
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from core.accounts import login, schema, services, tokens
from core.accounts import serializers as shapes
from core.accounts.authentication import TokenRefused
from core.accounts.models import User
from core.api.bodies import DetailBodySerializer
from core.api.clients import account_of, client_ip
from core.api.errors import BEARER, CoreErrors
from core.errors import FieldErrors

CHALLENGE = {"WWW-Authenticate": BEARER}


def pair_body(message: str, user: User) -> dict[str, Any]:
    """Return a message and a new pair of tokens."""
    pair = tokens.token_pair(user)
    return {"message": message, "access": pair.access, "refresh": pair.refresh}


def session_body(message: str, user: User) -> dict[str, Any]:
    """Return what a login gives."""
    return {**pair_body(message, user), "user": shapes.UserSerializer(user).data}


def data_of(request: Request, shape: type[Serializer[Any]]) -> dict[str, Any]:
    """Return what a request's body holds, as its serializer reads it. Raises: `ValidationError`."""
    form = shape(data=request.data)
    form.is_valid(raise_exception=True)
    checked: dict[str, Any] = form.validated_data
    return checked


def end_session(request: Request) -> None:
    """End the browser session behind a request; one with a token has none."""
    if request.auth is None:
        auth.logout(request._request)


class OpenView(CoreErrors, APIView):
    """A door for those who have no token yet; a dead one in the header does no harm."""

    authentication_classes = ()
    permission_classes = (AllowAny,)


class SignupView(OpenView):
    """The door for newcomers."""

    @extend_schema(
        operation_id="users_signup",
        tags=["users"],
        request=shapes.SignupSerializer,
        responses={
            201: shapes.SessionSerializer,
            **schema.INVALID,
            403: DetailBodySerializer,
            429: DetailBodySerializer,
        },
    )
    def post(self, request: Request) -> Response:
        """Make an account and log in to it."""
        data = data_of(request, shapes.SignupSerializer)
        user = services.sign_up(**data, ip=client_ip(request))
        body = session_body("Signup successful.", user)
        return Response(body, status=status.HTTP_201_CREATED)


class LoginView(OpenView):
    """The door for whoever has a password."""

    @extend_schema(
        operation_id="users_login",
        tags=["users"],
        request=shapes.LoginSerializer,
        responses={200: shapes.SessionSerializer, **schema.INVALID, **schema.BAD_LOGIN},
    )
    def post(self, request: Request) -> Response:
        """Give tokens for an e-mail, in any letter case, and a password."""
        data = data_of(request, shapes.LoginSerializer)
        ip = client_ip(request)
        try:
            user = login.check_credentials(**data, ip=ip)
        except login.BadCredentials as refusal:
            return Response({"message": str(refusal)}, status=401, headers=CHALLENGE)
        services.note_login(user, ip)
        return Response(session_body("Login successful.", user))


class RefreshView(OpenView):
    """The door for a refresh token."""

    @extend_schema(
        operation_id="users_refresh",
        tags=["users"],
        request=shapes.RefreshSerializer,
        responses={200: shapes.RenewedSerializer, **schema.REFRESH_REFUSED},
    )
    def post(self, request: Request) -> Response:
        """Give an access token for a refresh token."""
        form = shapes.RefreshSerializer(data=request.data)
        if not form.is_valid():
            messages = form.errors.get("refresh", ["Send an object with a refresh token."])
            return Response({"errors": {"refresh": " ".join(messages)}}, status=400)
        try:
            renewed = tokens.renew(form.validated_data["refresh"])
        except TokenRefused as refusal:
            return Response({"errors": {"refresh": str(refusal)}}, status=401, headers=CHALLENGE)
        services.note_address(renewed.user, client_ip(request))
        body = {"access": renewed.access}
        return Response(body if renewed.refresh is None else {**body, "refresh": renewed.refresh})


class NewPairView(CoreErrors, APIView):
    """The door to a fresh pair of tokens."""

    @extend_schema(
        operation_id="users_new_pair",
        tags=["users"],
        request=None,
        responses={200: shapes.PairSerializer, **schema.REFUSED},
    )
    def post(self, request: Request) -> Response:
        """Give a new pair to whoever has an access token."""
        user = account_of(request)
        services.note_address(user, client_ip(request))
        return Response(pair_body("Token refreshed.", user))


class LogoutView(CoreErrors, APIView):
    """The way out."""

    @extend_schema(
        operation_id="users_logout",
        tags=["users"],
        request=shapes.LogoutSerializer,
        responses={200: shapes.MessageSerializer, **schema.INVALID, **schema.REFUSED},
    )
    def post(self, request: Request) -> Response:
        """End a refresh token, or with `everywhere` every token, session and socket."""
        data = data_of(request, shapes.LogoutSerializer)
        user = account_of(request)
        refresh = data.get("refresh")
        if refresh is not None and not tokens.end_refresh_token(refresh, user=user):
            raise FieldErrors({"refresh": "The token belongs to another account."})
        if data["everywhere"]:
            services.revoke_sessions(user)
        end_session(request)
        return Response({"message": "Logout successful."})
