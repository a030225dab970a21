"""What the desk and the therapist see before somebody comes: briefs, welcome, forms, health."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from agents.definitions.brief import Brief
from agents.known import Known, knowns_of
from approvals.models import ApprovalItem
from copilot.visits.models import BriefRead
from integrations.models import Appointment

State, Status = ApprovalItem.State, Appointment.Status
# A brief that a person approved; where the platform takes no such field it is entered by hand.
APPROVED = (State.APPROVED, State.SENDING, State.SENT, State.MANUAL, State.BY_HAND, State.UNKNOWN)
SOON = timedelta(hours=2)
# Whoever has just come in is greeted; later the desk has other things to look at.
GREETED = timedelta(minutes=45)
MOST = 80


@dataclass(frozen=True)
class Before:
    """One visit with what somebody should see. ``welcome``: lines for the desk's screen.
    ``unread``: the desk should ask whether the brief was read; ``mine``: the reader's own, not
    ticked yet."""

    visit: Appointment
    brief: ApprovalItem | None = None
    read: BriefRead | None = None
    unread: bool = False
    mine: bool = False
    forms: Sequence[str] = ()
    health: Sequence[str] = ()
    welcome: Sequence[str] = field(default_factory=tuple)

    @property
    def here(self) -> bool:
        return self.visit.status == Status.CHECKED_IN

    @property
    def says_something(self) -> bool:
        said = self.unread or self.mine or self.forms or self.health or self.welcome
        return bool(said)


def before_visits(
    visits: Sequence[Appointment], now: datetime, staff_id: int | None = None
) -> list[Before]:
    """Of today's visits (already those this person may see) the ones that say something: first who
    has just come, then who still comes. ``staff_id``: the reader, who finds every brief of their
    own visits here. Two queries, six where somebody has just come in."""
    wanted = [one for one in visits if one.client_id and _matters(one, now)][:MOST]
    here = [one for one in wanted if one.status == Status.CHECKED_IN]
    known = knowns_of(wanted, now, past_of=here)
    briefs = briefs_of([one.pk for one in wanted])
    read = reads_of(briefs.values())
    found = [
        _before(one, known.get(one.pk, Known()), briefs.get(one.pk), read, now, staff_id)
        for one in wanted
    ]
    said = [one for one in found if one.says_something]
    return sorted(said, key=lambda one: not one.here)


def _matters(visit: Appointment, now: datetime) -> bool:
    if visit.status == Status.CHECKED_IN:
        return now - GREETED <= visit.starts_at + GREETED
    return visit.status in Appointment.UPCOMING and visit.starts_at > now - SOON / 4


def _before(
    visit: Appointment,
    known: Known,
    brief: ApprovalItem | None,
    read: dict[int, BriefRead],
    now: datetime,
    staff_id: int | None,
) -> Before:
    here = visit.status == Status.CHECKED_IN
    soon = here or visit.starts_at <= now + SOON
    ticked = read.get(brief.pk) if brief is not None else None
    waits = brief is not None and ticked is None
    return Before(
        visit=visit,
        brief=brief,
        read=ticked,
        unread=bool(soon and waits and known.touching),
        mine=waits and staff_id is not None and visit.staff_id == staff_id,
        forms=known.forms,
        health=[f"“{one.text}” ({one.source})" for one in known.touching] if soon else (),
        welcome=welcome_lines(known, visit.location.zone) if here else (),
    )


def welcome_lines(known: Known, zone: ZoneInfo) -> list[str]:
    """From the last three visits, a problem or a redo first. Nothing for a first visit."""
    lines = [_("Last time: %(problem)s") % {"problem": one} for one in known.problems]
    if known.visits:
        last = known.visits[0]
        said = last.service_name + (f", {last.staff_name}" if last.staff_name else "")
        day = date_format(last.starts_at.astimezone(zone).date(), "M j")
        lines.append(_("Last here %(day)s: %(what)s") % {"day": day, "what": said})
    lines += [f"{name.capitalize()}: {value}" for name, value in known.wishes[:3]]
    return lines


def briefs_of(visit_ids: Sequence[int]) -> dict[int, ApprovalItem]:
    """{visit: its newest approved brief, with the text}."""
    rows = ApprovalItem.objects.filter(
        agent=Brief.name, appointment_id__in=visit_ids, state__in=APPROVED
    ).select_related("revision")
    return {one.appointment_id or 0: one for one in rows.order_by("pk")}


def reads_of(items: Iterable[ApprovalItem]) -> dict[int, BriefRead]:
    pks = [one.pk for one in items]
    return {one.item_id: one for one in BriefRead.objects.filter(item__in=pks)}
