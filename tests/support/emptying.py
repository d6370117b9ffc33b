"""A pytest plugin: after a test that commits, the database is emptied of its rows alone.

Django's own flush empties every table and then lets each app save its content types and
permissions again, which takes thirty times as long as the rest. They follow from the models and no
test changes them, so their tables keep what the migrations have put there.
"""

from contextlib import suppress

import pytest
from django.core.management.color import no_style
from django.db import OperationalError, connections
from django.test import TransactionTestCase

KEPT = {"django_content_type", "auth_permission"}
# PostgreSQL ends one of two that wait for each other's tables: us, or a reader of the platform's.
TRIES = 5


def empty(alias: str) -> None:
    """Delete every row of a database, but for what says which models there are."""
    connection = connections[alias]
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    words = connection.ops.sql_flush(no_style(), [name for name in tables if name not in KEPT])
    for _ in range(TRIES):
        with suppress(OperationalError):
            connection.ops.execute_sql_flush(words)
            return
    connection.ops.execute_sql_flush(words)


def _empty_all(case: TransactionTestCase) -> None:
    for alias in case._databases_names(include_mirrors=False):  # type: ignore[attr-defined]
        empty(alias)


@pytest.fixture(scope="session", autouse=True)
def _emptied_after_tests() -> None:
    TransactionTestCase._fixture_teardown = _empty_all  # type: ignore[attr-defined]
