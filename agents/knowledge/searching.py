"""Asking the salon's own texts. One statement: words (BM25) and vectors, fused, within one place.

Where somebody may look is decided before anything is compared: the statement starts from the texts
of one location and of its whole connection, valid on that day. Both arms are scaled to their best
piece and added (scores fused by sum: Fox and Shaw, 1994), and a piece is lifted by what stands
beside it below the same heading, because a section that speaks of something in several places is a
likelier answer, and by how much of the question its heading says. BM25 is Robertson's, k1 1.2 and
b 0.75.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection as database

from agents.knowledge.embedders import embedder_in_use
from agents.knowledge.outside import Vector, outside_door, question_vector
from agents.knowledge.words import AskedWords, asked_words
from integrations.models import Location

MOST = 5
LONGEST_QUESTION = 400
# How sure one has to be to answer at all, from 0 to 3 (a piece's own words get about 2). Set by
# hand on questions of a made-up salon whose answers were there or had been taken out; below it the
# page says that it is not in the material.
SURE = 0.5
# What a heading that says the whole question is worth, beside 3 for the best piece in all else.
BY_HEADING = 0.5
# What is left of being sure where a kind of treatment is asked for that is spoken of nowhere: "ear
# piercing for a child" found the children's hair cut.
NOT_OFFERED = 0.3


@dataclass(frozen=True)
class Found:
    """One piece of the material. ``score`` orders; it says nothing by itself."""

    chunk_id: int
    source_id: int
    heading: str
    text: str
    title: str
    kind: str
    score: float


@dataclass(frozen=True)
class Answer:
    """The best pieces, best first. ``confidence`` runs from 0 to 3; ``known`` is whether it is
    enough to say that the material answers the question."""

    pieces: tuple[Found, ...]
    confidence: float

    @property
    def known(self) -> bool:
        return bool(self.pieces) and self.confidence >= SURE


NOTHING = Answer((), 0.0)


def knowledge_search(
    *,
    location: Location,
    question: str,
    today: date,
    most: int = MOST,
    arms: str = "both",
    outward: Callable[[], str] | None = None,
) -> Answer:
    """What the material of this location says. ``arms``: "both", or "words" or "vectors" alone,
    which measurements ask for. ``outward``: the question as a model server may read it; without
    it none is asked. Three queries, one of them cached by the embedder's name."""
    clean = question.replace("\x00", "")[:LONGEST_QUESTION]
    words = asked_words(clean)
    if not words.stems:
        return NOTHING
    vector, outside = (None, False) if arms == "words" else _vector(location, clean, outward)
    values: dict[str, Any] = {
        "connection": location.connection_id,
        "location": location.pk,
        "today": today,
        "most": most,
        **_asked(words),
        **_weighed(arms),
        "embedder": vector.name if vector else "",
        "by_vector": vector is not None,
        "vector": _written(vector) if vector else None,
        "centred": outside,
    }
    with database.cursor() as cursor:
        cursor.execute(STATEMENT, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    if not rows or rows[0][6] <= 0:
        return NOTHING
    pieces = tuple(Found(*row[:7]) for row in rows)
    return Answer(pieces, float(rows[0][7]))


def _asked(words: AskedWords) -> dict[str, Any]:
    return {
        "words": words.stems,
        "asked": words.count,
        "kinds": words.kinds,
        "not_offered": NOT_OFFERED,
    }


def _weighed(arms: str) -> dict[str, float]:
    """What counts in the order; a single arm is measured without the rest."""
    whole = arms == "both"
    return {
        "by_words": 0.0 if arms == "vectors" else 1.0,
        "beside": 1.0 if whole else 0.0,
        "by_heading": BY_HEADING if whole else 0.0,
    }


def _written(vector: Vector) -> str:
    """As the database reads it; what a number kept as a float has no digits for is left out."""
    return f"[{','.join(f'{one:.9g}' for one in vector.row.tolist())}]"


def _vector(
    location: Location, question: str, outward: Callable[[], str] | None
) -> tuple[Vector | None, bool]:
    """The question's vector if it has one, and whether a model server makes them here."""
    door = outside_door(location.connection_id)
    if door is not None:
        return question_vector(door, location, outward) if outward else None, True
    embedder = embedder_in_use(location.connection)
    row = embedder.vectors([question])[0] if embedder else None
    known = embedder is not None and row is not None and bool(row.any())
    return (Vector(embedder.name, row) if embedder and row is not None and known else None), False


# A server's vectors all lean one way, so that the middle of a salon's texts is taken for nothing.
# How sure one can be is not read from them: every model has its own scale, and SURE was set on the
# built-in one's. There the words say it, as they do without any vector.
STATEMENT = """
WITH texts AS MATERIALIZED (
  SELECT s.id FROM agents_knowledgesource s
  WHERE s.connection_id = %(connection)s
    AND (s.location_id = %(location)s OR s.location_id IS NULL)
    AND s.retired_at IS NULL
    AND (s.valid_from IS NULL OR s.valid_from <= %(today)s)
    AND (s.valid_until IS NULL OR s.valid_until >= %(today)s)
),
held AS MATERIALIZED (
  SELECT c.id, c.source_id, c.section, c.length,
    CASE WHEN c.embedder = %(embedder)s AND %(by_vector)s
      THEN -(c.vector <#> %(vector)s::vector) END AS product
  FROM agents_knowledgechunk c
  WHERE c.connection_id = %(connection)s
    AND (c.location_id = %(location)s OR c.location_id IS NULL)
    AND c.source_id = ANY(ARRAY(SELECT id FROM texts))
),
spelled AS MATERIALIZED (
  SELECT w.chunk_id, w.word, w.times, w.in_heading FROM agents_knowledgeword w
  WHERE w.connection_id = %(connection)s
    AND (w.location_id = %(location)s OR w.location_id IS NULL)
    AND w.word = ANY(%(words)s)
),
scope AS (
  SELECT id, source_id, section, length, greatest(0, CASE WHEN %(centred)s
      THEN (product - avg(product) OVER ()) / greatest(1 - avg(product) OVER (), 1e-6)
      ELSE product END) AS near
  FROM held
),
size AS (SELECT count(*)::float AS n, greatest(avg(length), 1)::float AS mean FROM scope),
hits AS (
  SELECT c.id, c.source_id, c.section, c.length, w.word, w.times, w.in_heading
  FROM spelled w JOIN scope c ON c.id = w.chunk_id
),
weights AS (
  SELECT h.word, ln(1 + (max(z.n) - count(*) + 0.5) / (count(*) + 0.5)) AS idf
  FROM hits h CROSS JOIN size z GROUP BY h.word
),
asked AS (
  SELECT coalesce(sum(idf), 0)
    + greatest(%(asked)s - count(weights.word), 0) * ln(1 + (max(z.n) + 0.5) / 0.5) AS total
  FROM size z LEFT JOIN weights ON true
),
lexical AS (
  SELECT h.id, sum(w.idf * h.times * 2.2
    / (h.times + 1.2 * (0.25 + 0.75 * h.length / z.mean))) * %(by_words)s AS score
  FROM hits h JOIN weights w USING (word) CROSS JOIN size z GROUP BY h.id
),
covered AS (
  SELECT source_id, section, sum(idf) AS inside,
    coalesce(sum(idf) FILTER (WHERE above), 0) AS heading
  FROM (
    SELECT source_id, section, word, bool_or(in_heading) AS above
    FROM hits GROUP BY source_id, section, word
  ) once JOIN weights USING (word) GROUP BY source_id, section
),
scored AS (
  SELECT c.id, c.source_id, c.section, c.near, coalesce(l.score, 0) AS said,
    max(c.near) OVER () AS nearest, max(coalesce(l.score, 0)) OVER () AS most_said
  FROM scope c LEFT JOIN lexical l ON l.id = c.id
),
summed AS (
  SELECT *, near / greatest(nearest, 1e-9) + said / greatest(most_said, 1e-9) AS fused
  FROM scored
),
lifted AS (
  SELECT *, avg(fused) OVER below AS beside,
    avg(near) OVER below AS near_beside
  FROM summed WINDOW below AS (PARTITION BY source_id, section)
),
ranked AS (
  SELECT l.*, l.fused + %(beside)s * l.beside / greatest(max(l.beside) OVER (), 1e-9)
    + %(by_heading)s * coalesce(v.heading, 0) / greatest(a.total, 1e-9) AS score,
    (coalesce(v.inside, 0) + coalesce(v.heading, 0)) / greatest(a.total, 1e-9) AS said_of_it
  FROM lifted l
  LEFT JOIN covered v ON v.source_id = l.source_id AND v.section = l.section
  CROSS JOIN asked a
),
offered AS (
  SELECT CASE WHEN bool_or(k.kind NOT IN (SELECT word FROM hits)) THEN %(not_offered)s
    ELSE 1 END AS held
  FROM unnest(%(kinds)s::text[]) AS k(kind)
),
best AS MATERIALIZED (SELECT * FROM ranked ORDER BY score DESC, id LIMIT %(most)s)
SELECT r.id, r.source_id, c.heading, c.text, s.title, s.kind, r.score,
  o.held * CASE WHEN %(centred)s OR NOT %(by_vector)s THEN 1.5 * r.said_of_it
    ELSE r.nearest + r.near_beside + 0.5 * r.said_of_it END AS confidence
FROM best r
JOIN agents_knowledgechunk c ON c.id = r.id
JOIN agents_knowledgesource s ON s.id = r.source_id
CROSS JOIN offered o
ORDER BY r.score DESC, r.id
"""
