"""A queue of durable work of the tests' own, and a server that misbehaves on request."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection

from core.work import Queue
from tests.core.misbehaving import Misbehaving
from tests.core.parcels import Parcel


@pytest.fixture(scope="session")
def parcel_table(django_db_setup: None, django_db_blocker: Any) -> None:
    """The table, made by the owner as a migration would (the app's role may not)."""
    with django_db_blocker.unblock(), connection.schema_editor(collect_sql=True) as editor:
        editor.create_model(Parcel)
        statements = list(editor.collected_sql)
        statements += [str(sql) for sql in editor.deferred_sql]
        editor.deferred_sql.clear()
    with psycopg.connect(os.environ["MIGRATE_DATABASE_URL"], autocommit=True) as owner:
        if owner.execute("SELECT to_regclass('toys_parcel')").fetchone() == (None,):
            for statement in statements:
                owner.execute(statement)


@pytest.fixture
def parcels(parcel_table: None, transactional_db: None) -> Iterator[Queue[Parcel]]:
    """An empty queue: a lease of a minute, three attempts."""
    Parcel.objects.all().delete()
    queue = Queue(Parcel, "toys.parcels_drain", lease=timedelta(seconds=60), most_attempts=3)
    yield queue
    del Queue.registered[queue.task]
    Parcel.objects.all().delete()


@pytest.fixture
def salon(settings: Any) -> Iterator[Misbehaving]:
    """A real HTTP server on this machine that OUTBOUND_ALLOW names."""
    with Misbehaving.running() as server:
        settings.OUTBOUND_ALLOW = [f"127.0.0.1:{server.port}"]
        yield server


@pytest.fixture
def owner() -> Iterator[psycopg.Connection]:
    """The database as the owner of its tables sees it: the one who could rewrite the audit."""
    with psycopg.connect(os.environ["MIGRATE_DATABASE_URL"], autocommit=True) as connection:
        yield connection
