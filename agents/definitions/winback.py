"""Win-back: a few clients a day who are slipping away, those first who would be missed most.

Drafted with the evening's batch. A share drawn by chance is left alone, so that what asking brings
can be told from who would have come anyway. Nobody is asked twice about the same absence.
"""

from datetime import datetime

from pydantic import Field

from agents.base import BaseSettings, Drafted, Opening, Skip, Text, register
from agents.context import Context
from agents.models import ClientOutlook, Outreach
from agents.pieces import WINBACK_EXAMPLE
from agents.reading import Reader
from agents.returning.outlook import reasons_of
from agents.returning.reaching import (
    BOOKED_AHEAD,
    NEVER_CAME,
    ClientDue,
    Reaching,
    at_hour,
    booked_ahead,
    due_event,
    last_visit,
    outreach_draw,
    reachable,
    slipping_first,
)
from agents.texts.returning import reaching_text
from approvals.policy import MONEY_OFF
from approvals.proposals import Proposal
from integrations.events import Event, TomorrowReady
from integrations.models import Location

# Nobody is drawn more than this many deep in one evening: the rest are left for the next ones.
LOOKED_AT = 200


class WinbackSettings(BaseSettings):
    """What an admin can set."""

    batch_size: int = Field(
        default=5, ge=1, le=25, title="Drafts an evening",
        description="So many clients at most, those first who would be missed most.",
    )  # fmt: skip
    left_alone_percent: int = Field(
        default=10, ge=0, le=50, title="Clients left alone, in percent",
        description="Drawn by chance and written nothing, to see what writing brings.",
    )  # fmt: skip
    mention_offer: bool = Field(
        default=False, title="Mention an offer",
        description="The first one in the salon's table of offers that holds that day. Without one "
        "in the table none is mentioned.",
    )  # fmt: skip


@register
class Winback(Reaching):
    name = "winback"
    label = "Win back"
    about = "Writes to a few clients a day who are slipping away, within their consent."
    listens_to = (TomorrowReady,)
    Settings = WinbackSettings
    example = WINBACK_EXAMPLE

    def spread(self, event: Event, as_of: datetime) -> list[Event]:
        if not isinstance(event, TomorrowReady):
            return []
        batch = f"winback:{event.location_id}:{event.day}"
        asked = Outreach.objects.filter(agent=self.name, batch=batch, held_out=False)
        room = self.settings.batch_size - asked.count()
        found: list[Event] = []
        rows = slipping_first(reachable(event.location_id or 0, self.purpose, as_of))
        for outlook in rows[:LOOKED_AT]:
            if len(found) >= room:
                break
            if not self._drawn_before(outlook):
                found += self._draw(event, outlook, batch, as_of)
        return found

    def opening(self, event: Event, as_of: datetime) -> Opening | Skip:
        client = self.client_of_event(event)
        if isinstance(client, Skip):
            return client
        if booked_ahead(client.pk, as_of):
            return Skip(BOOKED_AHEAD)
        visit = last_visit(client, as_of)
        if visit is None:
            return Skip(NEVER_CAME)
        return self.opened(client, visit, event, f"Win back {client.short_name}")

    def gather(self, event: Event, as_of: datetime) -> Context | Skip:
        client = self.client_of_event(event)
        if isinstance(client, Skip):
            return client
        outlook = ClientOutlook.objects.filter(client=client).first()
        visit = last_visit(client, as_of)
        if outlook is None or visit is None:
            return Skip(NEVER_CAME)
        if booked_ahead(client.pk, as_of):
            return Skip(BOOKED_AHEAD)
        location = Location.objects.select_related("connection").get(pk=event.location_id or 0)
        reader = Reader(type(self), as_of)
        contact = self.contact(client, location, as_of, at_hour(as_of, location, 1))
        if isinstance(contact, Skip):
            return contact
        offers = reader.salon(location, location.connection).offers
        since = (as_of.date() - (outlook.last_visit_on or as_of.date())).days
        return self.context_of(
            event, visit, contact, reader,
            kind="winback",
            reasons=reasons_of(
                visits=outlook.visits, rhythm_days=outlook.rhythm_days, since_days=since,
                worth=outlook.worth,
            ),
            offer=offers[0] if offers and self.settings.mention_offer else "",
            visits=outlook.visits,
            batch=str(getattr(event, "batch", "")),
        )  # fmt: skip

    def template(self, context: Context) -> Text:
        return reaching_text(context, self.link(context))

    def why(self, context: Context) -> str:
        return "They have not come for longer than is usual for them."

    def problem(self, context: Context, text: Text) -> str:
        if MONEY_OFF.search(text.body) and not context.remembered:
            return "the model promised money off that is not in the salon's table of offers"
        return ""

    def propose(self, context: Context, drafted: Drafted) -> list[Proposal]:
        title = f"Win back {context.addressee.short_name}"
        return self.proposed(
            context, drafted, title=title, tag="slipping away", stops_on_booking=True
        )

    def _drawn_before(self, outlook: ClientOutlook) -> bool:
        """One draw for one absence: it is named by the visit that began it."""
        rows = Outreach.objects.filter(agent=self.name, client=outlook.client_id)
        return rows.filter(key=_key(outlook)).exists()

    def _draw(
        self, event: Event, outlook: ClientOutlook, batch: str, as_of: datetime
    ) -> list[ClientDue]:
        row = outreach_draw(
            outlook=outlook, agent=self.name, key=_key(outlook),
            percent=self.settings.left_alone_percent, at=as_of, batch=batch,
        )  # fmt: skip
        if row.held_out:
            return []
        return [due_event(event, outlook, kind="winback", occasion=row.key, batch=batch)]


def _key(outlook: ClientOutlook) -> str:
    return f"since:{outlook.last_visit_on}"
