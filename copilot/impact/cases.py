"""Three good cases and the worst one: single stories, so that the counts have a face."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from agents.models import VisitRisk
from approvals.models import ApprovalItem, Effect, Opening
from approvals.permissions import Rights
from approvals.templatetags.desk import how_long
from copilot.impact.figures import money
from integrations.models import Appointment, Client, Consent, Location
from integrations.moments import hour

MOST_GOOD = 3
# A word after which somebody asked for no more is put down to us for this long.
OURS_FOR = timedelta(days=7)


@dataclass(frozen=True)
class Case:
    """One story in a sentence; ``item_id`` the draft behind it."""

    text: str
    item_id: int | None = None


def day_and_hour(at: datetime, place: Location) -> str:
    local = at.astimezone(place.zone)
    return f"{date_format(local.replace(tzinfo=None), 'l, M j')}, {hour(local)}"


def _name(client: Client | None) -> str:
    return client.short_name if client and client.deleted_at is None else _("a client")


def good_cases(places: Sequence[Location], since: datetime, until: datetime) -> list[Case]:
    """The dearest slots that were filled, then likely no-shows who were asked and came."""
    filled = (
        Opening.objects.filter(
            location__in=places, state="booked", filled_at__gte=since, filled_at__lt=until
        )
        .select_related("location", "service", "filled_by", "item")
        .order_by(Coalesce("value", "price").desc(nulls_last=True), "pk")
    )
    made = [_filled(one) for one in filled[:MOST_GOOD]]
    return made + _came(places, since, until)[: MOST_GOOD - len(made)]


def _filled(one: Opening) -> Case:
    worth = one.value if one.value is not None else one.price
    taken = one.filled_at - one.opened_at if one.filled_at else None
    words = _("%(service)s on %(when)s came free and was taken by %(who)s %(span)s later")
    text = words % {
        "service": one.service.name if one.service else _("A visit"),
        "when": day_and_hour(one.starts_at, one.location),
        "who": _name(one.filled_by),
        "span": how_long(taken),
    }
    tail = f" ({money(worth, one.currency)})." if worth else "."
    return Case(text + tail, one.item_id)


def _came(places: Sequence[Location], since: datetime, until: datetime) -> list[Case]:
    risks = VisitRisk.objects.filter(
        appointment__location__in=places,
        appointment__starts_at__gte=since,
        appointment__starts_at__lt=until,
        appointment__status__in=[Appointment.Status.COMPLETED, Appointment.Status.CHECKED_IN],
        appointment__approvalitem__agent="rescue",
        appointment__approvalitem__state="sent",
        appointment__deleted_at=None,
        was_high=True,
    ).annotate(draft=F("appointment__approvalitem"))
    risks = risks.select_related("appointment__client", "appointment__location")
    found = []
    for one in risks.order_by(F("appointment__price").desc(nulls_last=True), "pk")[:MOST_GOOD]:
        visit: Any = one.appointment
        words = _("%(who)s was likely to miss %(when)s, was asked once more, and came")
        values = {"who": _name(visit.client), "when": day_and_hour(visit.starts_at, visit.location)}
        tail = f" ({money(visit.price, visit.location.currency)})." if visit.price else "."
        found.append(Case(words % values + tail, one.draft))
    return found


def worst_case(
    rights: Rights, places: Sequence[Location], since: datetime, until: datetime
) -> Case | None:
    """Somebody who wanted no more messages after ours; else what may have been sent twice or not at
    all; else the dearest draft that nobody decided in time; None where there was none of it."""
    mine = ApprovalItem.real.filter(rights.visible(), location__in=places)
    mine = mine.select_related("client", "location")
    return _left(mine, since, until) or _doubtful(mine, since, until) or _missed(mine, since, until)


def _left(mine: Any, since: datetime, until: datetime) -> Case | None:
    consents = "client__consents"
    item = (
        mine.filter(
            **{
                f"{consents}__origin": Consent.Origin.HERE,
                f"{consents}__granted": False,
                f"{consents}__recorded_at__gte": F("closed_at"),
                f"{consents}__recorded_at__lte": F("closed_at") + OURS_FOR,
            },
            state="sent",
            closed_at__gte=since,
            closed_at__lt=until,
        )
        .order_by("closed_at", "pk")
        .first()
    )
    if item is None:
        return None
    words = _("%(who)s wanted no more messages after ours of %(when)s.")
    when = day_and_hour(item.closed_at, item.location)
    return Case(words % {"who": _name(item.client), "when": when}, item.pk)


def _doubtful(mine: Any, since: datetime, until: datetime) -> Case | None:
    doubts = [Effect.Outcome.UNKNOWN, Effect.Outcome.FAILED]
    item = (
        mine.filter(
            effects__outcome__in=doubts, effects__created_at__gte=since,
            effects__created_at__lt=until,
        )
        .order_by("-effects__outcome", "pk")
        .first()
    )  # fmt: skip
    if item is None:
        return None
    words = _("A message to %(who)s did not go out as it should; somebody had to look after it.")
    return Case(words % {"who": _name(item.client)}, item.pk)


def _missed(mine: Any, since: datetime, until: datetime) -> Case | None:
    item = (
        mine.filter(state="missed", closed_at__gte=since, closed_at__lt=until)
        .order_by(F("value").desc(nulls_last=True), "pk")
        .first()
    )
    if item is None:
        return None
    words = _("Nobody decided on a draft for %(who)s before its moment, %(when)s")
    when = day_and_hour(item.due_at or item.closed_at, item.location)
    tail = f" ({money(item.value, item.location.currency)})." if item.value else "."
    return Case(words % {"who": _name(item.client), "when": when} + tail, item.pk)
