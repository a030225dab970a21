"""Waiting for the outside without a database connection in hand."""

from django.db import connection as database

from integrations.models import Connection


def give_back_connection() -> None:
    """Close this thread's connection (the pool gets it back); the next query opens one.

    Inside a transaction nothing happens: there the connection is not ours to give.
    """
    if not database.in_atomic_block:
        database.close()


def ready_to_call(connection: Connection) -> None:
    """Resolve the token first (it may be a row), then give the database connection back.

    Raises MissingSecret, which marks the connection like a refused token does.
    """
    if connection.token_ref:
        connection.secret()
    give_back_connection()
