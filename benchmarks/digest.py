"""Digests of 20 locations with 50,000 drafts: a mail for each manager, and one for who owns all.

Each is read, made and worded as the mail that would leave; only the mail server is left out. A
location where nothing happened stands beside it.
"""

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from benchmarks.figures import Figure, at_most, none_of
from benchmarks.stack import analyze, stack

PLACES = 20
DRAFTS = 50_000
CLIENTS = 2_000
VISITS_A_DAY = 30
DAYS_BACK = 60

APPOINTMENTS = """
INSERT INTO integrations_appointment (connection_id, external_id, client_id, location_id,
  service_name, staff_name, resource_id, visit_id, starts_at, ends_at, status, price, currency,
  source, notes, cancel_reason, synced_at)
SELECT %(connection)s, 'bench_' || p || '_' || d || '_' || n, (%(clients)s::bigint[])[
    1 + ((p * 7919 + d * 131 + n * 17) %% %(many)s)], (%(places)s::bigint[])[p], 'Cut', 'Kim', '',
  '', date_trunc('day', %(now)s::timestamptz)
    + make_interval(days => d, hours => 8, mins => n * 15), NULL,
  CASE WHEN d >= 0 THEN 'booked' WHEN (n + d) %% 12 = 0 THEN 'no_show' ELSE 'completed' END,
  60 + n, 'USD', 'online', '', '', now()
FROM generate_series(1, %(last)s) p, generate_series(%(back)s, 7) d,
  generate_series(1, %(visits)s) n
"""
RISKS = """
INSERT INTO agents_visitrisk (appointment_id, state, attempts, not_before, last_error, level,
  chance, reasons, stand_ins, was_high, starts_at, scored_at)
SELECT a.id, 'done', 0, now(), '', CASE WHEN a.id %% 5 = 0 THEN 'high' WHEN a.id %% 5 = 1
  THEN 'medium' ELSE 'low' END, (a.id %% 100) / 100.0, '["Missed twice out of 6 bookings."]', '[]',
  a.id %% 5 = 0, a.starts_at, now()
FROM integrations_appointment a WHERE a.starts_at > %(now)s::timestamptz - interval '14 days'
"""
ITEMS = """
INSERT INTO approvals_approvalitem
SELECT (jsonb_populate_record(item, jsonb_build_object(
  'id', nextval(pg_get_serial_sequence('approvals_approvalitem', 'id')), 'subject', 'past:' || n,
  'state', (ARRAY['sent', 'missed', 'rejected', 'sent'])[1 + n %% 4], 'revision_id', NULL,
  'location_id', (%(places)s::bigint[])[1 + n %% %(last)s], 'client_id', (%(clients)s::bigint[])[
    1 + n %% %(many)s], 'closed_at', %(now)s::timestamptz - n * interval '1 minute'))).*
FROM approvals_approvalitem item, generate_series(1, %(drafts)s) n WHERE item.id = %(item)s
"""


def run() -> Iterator[Figure]:
    with stack():
        from core import clock
        from tests.support.desks import desk_make

        now = clock.now()
        desk = desk_make(*(f"Location {number:02d}" for number in range(1, PLACES + 2)))
        owner = desk.person("Ana Solis", "owner", *desk.locations[:PLACES])
        idle = desk.person("Ida Vale", "manager", desk.locations[-1])
        managers = [
            desk.person(f"M{number} Vale", "manager", place)
            for number, place in enumerate(desk.locations[:PLACES])
        ]
        fill(desk, now, places=PLACES, drafts=DRAFTS)
        made = [digest(person, now) for person in managers]
        every = digest(owner, now)
        foreign = sum(strangers(person, place, now)
                      for person, place in zip(managers, desk.locations, strict=False))  # fmt: skip
        total = sum(took for took, _ in made) + every[0]
        nothing = min(digest(idle, now)[0] for _ in range(3))
        beside = f"{nothing * 1000:.0f} ms for a location without visits and drafts"
        yield at_most(
            "digests of 20 locations, 50,000 drafts, in all",
            total,
            10,
            f"{len(made) + 1} mails, the owner's of all 20 {every[0] * 1000:.0f} ms; {beside}",
            " s",
        )
        yield at_most(
            "statements of one digest", max(count for _, count in [*made, every]), 15, "owner of 20"
        )
        yield none_of("rows of another location", foreign, PLACES, "one location each")


def fill(desk: Any, now: datetime, *, places: int, drafts: int) -> None:
    from django.db import connection

    from integrations.models import Client

    if not Client.objects.exists():
        people = [
            Client(
                connection=desk.connection,
                external_id=f"bench_{number}",
                first_name="Dana",
                last_name="King",
                phone=f"+1503{number:07d}",
                search_key="dana king",
            )
            for number in range(CLIENTS)
        ]
        Client.objects.bulk_create(people)
    item = desk.draft(desk.client())
    words = {
        "connection": desk.connection.pk,
        "clients": list(Client.objects.order_by("pk").values_list("pk", flat=True)),
        "many": CLIENTS,
        "places": [place.pk for place in desk.locations[:places]],
        "last": places,
        "now": now,
        "back": -DAYS_BACK,
        "visits": VISITS_A_DAY,
        "drafts": drafts,
        "item": item.pk,
    }
    with connection.cursor() as cursor:
        for sql in (APPOINTMENTS, RISKS, ITEMS):
            cursor.execute(sql, words)
    analyze()


def digest(person: Any, now: datetime) -> tuple[float, int]:
    """(seconds, statements) from the person's rights to the finished mail."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from approvals.permissions import rights_of
    from copilot.digest.building import digest_make
    from copilot.digest.mail import mail_of

    day = now.date()
    began = time.perf_counter()
    with CaptureQueriesContext(connection) as asked:
        made = digest_make(person, rights_of(person), day)
        mail_of(person, made).message().as_bytes()
    return time.perf_counter() - began, len(asked)


def strangers(person: Any, place: Any, now: datetime) -> int:
    from approvals.permissions import rights_of
    from copilot.digest.building import digest_make

    made = digest_make(person, rights_of(person), now.date())
    if not made.rows:
        raise RuntimeError("an empty digest measures nothing")
    return sum(row.location.pk != place.pk for row in made.rows)
