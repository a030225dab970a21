"""Searching by the vectors of a model server, where an admin has named a model for it.

The salon's texts hold nothing of a client, so they may go to that server as they are. A question
may name somebody: it goes only as its asker gives it for outside, with the names taken out. Where
the server does not answer, words alone are searched, and pieces wait for their vectors.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agents.answers import Unusable
from agents.budgets import Asker
from agents.doors import Door, door_for
from agents.knowledge.splitting import Piece
from agents.models import KnowledgeChunk
from agents.vectors import AT_ONCE, Floats, vectors_asked
from core.errors import Temporary
from integrations.models import Connection, Location

# Somebody at the counter waits for it; by words alone the answer is there at once.
ASKED_SECONDS = 2.0
FILLED_SECONDS = 30.0
AGENT = "material"


@dataclass(frozen=True)
class Vector:
    """``name``: by whom, compared with pieces of exactly that name."""

    name: str
    row: Floats


def outside_door(connection_id: object) -> Door | None:
    """The door to search by, or None where the built-in embedder does it."""
    door = door_for(connection_id)
    return door if door.embedding_model and door.open else None


def name_of(door: Door, dimensions: int) -> str:
    """A model's vectors at one server and of one length: nothing else may be compared with them."""
    where = hashlib.sha256(door.base_url.encode()).hexdigest()[:8]
    return f"{prefix_of(door)}{dimensions}-{where}"


def prefix_of(door: Door) -> str:
    return f"server-{door.embedding_model[:50]}-"


def question_vector(door: Door, location: Location, outward: Callable[[], str]) -> Vector | None:
    """The question as a vector; None where the server cannot be asked now."""
    payer = Asker(str(location.connection_id), location.pk, AGENT)
    try:
        rows = vectors_asked(door, [outward()], seconds=ASKED_SECONDS, payer=payer)
    except Unusable:
        return None
    return Vector(name_of(door, rows.shape[1]), rows[0])


def outside_fill(connection: Connection, door: Door) -> int:
    """Give every piece that has none a vector of the server; how many got one. Raises Temporary
    where it cannot be asked: what has a vector keeps it, the rest is found by its words."""
    name, filled = _name_in_use(connection, door), 0
    while fresh := _without(connection, name):
        payer = Asker(str(connection.pk), None, AGENT)
        try:
            rows = vectors_asked(door, _texts(fresh), seconds=FILLED_SECONDS, payer=payer)
        except Unusable as error:
            raise Temporary(f"The texts have no vectors yet: {error.reason}.") from None
        made = name_of(door, rows.shape[1])
        for one, row in zip(fresh, rows, strict=True):
            one.vector, one.embedder = row, made
        KnowledgeChunk.objects.bulk_update(fresh, ["vector", "embedder"])
        name, filled = made, filled + len(fresh)
    return filled


def _without(connection: Connection, name: str) -> list[KnowledgeChunk]:
    chunks = KnowledgeChunk.objects.filter(connection=connection).exclude(embedder=name)
    return list(chunks.order_by("pk")[:AT_ONCE])


def _name_in_use(connection: Connection, door: Door) -> str:
    """The name of what this server made before; one that no piece has where it made nothing."""
    where = name_of(door, 0).rsplit("-", 1)[1]
    held = KnowledgeChunk.objects.filter(
        connection=connection, embedder__startswith=prefix_of(door), embedder__endswith=where
    )
    return held.order_by("-pk").values_list("embedder", flat=True).first() or "none yet"


def _texts(chunks: Sequence[KnowledgeChunk]) -> list[str]:
    return [Piece(one.heading, one.text).whole for one in chunks]
