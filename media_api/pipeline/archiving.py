"""The archive of a request: all its outputs, flat, under the names that they have."""

from collections.abc import Callable, Sequence
from pathlib import Path

from core.archive import write_zip
from core.jobs.lifecycle import LeaseLost
from media_api import storage
from media_api.models import MediaRequest


def pack(
    rid: str,
    names: Sequence[str],
    *,
    scratch: Path,
    check: Callable[[], None],
    keep: Callable[[], None],
) -> None:
    """Build the archive anew; it is there whole or not at all.

    It is written in `scratch`, which is emptied whatever becomes of the attempt. `check` is called
    on the way, `keep` before and after the archive is moved: both stop what is not ours any more.

    Raises: `LeaseLost`; what `core.archive.write_zip` raises.
    """
    made = scratch / f"{rid}.zip"
    try:
        write_zip(made, [(name, storage.output(rid, name)) for name in names], check=check)
        keep()
        storage.place_archive(rid, made)
        keep()
    except (FileNotFoundError, LeaseLost) as error:
        if MediaRequest.objects.filter(pk=rid).exists():
            raise
        # Who deleted it may have removed its files before the last of them was there.
        storage.remove_all(rid)
        raise LeaseLost(f"The request {rid} was deleted.") from error
