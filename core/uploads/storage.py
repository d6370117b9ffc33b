"""Where the files of uploads lie: `uploads/<owner>/<hash[:2]>/<hash><ext>` of the storage."""

from uuid import UUID

from django.core.files.storage import default_storage

from core.accounts.models import User

ROOT = "uploads"


def folder_of(user_id: UUID) -> str:
    """Return the folder of one owner's files, relative to the storage."""
    return f"{ROOT}/{user_id}"


def remove_all_of(user_id: UUID) -> None:
    """Remove every file of one owner, and the folder."""
    _remove(folder_of(user_id))


def remove_orphans() -> int:
    """Remove the folders of accounts that are gone (a crash after the rows); return how many."""
    names = {name for name in _list(ROOT)[0] if _is_uuid(name)}
    known = set(map(str, User.objects.filter(pk__in=names).values_list("pk", flat=True)))
    for name in names - known:
        _remove(f"{ROOT}/{name}")
    return len(names - known)


def _remove(folder: str) -> None:
    folders, files = _list(folder)
    for name in files:
        default_storage.delete(f"{folder}/{name}")
    for name in folders:
        _remove(f"{folder}/{name}")
    # A bucket has no folders, and lets go of what it does not have.
    default_storage.delete(folder)


def _list(folder: str) -> tuple[list[str], list[str]]:
    try:
        return default_storage.listdir(folder)
    except FileNotFoundError:
        return [], []


def _is_uuid(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False
