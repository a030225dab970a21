"""200,000 clients of a chain of four salons, and people looked up by whoever answers the phone."""

import time
from collections.abc import Iterator
from random import Random
from typing import Any

from django.db import connection

from benchmarks.figures import Figure, at_most, percentile
from benchmarks.stack import analyze

CLIENTS, PLACES, LOOKS, SEED = 200_000, 4, 300, 20260615
FIRST = [
    "ana",
    "dana",
    "maria",
    "josé",
    "ángel",
    "núria",
    "sofía",
    "luz",
    "carmen",
    "li",
    "wei",
    "mei",
    "sara",
    "sarah",
    "emma",
    "olivia",
    "noah",
    "liam",
    "jean-luc",
    "zoë",
    "ömer",
    "ida",
    "oskar",
    "petra",
    "jo",
    "mike",
    "chris",
    "pat",
    "kim",
    "lee",
    "sam",
    "alex",
    "robin",
    "max",
    "tess",
    "vera",
    "nina",
    "ruth",
    "paul",
    "peter",
    "tom",
    "dan",
    "david",
    "dora",
    "daphne",
    "damian",
    "dag",
]
PIECES = "gar cía lo pez mar tin ez kin gs ley o'b rien schm idt nú ñez da vis wil son kow al ski"
NAMES = """
INSERT INTO integrations_client (connection_id, external_id, synced_at, first_name, last_name,
  email, phone, postal_code, timezone, locale, past_services, notes, tags, preferences,
  custom_fields, search_key, phone_last4, no_drafts, plain_texts)
SELECT %s, 'cli_' || n, now(), f, l, '', '+1503' || lpad(n::text, 7, '0'), '', '', 'en', '[]', '',
  '[]', '{}', '{}', k, right(lpad(n::text, 7, '0'), 4), false, false
FROM unnest(%s::int[], %s::text[], %s::text[], %s::text[]) AS t(n, f, l, k)
"""
VISITS = """
INSERT INTO integrations_appointment (connection_id, external_id, synced_at, client_id,
  location_id, service_name, staff_name, resource_id, visit_id, starts_at, ends_at, status,
  currency, source, notes, cancel_reason)
SELECT c.connection_id, 'apt_' || c.id || '_' || k, now(), c.id,
  (SELECT min(id) FROM integrations_location) + c.id %% %s, 'Facial', '', '', '', at,
  at + interval '1 hour', CASE WHEN at < now() THEN 'completed' ELSE 'booked' END, 'USD', '', '', ''
FROM integrations_client c, generate_series(0, 2) k,
  LATERAL (SELECT date_trunc('hour', now()) + (c.id %% 40) * interval '15 minutes'
    + ((c.id * 7 + k * 211) %% 720 - 700) * interval '1 day' AS at) t
"""
# What a list of names is usually asked: any part of the name as it was written.
PLAIN = """
SELECT c.id, c.first_name, c.last_name FROM integrations_client c
WHERE (c.first_name ILIKE %(like)s OR c.last_name ILIKE %(like)s) AND c.deleted_at IS NULL
  AND EXISTS (SELECT 1 FROM integrations_appointment v
    WHERE v.client_id = c.id AND v.location_id = ANY(%(places)s))
ORDER BY c.last_name, c.first_name LIMIT 12
"""


def figures() -> Iterator[Figure]:
    """Inside a running stack: fill it, look people up, and ask the plain way beside it."""
    places = _fill()
    looks = _looks()
    ours, queries = _timed(places, looks)
    plain = _plain([text for text in looks if text.isalpha()][:60], places)
    said = f"ILIKE on names as written p95 {percentile(plain, 95):.0f} ms, n={len(ours)}"
    yield at_most("search over 200,000 clients p95", percentile(ours, 95), 50, said, " ms")
    yield at_most("queries of one search, rights and time zones among them", queries, 3, "most")


def _fill() -> list[Any]:
    from integrations.folding import fold
    from integrations.models import Connection, Location

    account = Connection.objects.create(name="Four salons", platform="mangomint", status="ok")
    places = [
        Location.objects.create(
            connection=account,
            external_id=f"loc_{number}",
            name=f"Salon {number}",
            timezone="America/Los_Angeles",
        )
        for number in range(PLACES)
    ]
    dice, pieces = Random(SEED), PIECES.split()
    for start in range(0, CLIENTS, 20_000):
        numbers = list(range(start, start + 20_000))
        first = [dice.choice(FIRST).title() for _ in numbers]
        last = ["".join(dice.choices(pieces, k=dice.randint(2, 3))).title() for _ in numbers]
        keys = [fold(f"{one} {other}") for one, other in zip(first, last, strict=True)]
        with connection.cursor() as cursor:
            cursor.execute(NAMES, [account.pk, numbers, first, last, keys])
    with connection.cursor() as cursor:
        cursor.execute(VISITS, [PLACES])
    analyze()
    return places


def _looks() -> list[str]:
    """What is typed: two and three letters, a name and a letter, four digits, an hour."""
    dice = Random(SEED + 1)
    kinds = (
        lambda: dice.choice(FIRST)[:2],
        lambda: dice.choice(PIECES.split())[:2],
        lambda: f"{dice.choice(FIRST)[:3]} {dice.choice(PIECES.split())[:2]}",
        lambda: f"{dice.randint(0, 9999):04}",
        lambda: f"{dice.randint(1, 12)}:{dice.choice(('00', '15', '30', '45'))}",
    )
    return [kinds[number % len(kinds)]() for number in range(LOOKS)]


def _timed(places: list[Any], looks: list[str]) -> tuple[list[float], int]:
    """Milliseconds of each look as the page does it, and the most queries one took."""
    from django.db import reset_queries

    from approvals.permissions import rights_of
    from approvals.views.clients import seen_by
    from integrations.finding import clients_found
    from integrations.models import Location
    from tests.approvals.desk import person_make

    user = person_make("Maria", places[0], "front_desk")

    def look(text: str) -> int:
        rights = rights_of(user)
        here = Location.objects.filter(pk__in=rights.locations)
        return len(clients_found(seen_by(rights, here), text))

    spent, queries = [], 0
    for text in looks[:20]:
        look(text)
    for text in looks:
        began = time.perf_counter()
        look(text)
        spent.append((time.perf_counter() - began) * 1000)
    connection.force_debug_cursor = True
    for text in looks[:20]:
        reset_queries()
        look(text)
        queries = max(queries, len(connection.queries))
    connection.force_debug_cursor = False
    return spent, queries


def _plain(looks: list[str], places: list[Any]) -> list[float]:
    spent = []
    for text in looks:
        values = {"like": f"%{text}%", "places": [places[0].pk]}
        began = time.perf_counter()
        with connection.cursor() as cursor:
            cursor.execute(PLAIN, values)
            cursor.fetchall()
        spent.append((time.perf_counter() - began) * 1000)
    return spent
