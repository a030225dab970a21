"""Open slot: somebody gave up an hour; who of those waiting is asked, in which order.

Nothing is written by a model here. The texts of every rung are fixed, because a person approves
all of them at once; what this agent adds is whom to ask, and why.
"""

from datetime import datetime
from typing import cast

from agents.base import Agent, Drafted, Opening, Skip, Text, register
from agents.contact import contact_for
from agents.context import Contact, Context
from agents.matching.context import SlotContext
from agents.matching.facts import Ranking, Slot
from agents.matching.freed import freed, parts_of
from agents.matching.query import waiting_for
from agents.matching.ranking import as_candidates, as_skipped, rank, slot_of
from agents.matching.settings import OpenSlotSettings
from agents.pieces import CLIENT_FIELDS
from agents.reading import Reader
from agents.texts.common import first_word
from agents.wording import desk_day, hour, listed
from approvals.ladders.ladders import ladder_propose
from approvals.ladders.openings import opening_found, opening_note
from approvals.ladders.policy import cut_off
from approvals.models import ApprovalItem
from approvals.models import Opening as SlotRow
from approvals.proposals import Proposal
from core.audit import Actor
from integrations.events import (
    AppointmentCancelled,
    AppointmentMoved,
    AppointmentNoShow,
    Event,
    ShiftAdded,
    SlotFree,
)
from integrations.models import Client

State = ApprovalItem.State
# A draft in one of these states is about this slot still; a failed one may be tried anew.
IN_HAND = (State.DRAFTING, State.PENDING, State.APPROVED, State.SENDING, State.MANUAL)
EMPTY = "Nobody is on the waitlist for this."


@register
class OpenSlot(Agent):
    name = "open_slot"
    label = "Open slot"
    about = "Offers a time that came free to those on the waitlist, one after the other."
    listens_to = (
        AppointmentCancelled,
        AppointmentMoved,
        AppointmentNoShow,
        ShiftAdded,
        SlotFree,
    )
    free_hours = 2.0
    one_message = False
    reads = (*CLIENT_FIELDS, "postal_code", "tags", "visit_count", "total_spend")
    group = "offers"
    right = "review_offers"
    Settings = OpenSlotSettings
    example = {}

    def spread(self, event: Event, as_of: datetime) -> list[Event]:
        return parts_of(event) if isinstance(event, ShiftAdded) else []

    def opening(self, event: Event, as_of: datetime) -> Opening | Skip:
        row = self._recorded(event, as_of)
        if isinstance(row, Skip):
            return row
        if row.state != SlotRow.State.OPEN or (row.item and row.item.state in IN_HAND):
            return Skip("It is being offered already.")
        return Opening(
            subject=f"slot:{row.pk}",
            occasion="fill",
            title=f"Fill {_what(slot_of(row), as_of)}",
            due_at=cut_off(row.starts_at, row.lead_minutes),
            tag="Open slot",
        )

    def gather(self, event: Event, as_of: datetime) -> Context | Skip:
        row = self._recorded(event, as_of)
        if isinstance(row, Skip):
            return row
        slot = slot_of(row)
        waiting = waiting_for(slot, self.settings, as_of)
        ranking = rank(slot, waiting, self.settings, as_of)
        contact, client = self._first(row, ranking, as_of)
        if contact is None or client is None:
            return self._nobody(row, ranking)
        reader = Reader(type(self), as_of)
        return SlotContext(
            as_of=as_of,
            event_at=event.at,
            kind=row.cause,
            subject=f"slot:{row.pk}",
            occasion="fill",
            salon=reader.salon(row.location, row.connection),
            contact=contact,
            people=[reader.person(client)],
            appointments=[],
            due_at=cut_off(row.starts_at, row.lead_minutes),
            slot=slot,
            waiting=waiting,
            what=_what(slot, as_of),
        )

    def draft(self, context: Context) -> Drafted:
        """The texts are rendered rung by rung, in each client's language."""
        return Drafted(text=Text(""))

    def propose(self, context: Context, drafted: Drafted) -> list[Proposal]:
        known = cast(SlotContext, context)
        row = _row(known.slot.opening_id)
        ranking = rank(known.slot, known.waiting, self.settings, known.as_of)
        proposal = row and ladder_propose(
            row, as_candidates(ranking), self.settings.policy(), as_skipped(ranking)
        )
        if not proposal:
            opening_note(opening_id=known.slot.opening_id, reason="Nobody could be asked in time.")
            return []
        return [proposal]

    def _recorded(self, event: Event, as_of: datetime) -> SlotRow | Skip:
        """The slot as an Opening; recorded once, however often it is asked for."""
        found = freed(event, self.settings, as_of)
        if isinstance(found, Skip):
            return found
        lead = self.settings.lead_minutes
        if as_of >= cut_off(found.starts_at, lead):
            return Skip("It starts too soon to offer it to anybody.", missed=True)
        opening = opening_found(
            actor=Actor.agent(self.name),
            connection_id=event.connection_id,
            lead_minutes=lead,
            **found.__dict__,
        )
        if opening is None:
            return Skip("It is taken on the calendar, or was dealt with already.")
        return _row(opening.pk) or Skip("The slot is gone.")

    def _first(
        self, row: SlotRow, ranking: Ranking, as_of: datetime
    ) -> tuple[Contact | None, Client | None]:
        """The best client who can be written to."""
        clients = Client.objects.in_bulk([one.client_id for one in ranking.ranked])
        for one in ranking.ranked:
            client = clients.get(one.client_id)
            if client is None:
                continue
            contact = contact_for(
                candidates=[client], location=row.location, purpose=self.purpose, as_of=as_of
            )
            if isinstance(contact, Contact):
                return contact, client
        return None, None

    def _nobody(self, row: SlotRow, ranking: Ranking) -> Skip:
        """No draft, but the waitlist page shows the slot and why nobody was asked."""
        reasons = list(dict.fromkeys(one.reason.rstrip(".") for one in ranking.left_out))[:3]
        count = len(ranking.left_out)
        who = "The one who waits does" if count == 1 else f"None of the {count} who wait"
        why = EMPTY
        if count:
            verb = "not fit" if count == 1 else "fits"
            why = f"{who} {verb}: {listed(reasons)}."
        opening_note(opening_id=row.pk, reason=why)
        return Skip(why)


def _row(opening_id: int) -> SlotRow | None:
    rows = SlotRow.objects.select_related("location", "service", "staff", "item")
    return rows.filter(pk=opening_id).first()


def _what(slot: Slot, as_of: datetime) -> str:
    """``tomorrow 2:30 pm with Sarah``."""
    said = f"{desk_day(slot.starts_at, as_of, slot.zone)} {hour(slot.starts_at, slot.zone)}"
    return said + (f" with {first_word(slot.staff)}" if slot.staff else "")
