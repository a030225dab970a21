"""Checkout cards as somebody may see them: the desk of that location, a provider their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Count, Prefetch, Q, Sum

from agents.models import CheckoutCard, CheckoutIdea
from approvals.errors import NoRight
from approvals.permissions import Rights
from core import clock

RIGHT = "review_retail"
MOST = 60
COUNTED = timedelta(days=30)
Answer = CheckoutIdea.Answer


def cards_seen(rights: Rights, location_id: int | None = None) -> Q:
    """The cards this person may see, with the location ids written out."""
    found = Q(pk__in=[])
    for place in rights.locations_with(RIGHT):
        if location_id not in {None, place}:
            continue
        one = Q(location_id=place)
        if rights.provider_only(place, RIGHT):
            one &= Q(staff_id=rights.staff_id) if rights.staff_id else Q(pk__in=[])
        found |= one
    return found


def cards_open(
    rights: Rights, location_id: int | None = None, now: datetime | None = None
) -> list[CheckoutCard]:
    """Who is at the counter now, the newest first; two statements."""
    ideas = CheckoutIdea.objects.select_related("service").order_by("kind", "place", "pk")
    rows = CheckoutCard.objects.filter(
        cards_seen(rights, location_id),
        closed=CheckoutCard.Closed.OPEN,
        until__gt=now or clock.now(),
        ready_at__isnull=False,
    )
    return list(
        rows.select_related("client", "location", "appointment", "staff")
        .prefetch_related(Prefetch("ideas", queryset=ideas, to_attr="shown"))
        .order_by("-opened_at", "-pk")[:MOST]
    )


def idea_seen(rights: Rights, idea_id: int, *, lock: bool = False) -> CheckoutIdea:
    """One suggestion; raises NoRight where it is not theirs to see or there is none."""
    rows = CheckoutIdea.objects.select_related("card", "location", "client")
    if lock:
        rows = rows.select_for_update(of=("self",))
    allowed = CheckoutCard.objects.filter(cards_seen(rights)).values("pk")
    found = rows.filter(pk=idea_id, card__in=allowed).first()
    if found is None:
        raise NoRight("There is no such suggestion.")
    return found


@dataclass(frozen=True)
class CameOfIt:
    """What became of the suggestions of a month: said, bought after that, and for how much."""

    said: int
    sold: int
    amount: Decimal
    currency: str


def came_of_it(rights: Rights, location_ids: Sequence[int]) -> CameOfIt | None:
    """Of the last thirty days, over these locations; None where nothing was said yet. A provider
    is told no figures of everybody's."""
    places = [
        place
        for place in location_ids
        if rights.has(place, RIGHT) and not rights.provider_only(place, RIGHT)
    ]
    rows = CheckoutIdea.objects.filter(
        location__in=places, answer=Answer.SAID, made_at__gt=clock.now() - COUNTED
    )
    sold = Q(sold_at__isnull=False)
    sums = rows.order_by().aggregate(
        said=Count("pk"), sold=Count("pk", filter=sold), amount=Sum("sold_amount", filter=sold)
    )
    if not sums["said"]:
        return None
    currency = rows.order_by("-pk").values_list("currency", flat=True).first() or "USD"
    return CameOfIt(sums["said"], sums["sold"], sums["amount"] or Decimal(0), currency)
