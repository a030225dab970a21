"""From what was read to the rows and lines of a digest: at most ten rows, riskiest first."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agents.models import VisitRisk
from approvals.models import ApprovalItem, CallWish
from approvals.permissions import Rights
from approvals.services.approving import care_for
from approvals.templatetags.desk import when
from copilot.digest.models import DigestMark
from copilot.digest.reading import Read
from integrations.models import Appointment, Client, Location, User

MOST_ROWS = 10
State, Status = ApprovalItem.State, Appointment.Status
CAME = (Status.COMPLETED, Status.CHECKED_IN)


@dataclass(frozen=True)
class Row:
    """One line that is acted on in place.

    ``key`` names it for the day (``visit:12``, ``item:5``); ``planned`` says in words what is under
    way; ``draft`` is the newest draft, which ``may_approve`` lets this person approve from here.
    """

    key: str
    kind: str
    location: Location
    order: tuple[float, ...]
    client: Client | None = None
    visit: Appointment | None = None
    reasons: Sequence[str] = ()
    planned: str = ""
    value: Decimal | None = None
    draft: ApprovalItem | None = None
    may_approve: bool = False
    held: bool = False
    wish: CallWish | None = None
    fine: DigestMark | None = None

    @property
    def at(self) -> str:
        return when(self.visit.starts_at, self.location.zone) if self.visit else ""

    @property
    def anchor(self) -> str:
        return self.key.replace(":", "-")


@dataclass(frozen=True)
class Line:
    """One sentence about a location. ``warns``: it is not "all clear" with it."""

    text: str
    warns: bool = False


@dataclass
class Section:
    """One location: its rows, then what happened since the last digest in sentences."""

    location: Location
    rows: list[Row] = field(default_factory=list)
    fine: list[Row] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    more: int = 0

    @property
    def clear(self) -> bool:
        return not self.rows and not self.more and not any(line.warns for line in self.lines)

    @property
    def order(self) -> tuple[float, ...]:
        best = min((row.order for row in self.rows), default=(9.0,))
        return (*best, 0.0 if any(line.warns for line in self.lines) else 1.0)


def sections_of(found: Read, rights: Rights, user: User) -> list[Section]:
    """Worst first. The ten rows are the ten riskiest of all locations together."""
    rows = sorted(_rows(found, rights, user), key=lambda row: (row.order, row.key))
    to_do = [row for row in rows if row.fine is None]
    shown = {row.key for row in to_do[:MOST_ROWS]}
    made = {place.pk: Section(place) for place in found.days.places}
    for row in rows:
        section = made[row.location.pk]
        if row.fine is not None:
            section.fine.append(row)
        elif row.key in shown:
            section.rows.append(row)
        else:
            section.more += 1
    for section in made.values():
        section.lines = lines_of(found, section.location)
    return sorted(made.values(), key=lambda one: (one.order, one.location.name))


def row_named(found: Read, rights: Rights, user: User, key: str) -> Row | None:
    return next((row for row in _rows(found, rights, user) if row.key == key), None)


def _rows(found: Read, rights: Rights, user: User) -> Iterable[Row]:
    """One row per visit and client: what is risky today says more than what was before."""
    clients: set[int] = set()
    for item in found.for_manager:
        yield _managers(found, item)
    for risk in _one_per_visit(found.ahead):
        clients.add(risk.appointment.client_id or 0)
        yield _ahead(found, risk, rights, user)
    for visit in found.repeaters:
        if visit.client_id not in clients:
            clients.add(visit.client_id or 0)
            yield _repeater(found, visit, rights, user)
    for risk in _one_per_visit(found.before):
        visit = risk.appointment
        if visit.status == Status.NO_SHOW and visit.client_id not in clients:
            clients.add(visit.client_id or 0)
            yield _lost(found, visit)


def _one_per_visit(risks: Iterable[VisitRisk]) -> list[VisitRisk]:
    """Several services of one visit are one row: the riskiest, which comes first."""
    seen: dict[tuple[int | None, str], VisitRisk] = {}
    for risk in risks:
        visit = risk.appointment
        seen.setdefault((visit.client_id, visit.visit_id or str(visit.pk)), risk)
    return list(seen.values())


def _managers(found: Read, item: ApprovalItem) -> Row:
    key = f"item:{item.pk}"
    return Row(
        key=key,
        kind="manager",
        location=item.location,
        order=(0.0, item.due_at.timestamp() if item.due_at else 0.0),
        client=item.client,
        visit=item.appointment,
        reasons=[item.title] if item.title else [],
        planned=_("Waits for you."),
        draft=item,
        fine=found.marks.get((item.location_id, key)),
    )


def _ahead(found: Read, risk: VisitRisk, rights: Rights, user: User) -> Row:
    visit = risk.appointment
    return _of_visit(
        found, visit, rights, user, kind="today", order=(1 - risk.chance,), reasons=risk.reasons[:2]
    )


def _repeater(found: Read, visit: Any, rights: Rights, user: User) -> Row:
    said = ngettext("Lost %(n)d visit in ninety days.", "Lost %(n)d visits in ninety days.",
                    visit.lost) % {"n": visit.lost}  # fmt: skip
    order = (1 + 1 / (1 + visit.lost),)
    return _of_visit(found, visit, rights, user, kind="repeat", order=order, reasons=[said])


def _lost(found: Read, visit: Appointment) -> Row:
    key = f"visit:{visit.pk}"
    return Row(
        key=key,
        kind="lost",
        location=visit.location,
        order=(2.0, -float(visit.price or 0)),
        client=visit.client,
        visit=visit,
        planned=_("Did not come."),
        value=visit.price,
        fine=found.marks.get((visit.location_id, key)),
    )


def _of_visit(
    found: Read,
    visit: Appointment,
    rights: Rights,
    user: User,
    *,
    kind: str,
    order: tuple[float, ...],
    reasons: Sequence[str],
) -> Row:
    key = f"visit:{visit.pk}"
    drafts, wish = found.drafts.get(visit.pk, []), found.wishes.get(visit.pk)
    waiting = [one for one in drafts if one.is_open and one.state != State.DRAFTING]
    newest = waiting[-1] if waiting else (drafts[-1] if drafts else None)
    return Row(
        key=key,
        kind=kind,
        location=visit.location,
        order=(*order, -float(visit.price or 0), visit.starts_at.timestamp()),
        client=visit.client,
        visit=visit,
        reasons=reasons,
        planned=_planned(visit, newest, wish),
        value=visit.price,
        draft=newest,
        may_approve=newest is not None and approvable(newest, rights, user),
        held=newest is not None and newest.state == State.APPROVED,
        wish=wish,
        fine=found.marks.get((visit.location_id, key)),
    )


def approvable(item: ApprovalItem, rights: Rights, user: User) -> bool:
    """A draft that one tap may approve: waiting, ours to decide, and no more care asked for."""
    return (
        item.state == State.PENDING
        and item.revision is not None
        and item.stage != ApprovalItem.Stage.OBSERVE
        and rights.may_see(item)
        and care_for(item, user) == ApprovalItem.Care.ONE_KEY
    )


def _planned(visit: Appointment, item: ApprovalItem | None, wish: CallWish | None) -> str:
    """What is under way for this visit, in a few words."""
    if visit.status == Status.CONFIRMED:
        return _("Has confirmed.")
    if wish is not None:
        return _("On To call.")
    if item is None:
        return _("Nothing is planned yet.")
    words: dict[str, str] = {
        State.PENDING: _("A message waits for a yes."),
        State.STALE: _("A message waits: something changed."),
        State.FAILED: _("A message could not be sent."),
        State.UNKNOWN: _("A message may have been sent: please check."),
        State.MANUAL: _("A message is to be sent by hand."),
        State.APPROVED: _("A message is on its way."),
        State.SENDING: _("A message is on its way."),
        State.SENT: _("Asked, no answer yet."),
        State.MISSED: _("A message passed its moment."),
    }
    return words.get(item.state, _("Nothing is planned yet."))


def lines_of(found: Read, place: Location) -> list[Line]:
    """What happened since the last digest, in sentences; what did not happen is not said."""
    said = [_came_of_it(found, place)]
    said += [make(found, place) for make in LINES]
    return [line for line in said if line is not None]


def _came_of_it(found: Read, place: Location) -> Line | None:
    """Those that were likely to be lost, and what came of them."""
    visits = [one.appointment for one in found.before if one.appointment.location_id == place.pk]
    if not visits:
        return None
    tally: dict[str, int] = defaultdict(int)
    lost = Decimal(0)
    for visit in visits:
        kind = "came" if visit.status in CAME else visit.status
        tally[kind] += 1
        lost += (visit.price or Decimal(0)) if visit.status == Status.NO_SHOW else Decimal(0)
    words = {
        "came": _("%(n)d came"),
        Status.CANCELLED: _("%(n)d called off"),
        Status.NO_SHOW: _("%(n)d did not come"),
    }
    parts = [text % {"n": tally[kind]} for kind, text in words.items() if tally[kind]]
    open_ones = len(visits) - sum(tally[kind] for kind in words)
    if open_ones:
        parts.append(_("%(n)d not checked out") % {"n": open_ones})
    head = ngettext("%(n)d likely no-show: ", "%(n)d likely no-shows: ", len(visits))
    worth = f" ({money(lost, place)})" if lost else ""
    return Line(head % {"n": len(visits)} + ", ".join(parts) + worth + ".", warns=bool(lost))


def _sentence(
    kind: str, one: str, many: str, *, warns: bool
) -> Callable[[Read, Location], Line | None]:
    """A line of one kind of tally; ``one`` and ``many`` are marked for translation below."""

    def make(found: Read, place: Location) -> Line | None:
        tally = found.tally(place, kind)
        if not tally.count:
            return None
        text = ngettext(one, many, tally.count) % {"n": tally.count}
        worth = _(", worth %(money)s") % {"money": money(tally.value, place)}
        return Line(f"{text}{worth if tally.value else ''}.", warns=warns)

    return make


def _paused(found: Read, place: Location) -> Line | None:
    if place.sending_paused_at is not None:
        since = when(place.sending_paused_at, place.zone)
        return Line(_("Sending is paused since %(since)s.") % {"since": since}, warns=True)
    span = found.paused.get(place.pk)
    if not span:
        return None
    minutes = max(1, round(span.total_seconds() / 60))
    text = ngettext(
        "Sending was paused for %(n)d minute.", "Sending was paused for %(n)d minutes.", minutes
    )
    return Line(text % {"n": minutes}, warns=True)


def _noop(one: str, many: str) -> tuple[str, str]:
    """Marks a pair of texts for translation; they are translated when they are said."""
    return one, many


LINES: tuple[Callable[[Read, Location], Line | None], ...] = (
    _sentence("sent", *_noop("%(n)d message sent", "%(n)d messages sent"), warns=False),
    _sentence("filled", *_noop("%(n)d opening filled", "%(n)d openings filled"), warns=False),
    _sentence("offered", *_noop("%(n)d client asked about an opening",
                                "%(n)d clients asked about an opening"), warns=False),
    _sentence("missed", *_noop("%(n)d draft passed its moment undecided",
                               "%(n)d drafts passed their moment undecided"), warns=True),
    _sentence("undo", *_noop("%(n)d approval taken back", "%(n)d approvals taken back"),
              warns=False),
    _sentence("opt_out", *_noop("%(n)d client wants no more messages after one of ours",
                                "%(n)d clients want no more messages after one of ours"),
              warns=True),
    _sentence("mishap", *_noop("%(n)d visit went wrong", "%(n)d visits went wrong"), warns=True),
    _sentence("low_stars", *_noop("%(n)d review of one or two stars",
                                  "%(n)d reviews of one or two stars"), warns=True),
    _paused,
)  # fmt: skip


def money(value: Decimal, place: Location) -> str:
    """``$240`` as the desk writes it; other currencies by their code."""
    amount = f"{value:,.2f}".removesuffix(".00")
    return f"${amount}" if place.currency == "USD" else f"{amount} {place.currency}"
