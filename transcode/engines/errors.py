"""Why a result is not taken, ordered by what a caller can do.

core.errors.InvalidInput
└── Refused          "refused"        the result is not what its job asked for
    └── BadPlaylist  "bad_playlist"   a playlist that lies, or that nobody can read
"""

from core.errors import InvalidInput


class Refused(InvalidInput):
    """A result that is not what its job asked for: nothing of it is kept."""

    code = "refused"


class BadPlaylist(Refused):
    """A playlist that cannot be read, or that names what it must not name."""

    code = "bad_playlist"
