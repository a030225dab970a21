"""The salon's side of a storm: cancellations, the person who approves, walk-ins, stops."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from agents.matching.query import waiting_for
from agents.matching.ranking import rank, slot_of
from agents.matching.settings import OpenSlotSettings
from agents.runs import runs_drain
from approvals.errors import DecisionError
from approvals.ladders.counter import give_to_someone_here, stop_offering
from approvals.models import ApprovalItem, Opening
from approvals.services.decisions import item_approve
from approvals.services.items import items_expire
from benchmarks import _storm as platform
from benchmarks._storm.baselines import Asked
from benchmarks._storm.play import BEGIN, LEAD, Play, Slot
from benchmarks._storm.salon import THERAPISTS, waits_again
from core import clock
from integrations.events import AppointmentBooked, AppointmentCancelled
from integrations.models import Appointment, WaitlistEntry

# Whom the other ways could ask: no caps bind them.
LOOSE = OpenSlotSettings(offers_per_day=5, silent_offers=10, most_rungs=20)
WALKS_IN, STOPS, GIVES = 0.03, 0.02, 0.02


def planned(play: Play) -> list[Slot]:
    """A day's cancellations, mostly a few an hour and now and then thirty in one."""
    dice, taken, found = play.dice, set[tuple[int, datetime]](), []
    day = BEGIN
    while len(found) < play.openings:
        stormy = dice.random() < 0.25
        number = 30 if stormy else dice.randint(5, 25)
        since = dice.uniform(0, 6)
        for _ in range(min(number, play.openings - len(found))):
            at = day + timedelta(hours=since + dice.random() if stormy else dice.uniform(0, 9))
            slot = _slot(play, len(found) + 1, at, taken)
            if slot is not None:
                found.append(slot)
        day += timedelta(days=1)
    return found


def _slot(play: Play, number: int, at: datetime, taken: set[tuple[int, datetime]]) -> Slot | None:
    """An hour of working time from half an hour to three days ahead, not given up before."""
    dice = play.dice
    for _ in range(30):
        ahead = min(72.0, 0.5 + dice.lognormvariate(1.6, 1.0))
        start = (at + timedelta(hours=ahead)).replace(minute=0, second=0, microsecond=0)
        start += timedelta(hours=1)
        local, staff = start.astimezone(play.salon.location.zone), dice.randrange(THERAPISTS)
        if 8 <= local.hour < 19 and (staff, start) not in taken:
            taken.add((staff, start))
            return Slot(number, staff, start, at)
    return None


def cancelled(play: Play, slot: Slot) -> None:
    """Somebody gave their hour up: the agents hear of it, and the draft is written."""
    salon, dice = play.salon, play.dice
    client = dice.choice(salon.clients)
    service = salon.services[slot.staff % 3 + 3 * dice.randrange(2)]
    slot.canceller = client.external_id
    row = play.appointment(slot, client, service, Appointment.Status.CANCELLED)
    play.tell(
        AppointmentCancelled(
            key=f"cancelled:{row.external_id}", connection_id=str(salon.connection.pk),
            at=clock.now(), location_id=salon.location.pk, client_id=client.pk,
            appointment_id=row.pk,
        )
    )  # fmt: skip
    runs_drain()
    rows = Opening.objects.select_related("item", "service", "staff", "location", "given_up_by")
    opening = rows.filter(appointment=row).first()
    if opening is None:
        return
    slot.opening_id = opening.pk
    play.slots[opening.pk] = slot
    play.later(slot.starts_at - LEAD + timedelta(seconds=1), lambda: over(play, opening.pk))
    if opening.item is not None and opening.item.state == ApprovalItem.State.PENDING:
        _drafted(play, slot, opening, opening.item)


def _drafted(play: Play, slot: Slot, opening: Opening, item: ApprovalItem) -> None:
    """A person approves within minutes; now and then the desk does something else meanwhile."""
    dice = play.dice
    at = clock.now() + timedelta(seconds=min(600, 15 + dice.expovariate(1 / 75)))
    slot.asked = _fair(play, slot, opening, at)
    play.later(at, lambda: approve(play, item.pk, item.revision_id or 0))
    luck, soon = dice.random(), at + timedelta(minutes=dice.uniform(0, 45))
    if luck < WALKS_IN:
        slot.disturbed = True
        play.later(soon, lambda: walk_in(play, slot))
    elif luck < WALKS_IN + STOPS + GIVES:
        slot.disturbed = True
        gives = luck < WALKS_IN + GIVES
        play.later(soon, lambda: stop(play, opening.pk, gives))


def _fair(play: Play, slot: Slot, opening: Opening, at: datetime) -> Asked:
    """Everybody the other ways could ask, in the order of the list."""
    facts, now = slot_of(opening), clock.now()
    waiting = waiting_for(facts, LOOSE, now)
    found = rank(facts, waiting, LOOSE, now).ranked
    entries = {one.entry_id: one for one in waiting}
    names = {client.pk: client.external_id for client in play.salon.clients}
    in_line = sorted(found, key=lambda one: entries[one.entry_id].waiting_since or now)
    people = [(names[one.client_id], bool(entries[one.entry_id].staff_ids)) for one in in_line]
    return Asked(str(slot.number), slot.opened_at, at, slot.starts_at, LEAD, people)


def approve(play: Play, item_id: int, revision_id: int) -> None:
    item = ApprovalItem.objects.select_related("revision").get(pk=item_id)
    try:
        item_approve(
            user=play.salon.desk, item_id=item_id, revision_id=revision_id,
            evidence_sha256=item.revision.evidence_sha256 if item.revision else "", seconds=5.0,
        )  # fmt: skip
    except DecisionError as error:
        play.refused.append(error.plain)


def over(play: Play, opening_id: int) -> None:
    """The lead time begins."""
    items_expire(clock.now())
    play.look(opening_id)


def stop(play: Play, opening_id: int, gives: bool) -> None:
    try:
        (give_to_someone_here if gives else stop_offering)(
            user=play.salon.desk, opening_id=opening_id
        )
    except DecisionError as error:
        play.refused.append(error.plain)


def walk_in(play: Play, slot: Slot) -> None:
    """Somebody at the counter is booked on the platform; we hear of it a little later."""
    hour = (play.salon.staff[slot.staff].external_id, slot.starts_at.isoformat())
    if hour in platform.world.booked or clock.now() >= slot.starts_at:
        return
    platform.world.booked[hour] = platform.WALK_IN
    platform.world.sold.append((*hour, platform.WALK_IN))
    heard = clock.now() + timedelta(seconds=play.dice.uniform(0, 90))
    play.later(heard, lambda: _hear_booked(play, slot))


def _hear_booked(play: Play, slot: Slot) -> None:
    service = play.salon.services[slot.staff % 3]
    row = play.appointment(slot, None, service, Appointment.Status.BOOKED)
    play.tell(
        AppointmentBooked(
            key=f"booked:{row.external_id}", connection_id=str(play.salon.connection.pk),
            at=clock.now(), location_id=play.salon.location.pk, appointment_id=row.pk,
        )
    )  # fmt: skip


def on_calendar(play: Play, payload: Mapping[str, Any]) -> None:
    """The platform took a booking of ours; the working copy has it with the next reading."""
    salon = play.salon
    staff = next(n for n, one in enumerate(salon.staff) if one.external_id == payload["staff"])
    client = next(one for one in salon.clients if one.external_id == payload["client"])
    service = next(one for one in salon.services if one.external_id == payload["service"])
    slot = Slot(0, staff, datetime.fromisoformat(payload["starts_at"]), clock.now())
    play.appointment(slot, client, service, Appointment.Status.BOOKED)


def on_list(play: Play, entry: str, status: str) -> None:
    """An entry that was booked leaves the list; somebody else joins it in a few days."""
    connection = play.salon.connection
    rows = WaitlistEntry.objects.filter(connection=connection, external_id=entry)
    rows.update(status=status)
    again = clock.now() + timedelta(days=play.dice.uniform(1, 4))
    play.later(again, lambda: waits_again(entry, connection, again))
