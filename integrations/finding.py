"""Finding whoever is on the phone: two letters of a name, four digits, an hour. One statement.

Names are folded in Python and kept word by word (``ClientWord``), so that an index answers "begins
with" and nothing walks through 200,000 clients. Whoever comes or came just now stands first.
"""

# ruff: noqa: S608  (the pieces are constants of this file; what was typed goes in as values)

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from core import clock
from integrations.folding import fold, unpatterned

MOST = 12
SHORTEST = 2
# Who comes now, came just now, or comes tomorrow is who calls.
BACK, AHEAD = timedelta(hours=12), timedelta(hours=48)
BETWEEN_WORDS = re.compile(r"[\s'\u2019.,()/-]+")
HOUR = re.compile(r"^(\d{1,2})(?:[:.h]?(\d{2}))?\s*([ap])?\.?m?\.?$", re.IGNORECASE)


@dataclass(frozen=True)
class Wanted:
    """What was typed, read every way it can be: words of a name, digits, hours of the day."""

    words: tuple[str, ...] = ()
    digits: str = ""
    hours: tuple[tuple[int, int], ...] = ()

    @property
    def nothing(self) -> bool:
        return not (self.words or self.digits or self.hours)


@dataclass(frozen=True)
class Found:
    """One client as the list shows them, with the appointment that is nearest, if there is one."""

    client_id: int
    name: str
    phone: str
    why: str
    starts_at: datetime | None = None
    service: str = ""
    location_id: int | None = None


@dataclass(frozen=True)
class Seen:
    """Where somebody may look: whole locations, and those of their own appointments only.

    ``zones`` are the time zones in which an hour of the day is meant.
    """

    full: Sequence[int] = ()
    own: Sequence[int] = ()
    staff_id: int = 0
    zones: Collection[ZoneInfo] = ()

    @property
    def places(self) -> list[int]:
        return [*self.full, *self.own]


def wanted(text: str) -> Wanted:
    """Read what was typed. "2:30" is half past two, night or day; "1430" may be a number too."""
    clean = " ".join(text.replace("\x00", "").split())[:80]
    digits = re.sub(r"\D", "", clean)
    words = tuple(word for word in BETWEEN_WORDS.split(fold(clean)) if word)
    named = bool(words) and any(char.isalpha() for char in clean) and len(words[0]) >= 1
    hours = _hours(clean)
    long_enough = sum(len(word) for word in words) >= SHORTEST
    return Wanted(
        words=words[:4] if named and long_enough and not hours else (),
        digits=digits if 4 <= len(digits) <= 15 and len(digits) * 2 > len(clean) else "",
        hours=hours,
    )


def _hours(text: str) -> tuple[tuple[int, int], ...]:
    """The hours of the day that are meant; () where it is none."""
    said = HOUR.match(text.replace(" ", ""))
    if said is None:
        return ()
    hour, minute, half = int(said[1]), int(said[2] or 0), (said[3] or "").lower()
    if minute > 59 or hour > (12 if half else 23) or (not said[2] and not half):
        return ()
    if half:
        return ((hour % 12 + (12 if half == "p" else 0), minute),)
    if 1 <= hour < 12:
        return ((hour, minute), (hour + 12, minute))
    return ((hour, minute),)


def clients_found(seen: Seen, text: str) -> list[Found]:
    """The clients that fit, at most ``MOST``; nearest appointment first, then by name.

    One statement, whatever was typed.
    """
    asked = wanted(text)
    if asked.nothing or not seen.places:
        return []
    parts, values = _parts(asked, seen)
    if not parts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENT.format(parts=" UNION ALL ".join(parts)), values)
        rows = cursor.fetchall()
    return [_found(row) for row in rows]


def _found(row: Sequence[Any]) -> Found:
    client_id, first, last, phone, why, starts_at, service, place = row
    name = " ".join(filter(None, [first, last])) or "Client without a name"
    return Found(client_id, name, phone, why, starts_at, service or "", place)


def _parts(asked: Wanted, seen: Seen) -> tuple[list[str], dict[str, Any]]:
    now = clock.now()
    values: dict[str, Any] = {
        "full": list(seen.full),
        "own": list(seen.own),
        "staff": seen.staff_id,
        "places": seen.places,
        "since": now - BACK,
        "until": now + AHEAD,
        "most": MOST,
    }
    parts = []
    if asked.hours:
        values["moments"] = _moments(asked.hours, seen.zones, now)
        parts.append(_AT_HOUR)
    if asked.digits:
        values |= {"last4": asked.digits[-4:], "digits": f"%{asked.digits[-10:]}"}
        parts.append(_BY_PHONE)
    if asked.words:
        first, *others = sorted(asked.words, key=len, reverse=True)
        values |= {"begins": f"{unpatterned(first)}%"}
        values |= {f"other{place}": f"% {unpatterned(one)}%" for place, one in enumerate(others)}
        also = "".join(f" AND {_KEY} LIKE %(other{n})s" for n in range(len(others)))
        parts += [_NEAR.replace("{also}", also), _BY_NAME.replace("{also}", also)]
    return parts, values


def _moments(
    hours: Sequence[tuple[int, int]], zones: Collection[ZoneInfo], now: datetime
) -> list[datetime]:
    """Those hours of yesterday evening to the day after tomorrow, in each location's own time."""
    found = set()
    for zone in set(zones):
        today = now.astimezone(zone)
        for day in range(-1, 3):
            for hour, minute in hours:
                at = (today + timedelta(days=day)).replace(
                    hour=hour, minute=minute, second=0, microsecond=0
                )
                if now - BACK <= at <= now + AHEAD:
                    found.add(at)
    return sorted(found)


# The name with a space before each of its words, as they were cut for ClientWord.
_KEY = "' ' || translate(c.search_key, '''\u2019.,()/-', '        ')"


# Said as one condition that no index answers: as an OR of two the planner walked through every
# appointment of the location for each client (150,000 rows, 4 ms; 360 ms a search).
def _sees(row: str) -> str:
    return f"""CASE WHEN {row}.location_id = ANY(%(full)s) THEN true
    ELSE {row}.location_id = ANY(%(own)s) AND {row}.staff_id = %(staff)s END"""


# Of a client: has or had something at a place that this person sees; or has not been anywhere, and
# the person sees a place of that connection whole (``integrations.people.of_places`` says why).
_HERE = f"""(
  EXISTS (SELECT 1 FROM integrations_appointment v WHERE v.client_id = c.id AND {_sees("v")})
  OR EXISTS (SELECT 1 FROM integrations_waitlistentry w WHERE w.client_id = c.id
    AND w.location_id = ANY(%(full)s))
  OR EXISTS (SELECT 1 FROM integrations_sale s WHERE s.client_id = c.id
    AND s.location_id = ANY(%(full)s))
  OR (c.connection_id IN (
      SELECT connection_id FROM integrations_location WHERE id = ANY(%(full)s))
    AND NOT EXISTS (SELECT 1 FROM integrations_appointment v WHERE v.client_id = c.id)
    AND NOT EXISTS (SELECT 1 FROM integrations_waitlistentry w WHERE w.client_id = c.id)
    AND NOT EXISTS (SELECT 1 FROM integrations_sale s WHERE s.client_id = c.id)
    AND NOT EXISTS (SELECT 1 FROM integrations_message m
      WHERE m.client_id = c.id AND m.location_id IS NOT NULL)))"""
_LIVE = "c.deleted_at IS NULL AND c.merged_into_id IS NULL"
_VISITS = f"""integrations_appointment a JOIN integrations_client c ON c.id = a.client_id
  WHERE a.location_id = ANY(%(places)s) AND {_sees("a")}
    AND a.deleted_at IS NULL AND a.status <> 'cancelled'"""
_ACCOUNTS = "(SELECT DISTINCT connection_id FROM integrations_location WHERE id = ANY(%(places)s))"
_AT_HOUR = f"""(SELECT c.id, 0 AS rank, a.starts_at::text AS place, 'hour' AS why
  FROM {_VISITS} AND a.starts_at = ANY(%(moments)s) AND {_LIVE}
  ORDER BY a.starts_at LIMIT %(most)s)"""
_BY_PHONE = f"""(SELECT c.id, 1 AS rank, c.search_key AS place, 'phone' AS why
  FROM integrations_client c WHERE c.connection_id IN {_ACCOUNTS}
    AND c.phone_last4 = %(last4)s AND c.phone LIKE %(digits)s AND {_LIVE} AND {_HERE}
  LIMIT %(most)s)"""
_NEAR = f"""(SELECT c.id, 2 AS rank, min(a.starts_at)::text AS place, 'near' AS why
  FROM {_VISITS} AND a.starts_at BETWEEN %(since)s AND %(until)s AND {_LIVE}
    AND {_KEY} LIKE '%% ' || %(begins)s {{also}}
  GROUP BY c.id ORDER BY min(a.starts_at) LIMIT %(most)s)"""
_BY_NAME = f"""(SELECT named.id, 3 AS rank, named.word AS place, 'name' AS why
  FROM {_ACCOUNTS} account CROSS JOIN LATERAL (
    SELECT c.id, w.word FROM integrations_clientword w
      JOIN integrations_client c ON c.id = w.client_id
    WHERE w.connection_id = account.connection_id AND w.word LIKE %(begins)s AND {_LIVE}
      AND {_HERE} {{also}}
    ORDER BY w.word, w.client_id LIMIT %(most)s) named)"""
_STATEMENT = f"""
WITH hits AS ({{parts}}),
ranked AS (SELECT DISTINCT ON (id) id, rank, place, why FROM hits ORDER BY id, rank, place),
best AS (SELECT * FROM ranked ORDER BY rank, place, id LIMIT %(most)s)
SELECT c.id, c.first_name, c.last_name, c.phone, best.why,
  next.starts_at, next.service_name, next.location_id
FROM best JOIN integrations_client c ON c.id = best.id
LEFT JOIN LATERAL (
  SELECT a.starts_at, a.service_name, a.location_id FROM integrations_appointment a
  WHERE a.client_id = c.id AND a.starts_at >= %(since)s AND a.deleted_at IS NULL
    AND a.status <> 'cancelled' AND {_sees("a")}
  ORDER BY a.starts_at LIMIT 1) next ON true
ORDER BY best.rank, best.place, best.id"""
