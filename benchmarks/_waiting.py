"""Fifty salons with long waitlists, written with a few statements: clients, consent, appointments,
earlier offers, and entries with windows as clients give them."""

import json
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.db import connection

from agents.matching.facts import Slot
from benchmarks.stack import analyze
from core import clock

LOCATIONS = 50
SERVICES = 30
WINDOWS = (
    [{"days": "MTWTF", "from": "13:00", "to": "18:00"}],
    [{"days": "-T-T", "from": "09:00", "to": "12:00"}],
    [{"days": "----FS", "from": "09:00", "to": "17:00"}],
    [{"days": "MTWTFSS", "from": "16:00", "to": "20:00"}],
    [],
)
CLIENTS_PER_ENTRY = 0.4

TABLES = (
    "approvals_offer", "approvals_opening", "approvals_approvalitem",
    "integrations_waitlistentry", "integrations_consent", "integrations_appointment",
    "integrations_client", "integrations_staffmember", "integrations_service",
    "integrations_location",
)  # fmt: skip
PLACES = """
INSERT INTO integrations_location (connection_id, external_id, synced_at, name, timezone,
  opening_hours, phone, address, postal_code, booking_url, currency, resources, quiet_from,
  quiet_until, tomorrow_ready_at, sending_paused_reason)
SELECT %(account)s, 'loc_' || n, now(), 'Salon ' || n, 'America/Los_Angeles', '{}', '', '',
  (97200 + n)::text, '', 'USD', '[]', '20:00', '09:00', '16:00', ''
FROM generate_series(1, %(places)s) n
"""
OFFERED = """
INSERT INTO integrations_service (connection_id, external_id, synced_at, name, category, minutes,
  price, currency, skill, resource_kind, aftercare, form_required, description, active)
SELECT %(account)s, 'svc_' || n, now(), 'Service ' || n, '', 30 + 30 * (n %% 4), 80 + n, 'USD',
  'skill_' || n %% 8, '', '', CASE WHEN n %% 5 = 0 THEN 'Patch test' ELSE '' END, '', true
FROM generate_series(1, %(services)s) n
"""
# At one place, too, there is somebody for each of the eight skills.
THERAPISTS = """
INSERT INTO integrations_staffmember (connection_id, external_id, synced_at, name, email, phone,
  skills, roles, active)
SELECT %(account)s, 'sta_' || n, now(), 'Therapist ' || n, '', '',
  jsonb_build_array('skill_' || n %% 8), '[]', true
FROM generate_series(1, greatest(%(places)s * 4, 8)) n
"""
CLIENTS = """
INSERT INTO integrations_client (connection_id, external_id, synced_at, first_name, last_name,
  email, phone, postal_code, timezone, locale, past_services, notes, tags, preferences,
  visit_count, no_show_count, late_cancel_count, total_spend, custom_fields, search_key,
  phone_last4, no_drafts, plain_texts)
SELECT %(account)s, 'cli_' || n, now(), 'Client', n::text, '', '+1503' || lpad(n::text, 7, '0'),
  (97200 + n %% 90)::text, '', 'en', '[]', '', CASE WHEN n %% 40 = 0 THEN '["VIP"]'::jsonb
  ELSE '[]' END, '{}', n %% 30, n %% 7 / 6, n %% 9 / 8, n %% 2000, '{}', '', '', false, false
FROM generate_series(1, %(clients)s) n
"""
CONSENT = """
INSERT INTO integrations_consent (client_id, channel, purpose, origin, granted, wording,
  recorded_at)
SELECT id, 'sms', purpose, 'platform', id %% 20 <> 0, '', now()
FROM integrations_client, unnest(ARRAY['transactional', 'marketing']) purpose
"""
VISITS = """
INSERT INTO integrations_appointment (connection_id, external_id, synced_at, client_id,
  location_id, service_name, service_id, staff_name, staff_id, resource_id, visit_id, starts_at,
  ends_at, status, currency, source, notes, cancel_reason)
SELECT %(account)s, 'apt_' || c.id || '_' || k, now(), c.id,
  (SELECT min(id) FROM integrations_location) + c.id %% %(places)s, 'Service',
  (SELECT min(id) FROM integrations_service) + (c.id + k) %% %(services)s, 'Therapist',
  (SELECT min(id) FROM integrations_staffmember) + (c.id + k) %% (%(places)s * 4), '', '',
  now() + (k * 9 - 30 + c.id %% 7) * interval '1 day',
  now() + (k * 9 - 30 + c.id %% 7) * interval '1 day' + interval '1 hour',
  CASE WHEN k * 9 - 30 + c.id %% 7 < 0 THEN 'completed' ELSE 'booked' END, 'USD', '', '', ''
FROM integrations_client c, generate_series(1, 4) k
"""
ENTRIES = """
INSERT INTO integrations_waitlistentry (connection_id, external_id, synced_at, client_id,
  location_id, service_id, staff_ids, windows, status, priority, note, waiting_since)
SELECT %(account)s, 'wl_' || n, now(),
  (SELECT min(id) FROM integrations_client) + (n * 7919) %% %(clients)s,
  (SELECT min(id) FROM integrations_location) + n %% %(places)s,
  (SELECT min(id) FROM integrations_service) + (n / %(places)s * 13 + n %% 7) %% %(services)s,
  '[]', (%(windows)s::jsonb) -> ((n * 31 / 7) %% 5)::int, 'waiting', '', '',
  now() - (n %% 60) * interval '1 day'
FROM generate_series(1, %(entries)s) n
"""


def build(account: Any, entries: int, places: int = LOCATIONS) -> None:
    """So many waiting entries over fifty locations, or fewer."""
    values = {
        "account": account.pk,
        "places": places,
        "services": SERVICES,
        "entries": entries,
        "clients": max(200, int(entries * CLIENTS_PER_ENTRY)),
        "windows": json.dumps(WINDOWS),
    }
    clear()
    with connection.cursor() as cursor:
        for statement in (PLACES, OFFERED, THERAPISTS, CLIENTS, CONSENT, VISITS, ENTRIES):
            cursor.execute(statement, values)
    offers(account, values["clients"])
    analyze()


def clear() -> None:
    """No salon, nobody waiting."""
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"DELETE FROM {table}")


def offers(account: Any, clients: int) -> None:
    """Three offers each for half of the clients, answered as people do."""
    from approvals.models import ApprovalItem, Offer, Opening
    from integrations.models import Client, Location

    now, dice = clock.now(), Random(7)
    places = list(Location.objects.order_by("pk"))
    item = ApprovalItem.objects.create(
        connection=account, location=places[0], agent="open_slot", subject="slot:0",
        occasion="fill", title="Past", state=ApprovalItem.State.SENT,
    )  # fmt: skip
    slots = Opening.objects.bulk_create(
        Opening(
            connection=account, location=places[n % len(places)], cause="cancelled",
            starts_at=now - timedelta(hours=n), ends_at=now - timedelta(hours=n - 1),
            state=Opening.State.LAPSED, opened_at=now - timedelta(hours=n + 5),
        )
        for n in range(1, 1001)
    )  # fmt: skip
    ids = list(Client.objects.order_by("pk").values_list("pk", flat=True))[: clients // 2]
    made = []
    for number, client_id in enumerate(ids * 3):
        slot, state = slots[dice.randrange(1000)], dice.choice(("silent", "declined", "gone"))
        sent = slot.opened_at
        answered = sent + timedelta(minutes=dice.randint(1, 40)) if state == "declined" else None
        made.append(
            Offer(
                opening=slot, item=item, position=1, wave=1, client_id=client_id, channel="sms",
                answer_minutes=15, state=state, sent_at=sent, answered_at=answered,
                token_sha256=f"{number:064d}",
            )
        )  # fmt: skip
    Offer.objects.bulk_create(made, batch_size=2000)


def slots(number: int, seed: int) -> list[Slot]:
    """Free slots as cancellations bring them: any location, service, therapist and working hour."""
    from integrations.models import Location, Service, StaffMember

    dice = Random(seed)
    places = list(Location.objects.order_by("pk"))
    services = list(Service.objects.order_by("pk"))
    staff = list(StaffMember.objects.order_by("pk"))
    return [_slot(dice, places, services, staff) for _ in range(number)]


def _slot(dice: Random, places: list[Any], services: list[Any], staff: list[Any]) -> Slot:
    place, service = dice.choice(places), dice.choice(services)
    able = [one for one in staff if service.skill in one.skills]
    who = dice.choice(able)
    starts_at = _working_hour(dice, clock.now())
    return Slot(
        location_id=place.pk,
        timezone=place.timezone,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=service.minutes),
        service_id=service.pk,
        service=service.name,
        staff_id=who.pk,
        staff_external_id=who.external_id,
        staff=who.name,
        skills=who.skills,
        postal_code=place.postal_code,
    )


def _working_hour(dice: Random, now: datetime) -> datetime:
    """Nine to five on the coast, one to six days off."""
    day = now.replace(hour=16, minute=0, second=0, microsecond=0)
    return day + timedelta(days=dice.randint(1, 6), minutes=30 * dice.randint(0, 16))
