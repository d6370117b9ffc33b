"""Socket tickets over HTTP (platform contract, section 5)."""

import time

from drf_spectacular.utils import extend_schema
from redis.exceptions import RedisError
from rest_framework import serializers, status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.tokens import Token

from core.accounts.models import User
from core.realtime.tickets import TICKET_LIFETIME_S, issue

SESSION_SOCKET_LIFETIME_S = 3600


class Unavailable(APIException):
    """Redis is away."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = "Tickets are not available at the moment; try again later."
    default_code = "unavailable"


class TicketSerializer(serializers.Serializer[object]):
    """A ticket, and how many seconds are left to use it."""

    ticket = serializers.CharField()
    expires_in = serializers.IntegerField()


class SocketTicketView(APIView):
    """Tickets for pages that must not put a JWT into an address."""

    @extend_schema(
        operation_id="socket_tickets_create",
        tags=["sockets"],
        request=None,
        responses={201: TicketSerializer},
    )
    def post(self, request: Request) -> Response:
        """Make a ticket that opens one socket as the caller, within 30 s."""
        if not isinstance(request.user, User):
            raise TypeError("only accounts pass IsAuthenticated")
        try:
            ticket = issue(request.user, socket_expires_at_s(request))
        except RedisError as error:
            raise Unavailable from error
        body = {"ticket": ticket, "expires_in": TICKET_LIFETIME_S}
        return Response(body, status.HTTP_201_CREATED)


def socket_expires_at_s(request: Request) -> float:
    """Return when the ticket's socket ends: with the JWT, or the session, or after 1 h."""
    if isinstance(request.auth, Token):
        return float(request.auth["exp"])
    session_s = request.session.get_expiry_age()
    return time.time() + min(session_s, SESSION_SOCKET_LIFETIME_S)
