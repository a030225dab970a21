"""Bring a database back to the state right after the migrations.

copilot_app may not TRUNCATE, so Django's own flush cannot work. A superuser connection deletes
instead, with triggers off, and puts back the rows that migrations wrote (kept in a schema of
their own). DELETE rather than TRUNCATE: a server that is still reading is not locked out, and a
few rows go in a fraction of the time.
"""

from __future__ import annotations

from functools import cache

import psycopg
from psycopg import sql

SCHEMA = "seeds"
# Never touched: Django caches what is in them for the life of the process.
CACHED_BY_DJANGO = {"django_migrations", "django_content_type", "auth_permission"}


def take(connection: psycopg.Connection) -> None:
    """Keep a copy of every table that has rows now."""
    connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(SCHEMA)))
    for table in _tables(connection) - CACHED_BY_DJANGO:
        if _has_rows(connection, [table]):
            statement = sql.SQL("CREATE TABLE {} AS TABLE {}")
            connection.execute(statement.format(_kept(table), sql.Identifier(table)))


def put_back(connection: psycopg.Connection) -> None:
    """Delete what tests wrote and restore the seeded rows; under a millisecond when clean."""
    tables, seeded = _shape(connection)
    written = _has_rows(connection, sorted(tables - seeded.keys()))
    if not written and not _changed(connection, seeded):
        return
    with connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")
        for table in [*written, *seeded]:
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
        for table, columns in seeded.items():
            names = sql.SQL(", ").join(map(sql.Identifier, columns))
            statement = sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {}")
            connection.execute(statement.format(sql.Identifier(table), names, names, _kept(table)))


_shapes: dict[str, tuple[set[str], dict[str, list[str]]]] = {}


def _shape(connection: psycopg.Connection) -> tuple[set[str], dict[str, list[str]]]:
    key = connection.info.dbname
    if key not in _shapes:
        tables = _tables(connection) - CACHED_BY_DJANGO
        seeded = {
            table: _columns(connection, table) for table in sorted(_tables(connection, SCHEMA))
        }
        _shapes[key] = tables, seeded
    return _shapes[key]


def _tables(connection: psycopg.Connection, schema: str = "public") -> set[str]:
    rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema])
    return {row[0] for row in rows}


def _columns(connection: psycopg.Connection, table: str) -> list[str]:
    rows = connection.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public'"
        " AND table_name = %s AND is_generated = 'NEVER' ORDER BY ordinal_position",
        [table],
    )
    return [row[0] for row in rows]


@cache
def _kept(table: str) -> sql.Identifier:
    return sql.Identifier(SCHEMA, table)


def _has_rows(connection: psycopg.Connection, tables: list[str]) -> list[str]:
    """Which of the tables hold rows, in one round trip."""
    if not tables:
        return []
    probe = sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})")
    parts = [probe.format(sql.Literal(table), sql.Identifier(table)) for table in tables]
    return [row[0] for row in connection.execute(sql.SQL(" UNION ALL ").join(parts))]


def _changed(connection: psycopg.Connection, seeded: dict[str, list[str]]) -> bool:
    probe = sql.SQL(
        "EXISTS (SELECT {0} FROM {1} EXCEPT ALL SELECT {0} FROM {2})"
        " OR EXISTS (SELECT {0} FROM {2} EXCEPT ALL SELECT {0} FROM {1})"
    )
    parts = [
        probe.format(
            sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(table), _kept(table)
        )
        for table, columns in seeded.items()
    ]
    if not parts:
        return False
    row = connection.execute(sql.SQL("SELECT {}").format(sql.SQL(" OR ").join(parts))).fetchone()
    return bool(row and row[0])
