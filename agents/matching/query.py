"""Who waits here, with all that matching needs: two queries, whatever the length of the list.

The first finds the entries that could fit (the partial index on location and service), orders them
by what entry and client say of themselves, and joins consent, forms and what lies ahead to the best
``POOL`` of them only: 100,000 entries cost what 1,000 do. The second reads what those clients were
offered before, which can still change the order inside the pool.
"""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from agents.matching.facts import Slot, Waiting
from agents.matching.settings import OpenSlotSettings

POOL = 40
OFFERS_BACK = timedelta(days=180)
# The shares here are rough on purpose: they only decide who is looked at closely.
POOL_SQL = """
WITH fitting AS MATERIALIZED (
  SELECT s.id, s.name, s.minutes, s.skill, s.form_required, s.resource_kind
  FROM integrations_service s
  WHERE s.id = %(service)s OR (
    %(others)s AND s.active AND s.deleted_at IS NULL
    AND s.connection_id = (SELECT connection_id FROM integrations_location WHERE id = %(location)s)
    AND coalesce(s.minutes, 0) <= %(minutes)s
    AND (s.skill = '' OR %(any_skill)s OR s.skill = ANY(%(skills)s))
    AND (s.resource_kind = '' OR %(room)s = '' OR s.resource_kind = %(room)s))
), listed AS (
  SELECT e.*
  FROM integrations_waitlistentry e
  WHERE e.location_id = %(location)s AND e.status = 'waiting' AND e.deleted_at IS NULL
    AND e.service_id = ANY(ARRAY(SELECT id FROM fitting))
  UNION ALL
  SELECT e.*
  FROM integrations_waitlistentry e
  WHERE e.location_id = %(location)s AND e.status = 'waiting' AND e.deleted_at IS NULL
    AND e.service_id IS NULL
), pool AS MATERIALIZED (
  SELECT e.id AS entry_id, e.client_id, e.service_id, e.staff_ids, e.windows, e.priority,
         e.waiting_since, e.note,
         (CASE WHEN jsonb_typeof(e.windows) <> 'array' OR e.windows = '[]' OR EXISTS (
             SELECT 1 FROM jsonb_array_elements(
               CASE WHEN jsonb_typeof(e.windows) = 'array' THEN e.windows ELSE '[]' END) w
             WHERE (coalesce(w ->> 'days', '') = '' OR jsonb_typeof(w -> 'days') <> 'string'
                    OR substr(w ->> 'days', %(weekday)s, 1) NOT IN ('', '-', ' '))
               AND (w ->> 'from' IS NULL OR length(w ->> 'from') > 5
                    OR lpad(w ->> 'from', 5, '0') <= %(clock)s)
               AND (w ->> 'to' IS NULL OR length(w ->> 'to') > 5
                    OR lpad(w ->> 'to', 5, '0') > %(clock)s)
               AND coalesce(w ->> 'earliest', '') <= %(day)s
               AND coalesce(w ->> 'latest', '9999') >= %(day)s)
           THEN 1000 ELSE 0 END)
         + (CASE WHEN e.staff_ids = '[]' OR %(staff)s = '' THEN 500
                 WHEN jsonb_exists(e.staff_ids, %(staff)s) THEN 500 + %(weight_fit)s * 0.25
                 ELSE 0 END)
         + %(weight_fit)s * (CASE WHEN e.service_id = %(service)s THEN 0.5 ELSE 0.2 END)
         + %(weight_waiting)s * least(1, greatest(0, extract(epoch FROM
             %(as_of)s - coalesce(e.waiting_since, %(as_of)s)) / 86400 / %(full_days)s))
         + %(weight_priority)s * (CASE WHEN e.priority NOT IN ('', 'normal', 'low') THEN 1
                                       ELSE 0 END) AS likely
  FROM listed e
  ORDER BY likely DESC, e.waiting_since NULLS LAST, e.id
  LIMIT %(pool)s
)
SELECT p.entry_id, p.client_id, p.service_id, p.staff_ids, p.windows, p.priority, p.waiting_since,
  p.note, f.name, f.minutes, f.skill, f.form_required, f.resource_kind,
  c.postal_code, c.tags, c.visit_count, c.no_show_count, c.late_cancel_count, c.total_spend,
  c.no_drafts, c.email <> '',
  CASE WHEN c.phone = '' THEN 0 ELSE (
    SELECT min(o.id) FROM integrations_client o
    WHERE o.connection_id = c.connection_id AND o.phone = c.phone) END,
  (SELECT jsonb_agg(jsonb_build_object('channel', k.channel, 'purpose', k.purpose,
     'origin', k.origin, 'granted', k.granted, 'at', k.at))
   FROM integrations_consent k WHERE k.client_id = c.id),
  (SELECT jsonb_agg(r.name) FROM integrations_formresponse r
   WHERE f.form_required <> '' AND r.client_id = c.id AND r.complete AND r.deleted_at IS NULL
     AND coalesce(r.submitted_at, r.synced_at) <= %(as_of)s
     AND (r.expires_on IS NULL OR r.expires_on >= %(as_of)s)),
  (SELECT jsonb_agg(jsonb_build_object('id', a.id, 'service_id', a.service_id,
     'service', a.service_name, 'starts_at', a.starts_at, 'ends_at', a.ends_at))
   FROM integrations_appointment a
   WHERE a.client_id = c.id AND a.deleted_at IS NULL AND a.status IN ('booked', 'confirmed')
     AND a.starts_at > %(as_of)s - interval '12 hours' AND a.id <> %(given_up)s),
  (SELECT count(*) FROM integrations_appointment a
   WHERE a.client_id = c.id AND a.staff_id = %(staff_id)s AND a.status = 'completed'
     AND a.starts_at <= %(as_of)s)
FROM pool p
JOIN integrations_client c ON c.id = p.client_id
LEFT JOIN fitting f ON f.id = p.service_id
WHERE c.deleted_at IS NULL AND c.merged_into_id IS NULL
"""
ASKED_SQL = """
SELECT o.client_id, jsonb_agg(jsonb_build_object('opening_id', o.opening_id, 'state', o.state,
    'sent_at', o.sent_at, 'answered_at', o.answered_at, 'starts_at', s.starts_at,
    'ends_at', s.ends_at) ORDER BY o.id)
FROM approvals_offer o
JOIN approvals_opening s ON s.id = o.opening_id
WHERE o.client_id = ANY(%s) AND s.opened_at BETWEEN %s AND %s
GROUP BY o.client_id
"""


def waiting_for(slot: Slot, settings: OpenSlotSettings, as_of: datetime) -> list[Waiting]:
    """The entries that could fit a slot, with what is known of their clients."""
    with connection.cursor() as cursor:
        cursor.execute(POOL_SQL, _parameters(slot, settings, as_of))
        rows = cursor.fetchall()
    asked = asked_before((row[1] for row in rows), as_of)
    return [_waiting(row, asked.get(row[1], [])) for row in rows]


def asked_before(client_ids: Iterable[int], as_of: datetime) -> dict[int, list[Any]]:
    """What these clients were offered lately, or stand in line for: the fields of ``Asked``.

    One row per client, as JSON that only the model reads: as rows of the ORM they cost more than
    everything else about a client.
    """
    with connection.cursor() as cursor:
        cursor.execute(ASKED_SQL, [list(client_ids), as_of - OFFERS_BACK, as_of])
        return {client_id: _listed(offers) for client_id, offers in cursor.fetchall()}


def _parameters(slot: Slot, settings: OpenSlotSettings, as_of: datetime) -> dict[str, Any]:
    local = slot.starts_at.astimezone(slot.zone)
    return {
        "location": slot.location_id,
        "service": slot.service_id or 0,
        "others": settings.other_services or slot.service_id is None,
        "minutes": slot.minutes,
        "skills": slot.skills,
        "any_skill": slot.staff_id is None,
        "room": slot.room_kind,
        "staff": slot.staff_external_id,
        "staff_id": slot.staff_id or 0,
        "weekday": local.weekday() + 1,
        "clock": f"{local:%H:%M}",
        "day": local.date().isoformat(),
        "as_of": as_of,
        "given_up": slot.appointment_id or 0,
        "pool": POOL,
        "full_days": settings.full_days,
        "weight_fit": settings.weight_fit,
        "weight_waiting": settings.weight_waiting,
        "weight_priority": settings.weight_priority,
    }


def _waiting(row: tuple[Any, ...], asked: list[Any]) -> Waiting:
    (
        entry_id, client_id, service_id, staff_ids, windows, priority, waiting_since, note,
        service, minutes, skill, form_required, resource_kind, postal_code, tags, visits,
        no_shows, late, spend, no_drafts, has_email, phone_of, consent, forms, ahead, with_staff,
    ) = row  # fmt: skip
    return Waiting(
        entry_id=entry_id,
        client_id=client_id,
        phone_of=phone_of or 0,
        has_email=bool(has_email),
        service_id=service_id,
        service=service or "",
        minutes=minutes,
        skill=skill or "",
        form_required=form_required or "",
        resource_kind=resource_kind or "",
        staff_ids=[str(one) for one in _listed(staff_ids)],
        windows=[one for one in _listed(windows) if isinstance(one, dict)],
        priority=priority,
        waiting_since=waiting_since,
        note=note,
        postal_code=postal_code,
        tags=[str(one) for one in _listed(tags)],
        visits=visits or 0,
        missed=(no_shows or 0) + (late or 0),
        spend=spend or Decimal(0),
        no_drafts=no_drafts,
        consent=_listed(consent),
        forms=_listed(forms),
        ahead=_listed(ahead),
        with_staff=with_staff,
        asked=asked,
    )


def _listed(value: Any) -> list[Any]:
    """A raw cursor gives jsonb as text or parsed, depending on how Django set the connection up."""
    if not value or value == "[]":
        return []
    found = json.loads(value) if isinstance(value, str) else value
    return found if isinstance(found, list) else []
