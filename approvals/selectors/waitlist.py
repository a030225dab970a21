"""The Waitlist page: who waits for what, what came of offers, and what became of each opening.

Every list starts from the locations where the person decides on offers.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from approvals.ladders.counter import RIGHT, openings_seen
from approvals.ladders.history import Step, not_asked, timeline
from approvals.ladders.selectors import WITH, OpeningRow, offers_by_opening, opening_words
from approvals.models import ApprovalItem, Decision, Offer, Opening
from approvals.permissions import Rights
from approvals.waiting_words import windows_words
from approvals.writing_rules import WRITTEN
from core import clock
from integrations.models import Appointment, Connection, StaffMember, WaitlistEntry
from integrations.people import fold
from integrations.platforms.base import platform_of

OFFERS_BACK = timedelta(days=120)
OFFERS_SHOWN = 3
MOST_CHANGES = 100
WAITING = ("waiting", "offered")
PERIODS = (7, 30, 90)
# Below so many openings that were offered, a share says more about chance than about the desk.
ENOUGH = 5
SUBJECT = "waitlist:"
CAPABILITY = "waitlist"


@dataclass(frozen=True)
class WaitlistFilters:
    """What the person narrowed the page to. ``done``: also entries that are booked or removed."""

    text: str = ""
    location_id: int | None = None
    done: bool = False
    days: int = 30

    @property
    def active(self) -> bool:
        return bool(self.text or self.location_id or self.done)


@dataclass(frozen=True)
class EntryRow:
    """One entry: with whom and when in words, and what that client was offered, newest first."""

    entry: WaitlistEntry
    therapists: str
    hours: str
    offers: list[Offer]
    asked: Offer | None
    can_change: bool
    on_its_way: ApprovalItem | None = None


@dataclass(frozen=True)
class EntryList:
    rows: list[EntryRow]
    total: int
    more: bool
    adding: list[ApprovalItem] = field(default_factory=list)


@dataclass(frozen=True)
class OpeningStory:
    """One opening with all that happened."""

    opening: Opening
    service: str
    words: str
    tone: str
    steps: list[Step]
    not_asked: list[tuple[str, str]]


@dataclass(frozen=True)
class OpeningList:
    rows: list[OpeningStory]
    total: int
    more: bool


@dataclass(frozen=True)
class Figures:
    """Of the openings that ended in a period. ``offered``: at least one client was asked;
    ``filled``: somebody took it and still has it; ``moved_up``: by letting go of a later
    appointment, which earns nothing new; ``saved``: (currency, sum) of the others."""

    openings: int = 0
    offered: int = 0
    filled: int = 0
    moved_up: int = 0
    given: int = 0
    lost_again: int = 0
    without_price: int = 0
    saved: list[tuple[str, Decimal]] = field(default_factory=list)
    minutes: int | None = None

    @property
    def enough(self) -> bool:
        return self.offered >= ENOUGH

    @property
    def earning(self) -> int:
        """How many the sum saved is made of."""
        return self.filled - self.moved_up - self.without_price

    @property
    def percent(self) -> int:
        return round(100 * self.filled / self.offered) if self.offered else 0


def waitlist_closed(connection: Connection) -> str:
    """Why the waitlist cannot be changed from here, and the way by hand; '' where it can."""
    platform = platform_of(connection)
    able = platform.capabilities(connection)
    if CAPABILITY in able:
        return ""
    by_hand = f"{platform.label} does not let us change its waitlist. Add or change people there"
    if "read" in able:
        return f"{by_hand}; it shows up here within minutes."
    return f"{by_hand}, then load the waitlist file again on the Connect page."


def entries_seen(rights: Rights) -> Q:
    """Entries of the locations whose offers this person decides on; providers read their own."""
    seen = Q(pk__in=[])
    for place in rights.locations_with(RIGHT):
        one = Q(location_id=place)
        if rights.provider_only(place, RIGHT):
            mine = StaffMember.objects.filter(pk=rights.staff_id or 0)
            ours = list(mine.values_list("external_id", flat=True))
            one &= Q(staff_ids__contains=ours) if ours else Q(pk__in=[])
        seen |= one
    return seen & Q(deleted_at=None)


def entries_page(*, rights: Rights, filters: WaitlistFilters, limit: int = 50) -> EntryList:
    """Who waits, longest first: four queries, and one more where the list goes on."""
    found = _entries(rights, filters)
    shown = found.select_related("client", "service", "location__connection")
    waits = F("waiting_since").asc(nulls_last=True)
    entries = list(shown.defer("client__notes").order_by(waits, "id")[: limit + 1])
    more, entries = len(entries) > limit, entries[:limit]
    changes = _changes(rights)
    return EntryList(
        rows=_rows(entries, changes),
        total=found.count() if more else len(entries),
        more=more,
        adding=[
            item
            for item in changes
            if item.subject.startswith(f"{SUBJECT}client:")
            and filters.location_id in (None, item.location_id)
        ],
    )


def _entries(rights: Rights, filters: WaitlistFilters) -> QuerySet[WaitlistEntry]:
    found = WaitlistEntry.objects.filter(entries_seen(rights))
    if not filters.done:
        found = found.filter(status__in=WAITING)
    if filters.location_id is not None:
        found = found.filter(location_id=filters.location_id)
    for word in fold(filters.text).split():
        found = found.filter(
            Q(client__search_key__contains=word) | Q(service__name__icontains=word)
        )
    return found


def _rows(entries: Sequence[WaitlistEntry], desk_items: Sequence[ApprovalItem]) -> list[EntryRow]:
    offers = _offers(entries)
    staff = _staff(entries)
    moving = {item.subject: item for item in desk_items}
    return [_entry_row(entry, offers, staff, moving) for entry in entries]


def _entry_row(
    entry: WaitlistEntry,
    offers: dict[int, list[Offer]],
    staff: dict[tuple[str, str], str],
    moving: dict[str, ApprovalItem],
) -> EntryRow:
    now, theirs = clock.now(), offers.get(entry.client_id, [])
    place = str(entry.connection_id)
    names = [staff.get((place, str(one)), "") for one in entry.staff_ids]
    asked = next(
        (o for o in theirs if o.state == Offer.State.SENT and (o.answer_until or now) > now), None
    )
    return EntryRow(
        entry=entry,
        therapists=", ".join(filter(None, names)),
        hours=windows_words(entry.windows),
        offers=[one for one in theirs if one is not asked][:OFFERS_SHOWN],
        asked=asked,
        can_change=entry.status in WAITING and not waitlist_closed(entry.location.connection),
        on_its_way=moving.get(f"{SUBJECT}entry:{entry.pk}"),
    )


def _offers(entries: Sequence[WaitlistEntry]) -> dict[int, list[Offer]]:
    """What these clients were really offered at the person's locations."""
    rows = (
        Offer.objects.filter(
            client_id__in=[entry.client_id for entry in entries],
            opening__location_id__in={entry.location_id for entry in entries},
            sent_at__gte=clock.now() - OFFERS_BACK,
        )
        .select_related("opening__location", "opening__service", "opening__staff")
        .order_by("-sent_at", "-id")
    )
    found: dict[int, list[Offer]] = defaultdict(list)
    for offer in rows:
        found[offer.client_id].append(offer)
    return found


def _staff(entries: Sequence[WaitlistEntry]) -> dict[tuple[str, str], str]:
    ids = {str(one) for entry in entries for one in entry.staff_ids}
    rows = StaffMember.objects.filter(
        connection_id__in={entry.connection_id for entry in entries}, external_id__in=ids
    )
    return {
        (str(place), external): name
        for place, external, name in rows.values_list("connection_id", "external_id", "name")
    }


def _changes(rights: Rights) -> list[ApprovalItem]:
    """Entries added or changed at the desk that are on their way to the platform, or came back."""
    going = {*ApprovalItem.OPEN, ApprovalItem.State.APPROVED, ApprovalItem.State.SENDING}
    found = ApprovalItem.objects.filter(
        rights.visible(), agent=WRITTEN, right=RIGHT, state__in=going
    )
    found = found.filter(subject__startswith=SUBJECT).select_related("client")
    return list(found.order_by("id")[:MOST_CHANGES])


def openings_page(*, rights: Rights, filters: WaitlistFilters, limit: int = 25) -> OpeningList:
    """What became of the openings of a period, newest first: four queries at any length."""
    found = _openings(rights, filters)
    rows = list(found.select_related(*WITH).order_by("-opened_at", "-id")[: limit + 1])
    more, rows = len(rows) > limit, rows[:limit]
    offers = offers_by_opening(rows)
    decisions = _decisions(rows)
    now = clock.now()
    stories = []
    for opening in rows:
        theirs = offers.get(opening.pk, [])
        row = OpeningRow(opening, opening_words(opening, theirs, now), tuple(theirs), False)
        steps = timeline(opening, theirs, decisions.get(opening.pk, []))
        stories.append(
            OpeningStory(opening, row.service, row.words, row.tone, steps, not_asked(theirs))
        )
    return OpeningList(stories, found.count() if more else len(rows), more)


def _openings(rights: Rights, filters: WaitlistFilters) -> QuerySet[Opening]:
    since = clock.now() - timedelta(days=filters.days)
    found = Opening.objects.filter(openings_seen(rights), opened_at__gte=since)
    if filters.location_id is not None:
        found = found.filter(location_id=filters.location_id)
    for word in fold(filters.text).split():
        asked = Offer.objects.filter(
            opening=OuterRef("pk"), client__search_key__contains=word, sent_at__isnull=False
        )
        found = found.filter(
            Q(service__name__icontains=word) | Q(staff__name__icontains=word) | Exists(asked)
        )
    return found


def _decisions(openings: Sequence[Opening]) -> dict[int, list[Decision]]:
    """By opening: of every draft there was about the slot."""
    subjects = {f"slot:{opening.pk}": opening.pk for opening in openings}
    rows = Decision.objects.filter(item__subject__in=subjects, item__agent="open_slot")
    found: dict[int, list[Decision]] = defaultdict(list)
    for decision in rows.select_related("item").order_by("id"):
        if decision.item is not None:
            found[subjects[decision.item.subject]].append(decision)
    return found


def figures_of(*, rights: Rights, filters: WaitlistFilters) -> Figures:
    """What offering earned in the last ``days``; one query."""
    since = clock.now() - timedelta(days=filters.days)
    found = Opening.objects.filter(openings_seen(rights), closed_at__gte=since)
    if filters.location_id is not None:
        found = found.filter(location_id=filters.location_id)
    rows = found.exclude(state__in=Opening.LIVE).annotate(
        asked=Count("offers", filter=_reached()),
        undone=Exists(_undone()),
    )
    return _figures(
        list(
            rows.values_list(
                "state", "asked", "undone", "held_by__gives_up", "value", "currency",
                "opened_at", "filled_at",
            )
        )
    )  # fmt: skip


def _reached() -> Q:
    """Asked by a text of ours, or by the desk itself and said yes."""
    return Q(offers__sent_at__isnull=False) | Q(offers__state=Offer.State.ACCEPTED)


def _undone() -> QuerySet[Appointment]:
    """The booking that filled a slot was cancelled again, or nobody came: nothing was saved."""
    lost = (Appointment.Status.CANCELLED, Appointment.Status.NO_SHOW)
    return Appointment.objects.filter(
        connection_id=OuterRef("connection_id"),
        external_id=OuterRef("filled_appointment_id"),
        status__in=lost,
    )


Row = tuple[str, int, bool, bool | None, Decimal | None, str, datetime, datetime | None]


def _figures(rows: Sequence[Row]) -> Figures:
    State = Opening.State
    taken = [row for row in rows if row[0] == State.BOOKED and not row[2]]
    earning = [row for row in taken if not row[3]]
    saved: dict[str, Decimal] = defaultdict(Decimal)
    for row in earning:
        if row[4] is not None:
            saved[row[5]] += row[4]
    spans = [(row[7] - row[6]).total_seconds() / 60 for row in taken if row[7] is not None]
    return Figures(
        openings=len(rows),
        offered=sum(1 for row in rows if row[1]),
        filled=len(taken),
        moved_up=len(taken) - len(earning),
        given=sum(1 for row in rows if row[0] == State.GIVEN),
        lost_again=sum(1 for row in rows if row[0] == State.BOOKED and row[2]),
        without_price=sum(1 for row in earning if row[4] is None),
        saved=sorted(saved.items()),
        minutes=round(median(spans)) if spans else None,
    )
