"""Close codes of every socket of the platform (RFC 6455 section 7.4; core contract, 2.2)."""

INTERNAL = 1011
TRY_AGAIN_LATER = 1013
UNAUTHENTICATED = 4401
FORBIDDEN = 4403
NOT_FOUND = 4404
TOO_LARGE = 4413
TOO_MANY = 4429
