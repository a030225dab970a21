"""Everything a card needs to know of one client and one visit, in four statements.

The products are narrowed before they are read: those that were learned to go with the visit, those
of the client's own brands, what the rules name and what is of the treatment's field.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from agents.models import CheckoutSettings
from agents.retail.avoiding import Avoid, avoid_read
from agents.retail.choosing import NEVER, Limits, Seen, Treatment
from agents.retail.facts import Asked, Facts, facts_of, wares_of
from agents.retail.shelf import Floats, Past, shelf_empty
from agents.retail.shelves import product_key, service_key, shelf_kept
from integrations.models import Appointment, Client, Location

TOP, MOST_WARES = 100, 200
DAY = 86_400.0
_TOGETHER = """
SELECT id FROM integrations_appointment
WHERE connection_id = %s AND visit_id = %s AND client_id = %s AND location_id = %s
  AND deleted_at IS NULL AND status <> 'cancelled'
"""


@dataclass(frozen=True)
class AtCounter:
    """One visit as a card sees it: its appointments in order, the first stands for it."""

    client: Client
    location: Location
    appointments: Sequence[Appointment]

    @property
    def first(self) -> Appointment:
        return self.appointments[0]

    @property
    def treatments(self) -> list[Treatment]:
        found = {
            one.service.pk: Treatment(one.service.pk, one.service.name, one.service.category)
            for one in self.appointments
            if one.service is not None
        }
        return list(found.values())

    @property
    def ends_at(self) -> datetime:
        return max(one.ends_at or one.starts_at for one in self.appointments)


def visit_of(appointment_id: int) -> AtCounter | None:
    """The visit of an appointment, with the services that belong to it and the location's own
    settings; None where it has no client. Two statements, three where it has several services."""
    rows = Appointment.objects.select_related("client", "location__checkout_settings", "service")
    # Taken from a list: the ORDER BY and LIMIT of first() cost the planner half as much again.
    one = next(iter(list(rows.filter(pk=appointment_id, deleted_at=None))), None)
    if one is None or one.client is None:
        return None
    together = _together(one)
    if not together - {one.pk}:
        return AtCounter(one.client, one.location, [one])
    found = list(rows.filter(pk__in=together).order_by("starts_at", "pk"))
    return AtCounter(one.client, one.location, found or [one])


def _together(one: Appointment) -> set[int]:
    """The services of the same client's same visit. Few visits have several: asking for their
    numbers first takes a third of reading them all with what they join."""
    if not one.visit_id:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_TOGETHER, [one.connection_id, one.visit_id, one.client_id, one.location_id])
        return {pk for (pk,) in cursor.fetchall()}


def settings_of(location: Location) -> CheckoutSettings:
    """What holds at a location; the defaults where nobody chose."""
    found: CheckoutSettings | None = getattr(location, "checkout_settings", None)
    return found or CheckoutSettings(location=location)


def seen_of(visit: AtCounter, settings: CheckoutSettings, now: datetime) -> Seen:
    """All that ``choose`` asks for. Two statements."""
    facts = facts_of(visit.client.pk, visit.location.pk, visit.location.connection_id, now)
    learned, usual, top = _learned(visit, facts, now)
    asked = _asked(visit, facts, top)
    wares, tallies = wares_of(
        visit.location.pk, visit.location.connection_id, asked, MOST_WARES, now
    )
    return Seen(
        now=now,
        services=visit.treatments,
        wares=wares,
        bought=facts.bought,
        rules=facts.rules,
        limits=Limits(
            settings.most,
            settings.margin_percent,
            settings.price_up_to,
            settings.keep_in_stock,
            settings.rest_days,
        ),
        avoid=_avoid(visit.client, facts),
        learned=learned,
        usual=usual,
        answers=facts.answers,
        tallies=tallies,
    )


def _learned(
    visit: AtCounter, facts: Facts, now: datetime
) -> tuple[dict[int, tuple[float, float]], dict[int, float], list[int]]:
    """(product → score and share, product → usual days, the best products)."""
    shelf = shelf_kept(*facts.shelf) if facts.shelf else shelf_empty(())
    if not len(shelf):
        return {}, {}, []
    at = shelf.places
    given = [at[key] for one in visit.treatments if (key := service_key(one.id)) in at]
    had = [
        (at[key], max((now - one.at).total_seconds(), 0) / DAY)
        for one in facts.bought
        if (key := product_key(one.ware.id)) in at
    ]
    columns = shelf.columns(given, Past.of(had, len({one.at for one in facts.bought})))
    scores = columns @ np.asarray(shelf.weights)
    best = _best(scores, shelf.goods)
    wanted = dict.fromkeys([*best.tolist(), *(place for place, _ in had)])
    learned = {
        int(shelf.keys[place][1:]): (float(scores[place]), float(columns[place, 2]))
        for place in wanted
    }
    usual = {int(shelf.keys[place][1:]): float(shelf.usual[place]) for place in wanted}
    return learned, usual, [int(shelf.keys[place][1:]) for place in best]


def _best(scores: Floats, goods: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The positions of the ``TOP`` products by their scores, equal ones in their order."""
    places = np.flatnonzero(goods)
    if len(places) > TOP:
        least = np.partition(scores[places], -TOP)[-TOP]
        places = places[scores[places] >= least]
    return places[np.argsort(-scores[places], kind="stable")][:TOP]


def _asked(visit: AtCounter, facts: Facts, top: Sequence[int]) -> Asked:
    """What was learned, bought or laid down by the salon is always looked at, however long the
    shelf; then the client's brands and the treatment's own field, the oldest products first."""
    today = visit.treatments
    rules = [one for one in facts.rules if one.strength != NEVER and one.speaks_of(today)]
    brands = {one.ware.brand for one in facts.bought if one.ware.brand}
    named = [one.product_id for one in rules if one.product_id is not None]
    return Asked(
        first=[*top, *(one.ware.id for one in facts.bought), *named],
        brands=sorted(brands),
        fields=[one.category for one in today if one.category],
        rules=[one for one in rules if one.product_id is None],
        everything=not brands and not top,
    )


def _avoid(client: Client, facts: Facts) -> Avoid:
    """What notes, tags, preferences and forms say to avoid."""
    texts = [client.notes, *_words(client.tags), *_words(client.preferences)]
    texts += _words(client.custom_fields)
    for answers in facts.forms:
        texts += _words(answers)
    texts += facts.notes
    return avoid_read(text for text in texts if text)


def _words(value: Any, label: str = "") -> list[str]:
    """Every text in what a platform keeps as JSON; a field's own name stands before its words, so
    that {"Allergies": "nuts"} reads as it was meant."""
    if isinstance(value, str):
        return [f"{label}: {value}" if label else value]
    if isinstance(value, dict):
        return [text for key, one in value.items() for text in _words(one, str(key))]
    if isinstance(value, list):
        return [text for one in value for text in _words(one, label)]
    return []
