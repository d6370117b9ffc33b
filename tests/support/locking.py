"""Locking the database against every writer, as a long transaction somewhere else does."""

import contextlib
from collections.abc import Iterator

from django.db import connections


@contextlib.contextmanager
def locked(impatient=None, tables: str = "core_job, core_jobattempt") -> Iterator[None]:
    """Hold the lock that every writer of jobs needs; `impatient` gives up on it at once.

    `tables`: those that are locked, in a database that locks less than the whole.
    """
    other = connections.create_connection("default")
    try:
        other.ensure_connection()
        if other.vendor == "sqlite":
            other.connection.execute("BEGIN IMMEDIATE")
        else:
            other.set_autocommit(False)
            other.cursor().execute(f"LOCK TABLE {tables} IN EXCLUSIVE MODE")
        with _impatience(impatient) if impatient else contextlib.nullcontext():
            yield
        other.connection.rollback()
    finally:
        other.close()


@contextlib.contextmanager
def _impatience(connection) -> Iterator[None]:
    sqlite = connection.vendor == "sqlite"
    short, usual = (
        ("PRAGMA busy_timeout = 20", "PRAGMA busy_timeout = 20000")
        if sqlite
        else ("SET lock_timeout = 20", "SET lock_timeout = 0")
    )
    connection.cursor().execute(short)
    try:
        yield
    finally:
        connection.cursor().execute(usual)
