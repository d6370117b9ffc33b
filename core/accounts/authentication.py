"""Which account a JWT stands for; the same check for REST and sockets."""

from rest_framework_simplejwt.authentication import JWTAuthentication


class VersionedJWTAuthentication(JWTAuthentication):
    """SimpleJWT's check, and the token version of the account."""
