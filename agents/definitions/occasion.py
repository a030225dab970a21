"""Occasions: a birthday, a year since the first visit, the tenth visit."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Min
from pydantic import Field

from agents.base import BaseSettings, Drafted, Opening, Skip, Text, register
from agents.context import Context
from agents.models import ClientOutlook, Outreach
from agents.pieces import OCCASION_EXAMPLE
from agents.reading import Reader
from agents.returning.reaching import (
    CAME,
    NEVER_CAME,
    Reaching,
    at_hour,
    due_event,
    last_visit,
    outreach_draw,
    reachable,
)
from agents.texts.returning import reaching_text
from approvals.policy import MONEY_OFF
from approvals.proposals import Proposal
from integrations.events import Event, ServiceCompleted, TomorrowReady
from integrations.models import Appointment, Client, Location

TENTH = 10
ADULT = 18
# Longer away than this, a card would be the first word in years.
CAME_WITHIN = timedelta(days=400)
WHY = {
    "birthday": "It is their birthday.",
    "anniversary": "They first came at this time of the year.",
    "tenth": "That was their tenth visit.",
}


class OccasionSettings(BaseSettings):
    """What an admin can set."""

    birthday: bool = Field(
        default=True, title="Birthdays", description="Never with an age, and never a minor's.",
    )  # fmt: skip
    anniversary: bool = Field(
        default=True, title="A year since the first visit",
        description="Only where the platform gave us all of a client's visits.",
    )  # fmt: skip
    tenth_visit: bool = Field(
        default=True, title="The tenth visit", description="Written the day after it.",
    )  # fmt: skip
    mention_offer: bool = Field(
        default=False, title="Mention an offer",
        description="The first one in the salon's table of offers that holds that day.",
    )  # fmt: skip
    left_alone_percent: int = Field(
        default=0, ge=0, le=50, title="Clients left alone, in percent",
        description="Drawn by chance and written nothing, to see what writing brings.",
    )  # fmt: skip


@register
class Occasion(Reaching):
    name = "occasion"
    label = "Occasions"
    about = "Writes on birthdays, a year after a first visit, and after the tenth visit."
    listens_to = (TomorrowReady, ServiceCompleted)
    Settings = OccasionSettings
    example = OCCASION_EXAMPLE

    def spread(self, event: Event, as_of: datetime) -> list[Event]:
        """Everyone whose day comes before the desk opens again."""
        if not isinstance(event, TomorrowReady):
            return []
        location = Location.objects.select_related("connection").get(pk=event.location_id or 0)
        first = date.fromisoformat(event.day) + timedelta(days=1)
        last = max(datetime.fromisoformat(event.until).astimezone(location.zone).date(), first)
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        rows = reachable_lately(location.pk, self.purpose, as_of)
        found: list[Event] = []
        for outlook in rows.order_by("pk"):
            for kind, day in self._days_of(outlook, location, days):
                found += self._draw(event, outlook, kind, f"{kind}:{day.year}", as_of)
        return found

    def opening(self, event: Event, as_of: datetime) -> Opening | Skip:
        client = self.client_of_event(event)
        if isinstance(client, Skip):
            return client
        visit = last_visit(client, as_of)
        if visit is None:
            return Skip(NEVER_CAME)
        kind = self._kind(event, client, as_of)
        if not kind:
            return Skip("It is no occasion.")
        return self.opened(client, visit, event, _title(kind, client.short_name))

    def occasion_of(self, event: Event) -> str:
        return str(getattr(event, "occasion", "")) or "tenth"

    def gather(self, event: Event, as_of: datetime) -> Context | Skip:
        client = self.client_of_event(event)
        if isinstance(client, Skip):
            return client
        visit, kind = last_visit(client, as_of), self._kind(event, client, as_of)
        if visit is None or not kind:
            return Skip("It is no occasion.")
        rows = Outreach.objects.filter(agent=self.name, client=client)
        if rows.filter(key=self.occasion_of(event), held_out=True).exists():
            return Skip("Drawn by chance to be left alone this time.")
        location = Location.objects.select_related("connection").get(pk=event.location_id or 0)
        reader = Reader(type(self), as_of)
        contact = self.contact(client, location, as_of, at_hour(as_of, location, 1))
        if isinstance(contact, Skip):
            return contact
        offers = reader.salon(location, location.connection).offers
        return self.context_of(
            event, visit, contact, reader,
            kind=kind,
            reasons=[WHY[kind]],
            offer=offers[0] if offers and self.settings.mention_offer else "",
        )  # fmt: skip

    def template(self, context: Context) -> Text:
        return reaching_text(context, self.link(context))

    def why(self, context: Context) -> str:
        return WHY[context.kind]

    def problem(self, context: Context, text: Text) -> str:
        if MONEY_OFF.search(text.body) and not context.remembered:
            return "the model promised money off that is not in the salon's table of offers"
        return ""

    def propose(self, context: Context, drafted: Drafted) -> list[Proposal]:
        title = _title(context.kind, context.addressee.short_name)
        return self.proposed(
            context, drafted, title=title, tag=context.kind, stops_on_booking=False
        )

    def _kind(self, event: Event, client: Client, as_of: datetime) -> str:
        if not isinstance(event, ServiceCompleted):
            return str(getattr(event, "kind", ""))
        if not self.settings.tenth_visit or not event.location_id:
            return ""
        return "tenth" if visit_days(client, as_of) == TENTH else ""

    def _days_of(
        self, outlook: ClientOutlook, location: Location, days: list[date]
    ) -> list[tuple[str, date]]:
        found = []
        client: Any = outlook.client
        born = client.birthday
        for day in days:
            if self.settings.birthday and born and _same_day(born, day) and _adult(born, day):
                found.append(("birthday", day))
        first = getattr(outlook, "first_visit", None)
        if self.settings.anniversary and location.connection.history_complete and first:
            began = first.astimezone(location.zone).date()
            found += [
                ("anniversary", day)
                for day in days
                if _same_day(began, day) and day.year > began.year
            ]
        return found

    def _draw(
        self, event: Event, outlook: ClientOutlook, kind: str, key: str, as_of: datetime
    ) -> list[Event]:
        percent = self.settings.left_alone_percent
        row = outreach_draw(outlook=outlook, agent=self.name, key=key, percent=percent, at=as_of)
        return [] if row.held_out else [due_event(event, outlook, kind=kind, occasion=key)]


def reachable_lately(location_id: int, purpose: str, as_of: datetime) -> Any:
    """Who came within a good year, with the moment of their first visit; booked ahead or not."""
    rows = reachable(location_id, purpose, as_of, also_booked=True)
    rows = rows.filter(last_visit_on__gte=as_of.date() - CAME_WITHIN)
    came = Appointment.objects.filter(status__in=CAME, deleted_at=None)
    return rows.filter(client__appointments__in=came).annotate(
        first_visit=Min("client__appointments__starts_at")
    )


def visit_days(client: Client, as_of: datetime) -> int:
    """On how many days they came; the platform's own count where it knows of more."""
    rows = Appointment.objects.filter(
        client=client, status__in=CAME, starts_at__lte=as_of, deleted_at=None
    )
    return len({at.date() for at in rows.values_list("starts_at", flat=True)})


def _same_day(one: date, day: date) -> bool:
    """Also the 29th of February, on the 28th of a year without one."""
    if (one.month, one.day) == (2, 29) and (day.month, day.day) == (2, 28):
        return (day + timedelta(days=1)).month == 3
    return (one.month, one.day) == (day.month, day.day)


def _adult(born: date, day: date) -> bool:
    return day.year - born.year >= ADULT


def _title(kind: str, who: str) -> str:
    return {
        "birthday": f"Birthday wishes for {who}",
        "anniversary": f"A year since {who} first came",
        "tenth": f"Thank {who} for the tenth visit",
    }[kind]
