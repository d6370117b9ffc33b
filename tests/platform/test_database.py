"""What is in force in the database, and that several processes can write at once."""

import os
import subprocess
import sys

import pytest
from django.contrib.auth.models import Permission
from django.db import connection, transaction

from backend.settings.base import _database
from core.accounts.models import User
from tests.support.emptying import empty
from tests.support.running import ROOT, database_url


def pragma(name: str) -> object:
    """Return a pragma's value on this connection (sqlite.org/pragma.html)."""
    with connection.cursor() as cursor:
        return cursor.execute(f"PRAGMA {name}").fetchone()[0]


@pytest.fixture
def embedded(transactional_db):
    """Return nothing; the embedded database is the one in use, or a file like it."""
    return connection.vendor


def test_an_embedded_database_stands_several_writers(embedded):
    if embedded == "sqlite":
        assert pragma("journal_mode") == "wal"
        assert pragma("synchronous") == 1  # NORMAL
        assert pragma("busy_timeout") == 20_000
        assert pragma("foreign_keys") == 1
    options = _database("sqlite:////tmp/some.sqlite3")["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert options["timeout"] == 20


def test_postgres_connections_are_kept_and_checked():
    config = _database("postgres://me:secret@db.example:5433/name")

    assert config["ENGINE"] == "django.db.backends.postgresql"
    assert (config["HOST"], config["PORT"], config["NAME"]) == ("db.example", 5433, "name")
    assert config["CONN_HEALTH_CHECKS"] is True
    assert config["CONN_MAX_AGE"] is None


def test_postgres_on_a_unix_socket_is_written_as_libpq_has_it():
    assert _database("postgres://me@%2Frun%2Fpostgresql/name")["HOST"] == "/run/postgresql"


WRITER = """
import django; django.setup()
from django.db import transaction
from core.jobs.models import Job
for _ in range(40):
    with transaction.atomic():
        Job.objects.count()  # a read first: a deferred transaction would fail to grow into a write
        Job.objects.create(kind="core.selftest", queue="default", params={})
"""


def test_processes_that_write_at_once_wait_for_each_other(transactional_db):
    from core.jobs.models import Job

    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": database_url()},
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    ends = [(writer.communicate(timeout=180)[1], writer.returncode) for writer in writers]

    assert [text for text, code in ends if code] == []
    assert Job.objects.count() == 160


def test_emptying_takes_every_row_but_those_that_say_which_models_there_are(staff):
    before = Permission.objects.count()

    empty("default")

    assert User.objects.count() == 0
    assert Permission.objects.count() == before > 0


def test_a_failed_block_leaves_nothing(transactional_db):
    from core.jobs.models import Job

    def write_and_fail() -> None:
        with transaction.atomic():
            Job.objects.create(kind="core.selftest", queue="default", params={})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()

    assert Job.objects.count() == 0
