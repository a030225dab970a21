"""What one shift hands to the next, read from what is open: nobody writes a note.

Each section is a function that other parts register; what there is is read anew every time it is
looked at, so a hand-over never says what is no longer so.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.urls import reverse

from approvals.brakes import pauses_of
from approvals.models import ApprovalItem, Offer, TypedText
from approvals.permissions import Rights
from approvals.selectors.threads import ThreadFilters, thread_list
from approvals.services.parking import spots_parked
from core import clock
from integrations.hours import next_opening, openings
from integrations.models import Location, Message
from integrations.moments import when

MOST = 20
State = ApprovalItem.State


@dataclass(frozen=True)
class Line:
    """One thing that is open: ``who`` it is about, ``words`` for it, where it is looked at."""

    who: str
    words: str
    url: str = ""


@dataclass(frozen=True)
class Section:
    """A heading with what is open under it; ``total`` may be more than the lines shown."""

    key: str
    title: str
    lines: list[Line]
    total: int


@dataclass(frozen=True)
class Handed:
    """What a section is asked about: one location, as one person sees it, at one moment.

    ``opens_at`` is when the desk next opens after today's last closing.
    """

    location: Location
    rights: Rights
    now: datetime
    opens_at: datetime


Found = Callable[[Handed], list[Line]]
_sections: dict[str, tuple[int, str, Found]] = {}


def handover_section(key: str, title: str, order: int) -> Callable[[Found], Found]:
    """Register a section. ``order`` places it; the function returns its lines, most urgent first.

    Only what the person may see belongs into it: start from ``handed.rights``.
    """

    def register(found: Found) -> Found:
        if key in _sections:
            raise ValueError(f"there is a section {key} already")
        _sections[key] = (order, title, found)
        return found

    return register


def handover_of(
    *, location: Location, rights: Rights, now: datetime | None = None
) -> list[Section]:
    """Every section that has something in it, in order."""
    at = now or clock.now()
    handed = Handed(location, rights.at(location.pk), at, _opens_at(location, at))
    sections = []
    for key, (_, title, found) in sorted(_sections.items(), key=lambda one: one[1][0]):
        lines = found(handed)
        if lines:
            sections.append(Section(key, title, lines[:MOST], len(lines)))
    return sections


def _opens_at(location: Location, now: datetime) -> datetime:
    today = [end for _, end in openings(location, now.astimezone(location.zone).date())]
    return next_opening(location, max([now, *today]))


def ends_today(location: Location, now: datetime) -> datetime | None:
    """When the desk closes for the day; None on a day it is closed."""
    spans = openings(location, now.astimezone(location.zone).date())
    return spans[-1][1] if spans else None


def _seen(handed: Handed) -> Q:
    return handed.rights.visible() & Q(location=handed.location)


def _who(item: ApprovalItem) -> str:
    return item.client.short_name if item.client else "A draft"


@handover_section("parked", "Begun and not finished", 10)
def parked(handed: Handed) -> list[Line]:
    """Drafts somebody put aside, and texts somebody began to write."""
    lines: dict[tuple[int, int], Line] = {}
    may = set(
        ApprovalItem.real.filter(_seen(handed), state__in=ApprovalItem.OPEN).values_list(
            "pk", flat=True
        )
    )
    zone = handed.location.zone
    for spot in spots_parked(location_ids=[handed.location.pk]):
        if spot.item is not None and spot.item_id in may:
            words = f"put aside by {spot.user}, {when(spot.at, zone)}"
            lines[(spot.item.pk, spot.user_id)] = Line(_who(spot.item), words, _url(spot.item.pk))
    texts = TypedText.objects.filter(item__in=may).exclude(body="")
    for text in texts.select_related("user", "item__client").order_by("updated_at"):
        words = f"{text.user} was writing, {when(text.updated_at, zone)}"
        line = Line(_who(text.item), words, _url(text.item_id))
        lines.setdefault((text.item_id, text.user_id), line)
    return list(lines.values())


def _url(item_id: int) -> str:
    return reverse("item", args=[item_id])


@handover_section("offers", "Offers that end before the desk opens again", 20)
def offers(handed: Handed) -> list[Line]:
    if not handed.rights.any("review_offers"):
        return []
    open_ones = Offer.objects.filter(
        item__in=ApprovalItem.real.filter(_seen(handed)),
        state=Offer.State.SENT,
        answer_until__gt=handed.now,
        answer_until__lte=handed.opens_at,
    )
    zone = handed.location.zone
    return [
        Line(
            offer.client.short_name,
            f"asked about {when(offer.opening.starts_at, zone)}, can answer until "
            f"{when(offer.answer_until or handed.now, zone)}",
            _url(offer.item_id),
        )
        for offer in open_ones.select_related("client", "opening").order_by("answer_until")
    ]


@handover_section("promises", "Promised, and due soon", 30)
def promises(handed: Handed) -> list[Line]:
    """What somebody said they would do by hand, and what they put off until the next day."""
    soon = handed.opens_at + timedelta(hours=12)
    due = Q(state=State.MANUAL) | Q(
        state__in=ApprovalItem.OPEN, snoozed_until__gt=handed.now, snoozed_until__lte=soon
    )
    items = ApprovalItem.real.filter(_seen(handed), due).select_related("client")
    zone = handed.location.zone
    return [
        Line(
            _who(item),
            f"comes back {when(item.snoozed_until, zone)}"
            if item.snoozed_until and item.state != State.MANUAL
            else "is to be done by hand",
            _url(item.pk),
        )
        for item in items.order_by("snoozed_until", "pk")
    ]


@handover_section("twice", "Wrote twice without an answer", 40)
def twice(handed: Handed) -> list[Line]:
    if not handed.rights.any("review_messages"):
        return []
    filters = ThreadFilters(unanswered=True, location_id=handed.location.pk)
    rows = thread_list(rights=handed.rights, filters=filters, limit=200, strangers=False).rows
    waiting = {row.client.pk: row for row in rows if row.client}
    times = _times(list(waiting), handed.now)
    zone = handed.location.zone
    return [
        Line(
            row.client.short_name if row.client else "",
            f"{times[client_id]} messages, the last {when(row.last.sent_at, zone)}",
            reverse("conversation", args=[client_id]),
        )
        for client_id, row in waiting.items()
        if times.get(client_id, 0) > 1
    ]


def _times(clients: list[int], now: datetime) -> dict[int, int]:
    """How often each of them wrote since the salon last did. What the platform sends by itself
    answers nothing."""
    since = now - timedelta(days=30)
    said = Message.objects.filter(client_id__in=clients, sent_at__gte=since, deleted_at=None)
    times: dict[int, int] = {}
    for client_id, incoming, source in said.order_by("sent_at", "pk").values_list(
        "client_id", "incoming", "source"
    ):
        if incoming:
            times[client_id or 0] = times.get(client_id or 0, 0) + 1
        elif source not in Message.AUTOMATIC:
            times[client_id or 0] = 0
    return times


@handover_section("paused", "Paused", 50)
def paused(handed: Handed) -> list[Line]:
    zone = handed.location.zone
    return [
        Line(
            pause.location.name,
            f"sends nothing since {when(pause.paused_at, zone)}"
            + (f", by {pause.paused_by_name}" if pause.paused_by_name else "")
            + (f": {pause.reason}" if pause.reason else ""),
            reverse("queue"),
        )
        for pause in pauses_of([handed.location], handed.rights)
    ]
