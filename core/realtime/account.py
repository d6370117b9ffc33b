"""Ending the sockets of an account whose tokens are revoked.

Whoever raises an account's token version, deactivates or deletes it publishes
`core.auth.revoked` to the account's group on commit. The event only says that there is
something to see: the account's row is read, for all its sockets at once, and so it is
every 5 s in case the event was lost. A socket opened with a newer token stays.
"""

from collections.abc import Callable, Iterable
from uuid import UUID

from core.accounts.models import User
from core.realtime.groups import group_for_account
from core.realtime.hub import hub
from core.realtime.identity import Identity
from core.realtime.loops import per_loop
from core.realtime.publish import Event
from core.realtime.sweep import Sweep

REVOKED = "core.auth.revoked"
_STATE = "account.state"


class AccountWatch:
    """Calls `end` once the account may no longer have this socket."""

    def __init__(self, identity: Identity, end: Callable[[], None]) -> None:
        self.identity = identity
        self._end = end
        self._group = group_for_account(identity.user.pk)

    async def start(self) -> None:
        """Watch. Raises: `HubUnavailable`."""
        await hub().join(self._group, self)
        account_sweep().watch(self.identity.user.pk, self)

    def stop(self) -> None:
        """Watch no longer."""
        hub().leave(self._group, self)
        account_sweep().forget(self)

    def deliver(self, event: Event) -> None:
        """Take a revocation, which is looked into, or what the row said."""
        if event.name == REVOKED:
            account_sweep().hurry()
        elif event.name == _STATE and self._is_revoked_by(event.data["version"]):
            self._end()

    def _is_revoked_by(self, version: int | None) -> bool:
        """Versions only grow: a lower one was read before this socket's token was made."""
        return version is None or version > self.identity.token_version

    def resync(self) -> None:
        """Look into it, since a revocation may be lost."""
        account_sweep().hurry()


def _read_accounts(user_ids: list[UUID]) -> Iterable[tuple[UUID, Event]]:
    """Read the token versions that are valid now: none for who is inactive or gone."""
    active = User.objects.filter(pk__in=user_ids, is_active=True)
    versions = dict(active.values_list("pk", "token_version"))
    for user_id in user_ids:
        yield user_id, Event(name=_STATE, data={"version": versions.get(user_id)})


account_sweep = per_loop(lambda: Sweep(_read_accounts))
