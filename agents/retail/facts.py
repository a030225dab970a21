"""What a card needs from the database beside its visit, in two statements.

Each statement that a card waited for was a trip of its own and a query to be put together; eight
of them took longer than the ranking. One answers for the client and the place, one for the shelf.
Rows come back as the platform's last word: what is sold out this minute is not among them.
"""

# ruff: noqa: S608  (the pieces are constants of this file; what was typed goes in as values)

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from agents.models import CheckoutIdea, RetailShelf
from agents.retail.choosing import Bought, Rule, Tally, Ware
from integrations.folding import fold, unpatterned

# How far back purchases, answers and what became of suggestions are read.
BOUGHT_FROM = timedelta(days=730)
ANSWERED_FROM = timedelta(days=365)
TALLIED_FROM = timedelta(days=180)
MOST_BOUGHT, MOST_TEXTS = 300, 20


@dataclass(frozen=True)
class Facts:
    """``forms`` with their fields and ``notes`` of appointments, newest first; ``shelf``: what was
    learned last and when, None before the first night."""

    bought: Sequence[Bought] = ()
    rules: Sequence[Rule] = ()
    answers: Mapping[int, tuple[str, datetime]] = field(default_factory=dict)
    forms: Sequence[Any] = ()
    notes: Sequence[str] = ()
    shelf: tuple[int, datetime] | None = None


@dataclass(frozen=True)
class Asked:
    """Which products may come into question. ``first`` are never cut off by a long shelf of the
    same ``fields`` or ``brands``; ``everything`` where nothing is known that would narrow it."""

    first: Sequence[int]
    brands: Sequence[str] = ()
    fields: Sequence[str] = ()
    rules: Sequence[Rule] = ()
    everything: bool = False


_FACTS = """
SELECT json_build_object(
  'bought', ARRAY(
    SELECT json_build_array(l.product_id, p.name, p.brand, p.category, s.closed_at)
    FROM integrations_sale s
    JOIN integrations_saleline l ON l.sale_id = s.id
    JOIN integrations_product p ON p.id = l.product_id
    WHERE s.client_id = %(client)s AND s.deleted_at IS NULL AND l.quantity > 0
      AND s.closed_at > %(bought_from)s AND s.closed_at <= %(now)s
    ORDER BY s.closed_at DESC, l.id LIMIT %(most_bought)s),
  'forms', ARRAY(
    SELECT f.answers FROM integrations_formresponse f
    WHERE f.client_id = %(client)s AND f.deleted_at IS NULL AND f.complete
    ORDER BY f.submitted_at DESC, f.id DESC LIMIT %(most_texts)s),
  'notes', ARRAY(
    SELECT a.notes FROM integrations_appointment a
    WHERE a.client_id = %(client)s AND a.deleted_at IS NULL AND a.notes <> ''
    ORDER BY a.starts_at DESC LIMIT %(most_texts)s),
  'answers', ARRAY(
    SELECT json_build_array(i.product_id, i.answer, i.answered_at) FROM agents_checkoutidea i
    WHERE i.client_id = %(client)s AND i.product_id IS NOT NULL AND i.answer <> ''
      AND i.answered_at > %(answered_from)s
    ORDER BY i.answered_at, i.id),
  'rules', ARRAY(
    SELECT json_build_array(r.strength, r.service_id, r.service_category, r.product_id,
      r.product_words, r.brand, r.because)
    FROM agents_retailrule r
    WHERE r.connection_id = %(connection)s AND r.active
      AND (r.location_id IS NULL OR r.location_id = %(location)s)
    ORDER BY r.id),
  'shelf', (
    SELECT json_build_array(h.id, h.fitted_at) FROM agents_retailshelf h
    WHERE h.connection_id = %(connection)s AND h.kind = %(kind)s))
"""


def facts_of(client: int, location: int, account: Any, now: datetime) -> Facts:
    """Of one client at one place. One statement."""
    values = {
        "client": client,
        "location": location,
        "connection": account,
        "now": now,
        "bought_from": now - BOUGHT_FROM,
        "answered_from": now - ANSWERED_FROM,
        "most_bought": MOST_BOUGHT,
        "most_texts": MOST_TEXTS,
        "kind": RetailShelf.Kind.RETAIL.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FACTS, values)
        (found,) = cursor.fetchone()
    shelf = found["shelf"]
    return Facts(
        bought=[
            Bought(Ware(pk, name, brand, category), datetime.fromisoformat(at))
            for pk, name, brand, category, at in found["bought"]
        ],
        rules=[_rule(*row) for row in found["rules"]],
        answers=_answers(found["answers"]),
        forms=found["forms"],
        notes=found["notes"],
        shelf=(shelf[0], datetime.fromisoformat(shelf[1])) if shelf else None,
    )


def _rule(
    strength: str,
    service: int | None,
    category: str,
    product: int | None,
    words: str,
    brand: str,
    because: str,
) -> Rule:
    return Rule(strength, service, category, product, tuple(fold(words).split()), brand, because)


def _answers(rows: Sequence[Any]) -> dict[int, tuple[str, datetime]]:
    """The last thing the desk said about each product; a "wrong" is not taken back by time."""
    found: dict[int, tuple[str, datetime]] = {}
    for product, answer, at in rows:
        if found.get(product, ("",))[0] != CheckoutIdea.Answer.WRONG:
            found[product] = (answer, datetime.fromisoformat(at))
    return found


# What is never cut off is read by its number, the rest in order until there are enough: a filter
# over the whole shelf with a sort behind it took 17 ms of 5,000 products. What became of a product
# is counted for those that are looked at only.
_COLUMNS = """p.id, p.name, p.brand, p.category, p.price, p.cost, p.currency, p.stock,
  p.reorder_point, p.ingredients"""
_THERE = """p.connection_id = %(connection)s AND p.active AND p.deleted_at IS NULL
  AND (p.stock IS NULL OR p.stock > 0)"""
# Each number that stands in the statement itself is weighed by the planner: half of the time.
_OTHERS = "p.id NOT IN (SELECT unnest(%(first)s::bigint[]))"
_NEAR = "p.brand = ANY(%(brands)s) OR p.category ILIKE ANY(%(fields)s)"
# What some rule names. Only asked for where there is one: it reads every name.
_BY_RULE = f"""UNION ALL
  (SELECT 1, {_COLUMNS} FROM integrations_product p
  WHERE {_THERE} AND {_OTHERS} AND {{named}}
  ORDER BY p.id LIMIT %(most)s)"""
# As ``fold`` spells it, as far as a letter stands for a letter; ``Rule.names`` has the last word.
_FOLDED = """translate(lower(p.{}), 'áàâäãåéèêëíìîïóòôöõøúùûüñçýÿ',
    'aaaaaaeeeeiiiioooooouuuuncyy')"""
_WARES = f"""
WITH looked AS (
  SELECT 2 AS near, {_COLUMNS} FROM integrations_product p
  WHERE p.id = ANY((SELECT %(first)s::bigint[])::bigint[]) AND {_THERE}
  {{by_rule}}
  UNION ALL
  (SELECT 0, {_COLUMNS} FROM integrations_product p
  WHERE {_THERE} AND {_OTHERS} AND NOT {{named}} AND ({{wanted}})
  ORDER BY p.id LIMIT %(most)s)
),
best AS (SELECT * FROM looked ORDER BY near DESC, id LIMIT %(most)s)
SELECT p.*, t.said, t.sold, t.wrong
FROM best p CROSS JOIN LATERAL (
  SELECT count(*) FILTER (WHERE i.answer = 'said') AS said,
    count(*) FILTER (WHERE i.answer = 'said' AND i.sold_at IS NOT NULL) AS sold,
    count(*) FILTER (WHERE i.answer = 'wrong') AS wrong
  FROM agents_checkoutidea i
  WHERE i.location_id = %(location)s AND i.product_id = p.id AND i.made_at > %(tallied_from)s
) t
ORDER BY p.near DESC, p.id
"""


def wares_of(
    location: int, account: Any, asked: Asked, most: int, now: datetime
) -> tuple[list[Ware], dict[int, Tally]]:
    """Products that may come into question and are on the shelf at this moment, and what became of
    each here. One statement."""
    named, values = _named(asked.rules)
    values |= _near(asked) | {
        "connection": account,
        "location": location,
        "most": most,
        "tallied_from": now - TALLIED_FROM,
    }
    statement = _WARES.format(
        by_rule=_BY_RULE.format(named=named) if asked.rules else "",
        named=named,
        wanted="true" if asked.everything else _NEAR,
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows = cursor.fetchall()
    tallies = {row[1]: Tally(*row[-3:]) for row in rows if any(row[-3:])}
    return [Ware(*row[1:-3]) for row in rows], tallies


def _near(asked: Asked) -> dict[str, Any]:
    fields = [
        like
        for one in asked.fields
        for like in (f"%{unpatterned(one)}%", unpatterned(one.removesuffix("s")))
    ]
    first = f"{{{','.join(map(str, dict.fromkeys(asked.first)))}}}"
    return {"first": first, "brands": list(asked.brands), "fields": fields}


def _named(rules: Sequence[Rule]) -> tuple[str, dict[str, Any]]:
    """A condition for what some rule names by brand and words, and its values."""
    either: list[str] = []
    values: dict[str, Any] = {}
    for place, rule in enumerate(rules):
        named = []
        if rule.brand:
            values[f"brand{place}"] = rule.maker
            named.append(f"{_FOLDED.format('brand')} = %(brand{place})s")
        if rule.words:
            values[f"words{place}"] = [f"%{unpatterned(word)}%" for word in rule.words]
            named.append(f"{_FOLDED.format('name')} LIKE ALL(%(words{place})s)")
        either += [f"({' AND '.join(named)})"] if named else []
    return f"({' OR '.join(either) or 'false'})", values
