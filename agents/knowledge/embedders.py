"""Which embedder a connection's texts are searched with, and fitting it anew by night."""

import hashlib
from collections.abc import Sequence
from functools import lru_cache

from django.db import transaction
from django.db.models import QuerySet

from agents.knowledge.embedding import Embedder, Floats, embedder_fit, embedder_of
from agents.knowledge.outside import outside_door
from agents.knowledge.splitting import Piece
from agents.knowledge.words import plain
from agents.models import KnowledgeChunk, LocalEmbedder
from core import clock
from integrations.models import Connection

# Rewriting vectors in one statement for each of so many rows keeps a fit's memory flat.
BATCH = 500
# An embedder speaks for texts until there are half as many again (and a few).
MOST_GROWN, FEW = 1.5, 8


def texts_embed(connection: Connection, texts: Sequence[str]) -> tuple[str, Floats | None]:
    """(name, one row a text) by the embedder in use; ("", None) while there is none."""
    embedder = embedder_in_use(connection)
    if embedder is None or not texts:
        return "", None
    return embedder.name, embedder.vectors(texts)


def embedder_in_use(connection: Connection) -> Embedder | None:
    row = LocalEmbedder.objects.filter(connection=connection).values_list("name", "pk").first()
    return _kept(*row) if row else None


@lru_cache(maxsize=8)
def _kept(name: str, pk: int) -> Embedder:
    """By name: a fit anew has another, so nothing here grows old."""
    row = LocalEmbedder.objects.get(pk=pk)
    return embedder_of(bytes(row.weights), bytes(row.axes), row.dimensions)


def embedder_refit(connection: Connection) -> LocalEmbedder | None:
    """Fit on all the texts of a connection and give every piece its new vector. None where nothing
    changed since, or there is too little. Fits outside the transaction that writes."""
    chunks = list(
        KnowledgeChunk.objects.filter(connection=connection)
        .order_by("pk")
        .values_list("pk", "heading", "text")
    )
    texts = [Piece(heading, text).whole for _, heading, text in chunks]
    # As they are read: where the vocabulary changed, vectors of the same texts are old.
    digest = hashlib.sha256("\x1e".join(map(plain, texts)).encode()).hexdigest()
    row = LocalEmbedder.objects.filter(connection=connection).first()
    if row is not None and row.texts_sha256 == digest and not _strangers(connection, row.name):
        return None
    fitted = embedder_fit(texts)
    if fitted is None:
        return None
    vectors = fitted.vectors(texts)
    return _keep(connection, fitted, digest, [pk for pk, _, _ in chunks], vectors)


def vectors_fill(connection: Connection) -> bool:
    """Give pieces that have none a vector of the embedder in use. False: there is none, or so much
    is new that it should be fitted on it."""
    row = LocalEmbedder.objects.filter(connection=connection).first()
    chunks = KnowledgeChunk.objects.filter(connection=connection)
    if row is None or chunks.count() > row.chunks * MOST_GROWN + FEW:
        return False
    fresh = list(chunks.exclude(embedder=row.name).order_by("pk"))
    texts = [Piece(one.heading, one.text).whole for one in fresh]
    name, vectors = texts_embed(connection, texts)
    if vectors is not None:
        for one, vector in zip(fresh, vectors, strict=True):
            one.vector, one.embedder = vector, name
        KnowledgeChunk.objects.bulk_update(fresh, ["vector", "embedder"], batch_size=BATCH)
    return True


def embedders_refit() -> int:
    """Every connection with texts that no model server speaks for; how many were fitted anew."""
    own = [one for one in connections_with_texts() if outside_door(one.pk) is None]
    return sum(embedder_refit(connection) is not None for connection in own)


def connections_with_texts() -> QuerySet[Connection]:
    with_texts = KnowledgeChunk.objects.order_by().values("connection").distinct()
    return Connection.objects.filter(pk__in=with_texts).order_by("pk")


def _strangers(connection: Connection, name: str) -> bool:
    """Whether some piece has no vector of the embedder in use: it came before the first fit."""
    mine = KnowledgeChunk.objects.filter(connection=connection)
    return mine.exclude(embedder=name).exists()


@transaction.atomic
def _keep(
    connection: Connection, fitted: Embedder, digest: str, pks: Sequence[int], vectors: Floats
) -> LocalEmbedder:
    """Texts that came while it was fitted keep their words and get their vector the next time."""
    row, _ = LocalEmbedder.objects.update_or_create(
        connection=connection,
        defaults={
            "name": fitted.name,
            "dimensions": fitted.dimensions,
            "weights": fitted.weights.astype("<f4").tobytes(),
            "axes": fitted.axes.astype("<f2").tobytes(),
            "chunks": len(pks),
            "texts_sha256": digest,
            "fitted_at": clock.now(),
        },
    )
    chunks = [
        KnowledgeChunk(pk=pk, vector=vector, embedder=fitted.name)
        for pk, vector in zip(pks, vectors, strict=True)
    ]
    KnowledgeChunk.objects.bulk_update(chunks, ["vector", "embedder"], batch_size=BATCH)
    return row
