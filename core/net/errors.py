"""What can go wrong on the way out, ordered by what a caller can do.

core.errors.JobError
├── core.errors.Stopped              "stopped"            the caller asked to stop
├── core.errors.TemporaryFailure
│   └── RemoteUnavailable            "source_not_found"   no answer, a broken one, 5xx, 408, 429
└── core.errors.InvalidInput                              never tried again
    ├── ForbiddenAddress             "source_forbidden"   an address that must not be reached
    ├── RemoteNotFound               "source_not_found"   the server says no
    └── RemoteTooLarge               "source_too_large"   the body outgrew its limit

Messages are for users: they name no address that a name led to.
"""

from core.errors import InvalidInput, TemporaryFailure


class RemoteUnavailable(TemporaryFailure):
    """The other server gave no answer that is of use; another attempt may pass."""

    code = "source_not_found"
    sentence = "The server could not be reached."


class ForbiddenAddress(InvalidInput):
    """The address, or what its name leads to, is not one to connect to."""

    code = "source_forbidden"
    sentence = "This address must not be reached from here."


class RemoteNotFound(InvalidInput):
    """The server answered that there is nothing for us."""

    code = "source_not_found"
    sentence = "There is nothing to fetch at this address."


class RemoteTooLarge(InvalidInput):
    """The answer is larger than it may be."""

    code = "source_too_large"
    sentence = "What this address holds is too large."
