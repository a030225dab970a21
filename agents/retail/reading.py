"""Everything a card needs to know of one client and one visit, in a dozen statements.

The products are narrowed before they are read: those that were learned to go with the visit, those
of the client's own brands, what the rules name and what is of the treatment's field.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db.models import Case, Count, Q, When

from agents.models import CheckoutIdea, CheckoutSettings, RetailRule, RetailShelf
from agents.retail.avoiding import Avoid, avoid_read
from agents.retail.choosing import Bought, Limits, Rule, Seen, Tally, Treatment, Ware
from agents.retail.shelf import Past
from agents.retail.shelves import places_of, product_key, service_key, shelf_of
from integrations.folding import fold
from integrations.models import Appointment, Client, FormResponse, Location, Product, SaleLine

# How far back purchases, answers and what became of suggestions are read.
BOUGHT_FROM = timedelta(days=730)
ANSWERED_FROM = timedelta(days=365)
TALLIED_FROM = timedelta(days=180)
TOP, MOST_WARES = 100, 200
MOST_BOUGHT = 300
DAY = 86_400.0
WARE_FIELDS = (
    "pk", "name", "brand", "category", "price", "cost", "currency", "stock", "reorder_point",
    "ingredients",
)  # fmt: skip


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
    """The visit of an appointment, with the services that belong to it; None where it has no
    client. Two statements."""
    rows = Appointment.objects.select_related("client", "location", "service", "staff")
    one = rows.filter(pk=appointment_id, deleted_at=None).first()
    if one is None or one.client is None:
        return None
    if not one.visit_id:
        return AtCounter(one.client, one.location, [one])
    same = rows.filter(
        connection=one.connection_id,
        visit_id=one.visit_id,
        client=one.client_id,
        location=one.location_id,
        deleted_at=None,
    ).exclude(status=Appointment.Status.CANCELLED)
    return AtCounter(one.client, one.location, list(same.order_by("starts_at", "pk")) or [one])


def settings_of(location: Location) -> CheckoutSettings:
    """What holds at a location; the defaults where nobody chose."""
    found = CheckoutSettings.objects.filter(location=location).first()
    return found or CheckoutSettings(location=location)


def seen_of(visit: AtCounter, settings: CheckoutSettings, now: datetime) -> Seen:
    """All that ``choose`` asks for. Eight statements."""
    treatments = visit.treatments
    bought = bought_by(visit.client, now)
    learned, usual, top = _learned(visit, bought, now)
    rules = rules_of(visit.location)
    wares = _wares(visit, top, bought, rules)
    return Seen(
        now=now,
        services=treatments,
        wares=wares,
        bought=bought,
        rules=rules,
        limits=Limits(
            settings.most,
            settings.margin_percent,
            settings.price_up_to,
            settings.keep_in_stock,
            settings.rest_days,
        ),
        avoid=avoid_of(visit),
        learned=learned,
        usual=usual,
        answers=_answers(visit.client, now),
        tallies=_tallies(visit.location, [ware.id for ware in wares], now),
    )


def bought_by(client: Client, now: datetime) -> list[Bought]:
    """The client's products, newest first. One statement."""
    lines = SaleLine.objects.filter(
        sale__client=client,
        sale__deleted_at=None,
        sale__closed_at__gt=now - BOUGHT_FROM,
        sale__closed_at__lte=now,
        product__isnull=False,
        quantity__gt=0,
    ).order_by("-sale__closed_at", "pk")
    rows = lines.values_list(
        "product_id", "product__name", "product__brand", "product__category", "sale__closed_at"
    )
    return [
        Bought(Ware(pk or 0, name or "", brand or "", category or ""), at)
        for pk, name, brand, category, at in rows[:MOST_BOUGHT]
    ]


def _learned(
    visit: AtCounter, bought: Sequence[Bought], now: datetime
) -> tuple[dict[int, tuple[float, float]], dict[int, float], list[int]]:
    """(product → score and share, product → usual days, the best products)."""
    shelf = shelf_of(visit.location.connection_id, RetailShelf.Kind.RETAIL)
    if not len(shelf):
        return {}, {}, []
    at = places_of(shelf.keys)
    given = [at[key] for one in visit.treatments if (key := service_key(one.id)) in at]
    had = [
        (at[key], max((now - one.at).total_seconds(), 0) / DAY)
        for one in bought
        if (key := product_key(one.ware.id)) in at
    ]
    columns = shelf.columns(given, Past.of(had, len({one.at for one in bought})))
    scores = columns @ np.asarray(shelf.weights)
    goods = np.array([key.startswith("p") for key in shelf.keys], dtype=bool)
    best = np.argsort(np.where(goods, -scores, np.inf), kind="stable")[: min(TOP, goods.sum())]
    wanted = dict.fromkeys([*best.tolist(), *(place for place, _ in had)])
    learned = {
        int(shelf.keys[place][1:]): (float(scores[place]), float(columns[place, 2]))
        for place in wanted
    }
    usual = {int(shelf.keys[place][1:]): float(shelf.usual[place]) for place in wanted}
    return learned, usual, [int(shelf.keys[place][1:]) for place in best]


def rules_of(location: Location) -> list[Rule]:
    """What the salon says goes with what. One statement."""
    rows = RetailRule.objects.filter(
        Q(location=None) | Q(location=location),
        connection=location.connection_id,
        active=True,
    )
    return [
        Rule(
            row.strength,
            row.service_id,
            row.service_category,
            row.product_id,
            tuple(fold(row.product_words).split()),
            row.brand,
            row.because,
        )
        for row in rows.order_by("pk")
    ]


def _wares(
    visit: AtCounter, top: Sequence[int], bought: Sequence[Bought], rules: Sequence[Rule]
) -> list[Ware]:
    """Products that may come into question and are on the shelf. One statement."""
    wanted = Q(pk__in=top) | Q(pk__in=[one.ware.id for one in bought])
    brands = {one.ware.brand for one in bought if one.ware.brand}
    wanted |= Q(brand__in=brands)
    for one in visit.treatments:
        for word in filter(None, [one.category]):
            wanted |= Q(category__icontains=word) | Q(category__iexact=word.removesuffix("s"))
    if not brands and not top:
        wanted |= Q(pk__gt=0)
    for rule in rules:
        wanted |= _named(rule)
    rows = Product.objects.filter(
        Q(stock=None) | Q(stock__gt=0),
        wanted,
        connection=visit.location.connection_id,
        active=True,
        deleted_at=None,
    )
    # What was learned or bought is never cut off by a long shelf of the same field.
    first = [*top, *(one.ware.id for one in bought)]
    near = Case(When(pk__in=first, then=0), default=1)
    found = rows.order_by(near, "pk").values_list(*WARE_FIELDS)[:MOST_WARES]
    return [Ware(*row) for row in found]


def _named(rule: Rule) -> Q:
    if rule.product_id is not None:
        return Q(pk=rule.product_id)
    named = Q(brand__iexact=rule.brand) if rule.brand else Q()
    for word in rule.words:
        named &= Q(name__icontains=word)
    return named


def avoid_of(visit: AtCounter) -> Avoid:
    """What notes, tags, preferences and forms say to avoid. Two statements."""
    client = visit.client
    texts = [client.notes, *_words(client.tags), *_words(client.preferences)]
    texts += _words(client.custom_fields)
    forms = FormResponse.objects.filter(client=client, deleted_at=None, complete=True)
    for answers in forms.order_by("-submitted_at", "-pk").values_list("answers", flat=True)[:20]:
        texts += _words(answers)
    notes = Appointment.objects.filter(client=client, deleted_at=None).exclude(notes="")
    texts += notes.order_by("-starts_at").values_list("notes", flat=True)[:20]
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


def _answers(client: Client, now: datetime) -> dict[int, tuple[str, datetime]]:
    """The last thing the desk said about each product to this client. One statement."""
    rows = CheckoutIdea.objects.filter(
        client=client, product__isnull=False, answered_at__gt=now - ANSWERED_FROM
    ).exclude(answer="")
    found: dict[int, tuple[str, datetime]] = {}
    for product, answer, at in rows.order_by("answered_at", "pk").values_list(
        "product_id", "answer", "answered_at"
    ):
        if found.get(product or 0, ("",))[0] != CheckoutIdea.Answer.WRONG and at is not None:
            found[product or 0] = (answer, at)
    return found


def _tallies(location: Location, ids: Sequence[int], now: datetime) -> dict[int, Tally]:
    """What became of each product's suggestions here. One statement."""
    rows = CheckoutIdea.objects.filter(
        location=location, product__in=list(ids), made_at__gt=now - TALLIED_FROM
    )
    said = Q(answer=CheckoutIdea.Answer.SAID)
    sums = (
        rows.order_by()
        .values_list("product_id")
        .annotate(
            said=Count("pk", filter=said),
            sold=Count("pk", filter=said & Q(sold_at__isnull=False)),
            wrong=Count("pk", filter=Q(answer=CheckoutIdea.Answer.WRONG)),
        )
    )
    return {product or 0: Tally(*counts) for product, *counts in sums}
