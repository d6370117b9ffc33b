"""Where a request's files lie (Media API contract, section 6).

    <persistence>/data/<rid>/raw<suffix>    the input that was sent or fetched
    <persistence>/data/<rid>/scratch/       what an attempt is making
    <persistence>/out/<rid>/<output>        what is done
    <persistence>/out/<rid>.zip             all of it

Outputs appear by rename, so they are whole or not there; an attempt that was killed is
made again and replaces them. Every name is made of a rid and a word of ours.
"""

import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings

from core.media.paths import sync_folder
from media_api.selectors import is_rid

FOLDER_MODE, FILE_MODE = 0o700, 0o600
# What was said when: kept beside the outputs, and no part of the archive.
SEGMENTS = "segments.json"
STRAY_AFTER_S = 3600.0
_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")


def root() -> Path:
    """Return the persistence folder."""
    return Path(settings.MEDIA_API_PERSISTENCE)


def data_folder(rid: str) -> Path:
    """Return the folder of a request's input and of what is being made."""
    return root() / "data" / _checked(rid)


def out_folder(rid: str) -> Path:
    """Return the folder of a request's outputs."""
    return root() / "out" / _checked(rid)


def archive(rid: str) -> Path:
    """Return the place of a request's archive."""
    return root() / "out" / f"{_checked(rid)}.zip"


def output(rid: str, name: str) -> Path:
    """Return the place of one output; `name` is one of ours."""
    return out_folder(rid) / name


def _checked(rid: str) -> str:
    if not is_rid(rid):
        raise ValueError("no rid")
    return rid


def suffix_of(filename: str) -> str:
    """Return the last extension of a client's file name if it is a plain one, else `.bin`."""
    suffix = os.path.splitext(filename)[1].lower()  # noqa: PTH122 - a label is no path
    return suffix if _SUFFIX.fullmatch(suffix) else ".bin"


def raw(rid: str, suffix: str) -> Path:
    """Return the place of a request's input."""
    return data_folder(rid) / f"raw{suffix}"


def raw_of(rid: str) -> Path | None:
    """Return the input that is there, if there is one."""
    return next((path for path in data_folder(rid).glob("raw.*") if path.is_file()), None)


def make_data_folder(rid: str) -> Path:
    """Make a request's folder, for nobody else's eyes."""
    return _made(data_folder(rid))


def _made(folder: Path) -> Path:
    """Make a folder and those above it; closed are all below the root, also where they were."""
    root().mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    below = folder.relative_to(root())
    for path in (root() / part for part in reversed([below, *below.parents][:-1])):
        path.mkdir(mode=FOLDER_MODE, exist_ok=True)
        if path.stat().st_mode & 0o777 != FOLDER_MODE:
            path.chmod(FOLDER_MODE)
    return folder


@contextmanager
def attempt_folder(rid: str, attempt: int) -> Iterator[Path]:
    """Give an attempt its own empty folder, on the disk where the outputs will lie.

    The outputs' folder is made here and nowhere else: that of a request which is deleted
    meanwhile does not come back. An attempt that was overtaken may still be ending: it takes
    nothing of the newer one along.
    """
    scratch = data_folder(rid) / "scratch"
    shutil.rmtree(scratch, ignore_errors=True)
    folder, out = _made(scratch / str(attempt)), _made(out_folder(rid))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):  # Another attempt's folder is in the one, outputs in the other.
            scratch.rmdir()
            out.rmdir()


def place(rid: str, made: Path) -> Path:
    """Move a finished file among the outputs, under the name that it has."""
    return _moved(made, out_folder(rid) / made.name)


def place_archive(rid: str, made: Path) -> Path:
    """Move a finished archive to its place."""
    return _moved(made, archive(rid))


def _moved(made: Path, target: Path) -> Path:
    made.chmod(FILE_MODE)
    made.replace(target)
    sync_folder(target.parent)
    return target


def remove_input(rid: str) -> None:
    """Remove a request's input, and what was being made of it."""
    shutil.rmtree(data_folder(rid), ignore_errors=True)


def remove_all(rid: str) -> None:
    """Remove everything of a request; harmless where nothing is there."""
    remove_input(rid)
    shutil.rmtree(out_folder(rid), ignore_errors=True)
    archive(rid).unlink(missing_ok=True)


def rids_with_input() -> list[str]:
    """Return the requests that have a folder for their input."""
    return [path.name for path in root().glob("data/*") if is_rid(path.name)]


def rids_on_disk() -> set[str]:
    """Return the requests of which anything has lain here for an hour or more."""
    before = time.time() - STRAY_AFTER_S
    found = set()
    for path in (*root().glob("data/*"), *root().glob("out/*")):
        rid = path.name.removesuffix(".zip")
        if is_rid(rid) and _is_older(path, before):
            found.add(rid)
    return found


def _is_older(path: Path, before: float) -> bool:
    """Tell whether nobody has touched it, or a file in it: an upload may take hours to arrive."""
    try:
        inside = list(path.iterdir()) if path.is_dir() else []
        return max(each.stat().st_mtime for each in (path, *inside)) < before
    except FileNotFoundError:
        return False
