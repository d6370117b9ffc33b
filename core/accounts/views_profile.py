"""An account's own affairs over HTTP: profile, password, API tokens (core contract, 3.3, 3.7)."""

from django.contrib import auth
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.accounts import api_tokens, login, schema, services
from core.accounts import serializers as shapes
from core.accounts.views import data_of, end_session, pair_body
from core.api.bodies import DetailBodySerializer
from core.api.clients import account_of, client_ip
from core.api.errors import CoreErrors
from core.api.pagination import CursorPages


class UserView(CoreErrors, APIView):
    """Who the caller is."""

    @extend_schema(
        operation_id="users_me",
        tags=["users"],
        responses={200: shapes.UserSerializer, **schema.REFUSED},
    )
    def get(self, request: Request) -> Response:
        """Show the caller's account."""
        return Response(shapes.UserSerializer(account_of(request)).data)


class ProfileView(CoreErrors, APIView):
    """The names of the caller."""

    @extend_schema(
        operation_id="users_profile_replace",
        tags=["users"],
        request=shapes.ProfileSerializer,
        responses={200: shapes.ProfileChangedSerializer, **schema.INVALID, **schema.REFUSED},
    )
    def put(self, request: Request) -> Response:
        """Change the names that are given; the same as PATCH."""
        data = data_of(request, shapes.ProfileSerializer)
        user = services.edit_profile(account_of(request), **data)
        body = {"message": "Profile updated.", "user": shapes.UserSerializer(user).data}
        return Response(body)

    @extend_schema(
        operation_id="users_profile_edit",
        tags=["users"],
        request=shapes.ProfileSerializer,
        responses={200: shapes.ProfileChangedSerializer, **schema.INVALID, **schema.REFUSED},
    )
    def patch(self, request: Request) -> Response:
        """Change the names that are given."""
        return self.put(request)


class DeleteAccountView(CoreErrors, APIView):
    """The end of an account."""

    @extend_schema(
        operation_id="users_profile_delete",
        tags=["users"],
        responses={204: None, **schema.REFUSED},
    )
    def delete(self, request: Request) -> Response:
        """Remove the account with its uploads, files, jobs, tokens and sockets."""
        services.delete_account(account_of(request))
        end_session(request)
        return Response(status=status.HTTP_204_NO_CONTENT)


class PasswordView(CoreErrors, APIView):
    """The caller's password."""

    @extend_schema(
        operation_id="users_password",
        tags=["users"],
        request=shapes.PasswordSerializer,
        responses={
            200: shapes.PairSerializer,
            **schema.INVALID,
            **schema.REFUSED,
            429: DetailBodySerializer,
        },
    )
    def post(self, request: Request) -> Response:
        """Change the password; every token ends, and a new pair is given."""
        data = data_of(request, shapes.PasswordSerializer)
        user = account_of(request)
        login.change_password(user, **data, ip=client_ip(request))
        if request.auth is None:
            auth.update_session_auth_hash(request._request, user)
        return Response(pair_body("Password changed.", user))


class ApiTokensView(CoreErrors, APIView):
    """The caller's API tokens, newest first."""

    @extend_schema(
        operation_id="users_tokens_list",
        tags=["users"],
        parameters=list(CursorPages.parameters),
        responses={200: CursorPages.schema_of(shapes.ApiTokenSerializer), **schema.REFUSED},
    )
    def get(self, request: Request) -> Response:
        """List the caller's API tokens, without their keys."""
        pages = CursorPages()
        rows = api_tokens.api_tokens_of(account_of(request))
        page = pages.paginate_queryset(rows, request, view=self)
        return pages.get_paginated_response(shapes.ApiTokenSerializer(page, many=True).data)

    @extend_schema(
        operation_id="users_tokens_create",
        tags=["users"],
        request=shapes.CreateApiTokenSerializer,
        responses={201: shapes.NewApiTokenSerializer, **schema.INVALID, **schema.REFUSED},
    )
    def post(self, request: Request) -> Response:
        """Make an API token; the answer holds its key, this once."""
        data = data_of(request, shapes.CreateApiTokenSerializer)
        token, key = api_tokens.create_api_token(account_of(request), **data, ip=client_ip(request))
        body = {**shapes.ApiTokenSerializer(token).data, "key": key}
        return Response(body, status=status.HTTP_201_CREATED)


class ApiTokenView(CoreErrors, APIView):
    """One of the caller's API tokens."""

    @extend_schema(
        operation_id="users_tokens_delete",
        tags=["users"],
        responses={204: None, **schema.REFUSED, 404: DetailBodySerializer},
    )
    def delete(self, request: Request, pk: int) -> Response:
        """Remove an API token."""
        api_tokens.delete_api_token(account_of(request), pk)
        return Response(status=status.HTTP_204_NO_CONTENT)
