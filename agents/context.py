"""Context: what a run knows, as plain data. It is kept on the AgentRun and can be read back.

Everything in it was known at ``as_of``, belongs to one contact (a client, or a family on one
phone), and holds only the client fields that the agent declared.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

Language = Literal["en", "es"]


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Salon(Part):
    """The location that writes. ``hears``: answers to a text can be read by us.

    ``links`` and ``offers`` are the addresses and the money off that a text may mention.
    """

    id: int
    external_id: str
    name: str
    timezone: str
    phone: str = ""
    address: str = ""
    booking_url: str = ""
    currency: str = "USD"
    links: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()
    hears: bool = True
    history_complete: bool = False

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class Person(Part):
    """A client: ``fields`` are the declared ones only."""

    id: int
    external_id: str
    fields: dict[str, Any] = Field(default_factory=dict)

    def get(self, name: str) -> Any:
        """A declared field; KeyError when the agent did not declare it."""
        return self.fields[name]

    @property
    def first_name(self) -> str:
        return str(self.fields.get("first_name") or "").strip()

    @property
    def full_name(self) -> str:
        parts = [self.fields.get("first_name"), self.fields.get("last_name")]
        return " ".join(str(part).strip() for part in parts if part)

    @property
    def short_name(self) -> str:
        last = str(self.fields.get("last_name") or "").strip()
        first = self.first_name
        return f"{first} {last[0]}." if first and last else first or last or "Client"


class AppointmentFacts(Part):
    """One appointment as it stood. Times in UTC; ``person`` is the client's id."""

    id: int
    external_id: str
    person: int
    starts_at: datetime
    ends_at: datetime | None = None
    booked_at: datetime | None = None
    status: str = "booked"
    service: str = ""
    minutes: int | None = None
    price: Decimal | None = None
    currency: str = "USD"
    staff: str = ""
    staff_id: int | None = None
    staff_external_id: str = ""
    visit_id: str = ""
    source: str = ""
    aftercare: str = ""
    notes: str = ""
    time_known: bool = True


class Form(Part):
    """A form the client has not filled in yet, with its link."""

    id: int
    external_id: str
    name: str
    link: str


class Past(Part):
    """A client's record before ``as_of``. ``complete``: we hold all of it, so none means new."""

    visits: int = 0
    no_shows: int = 0
    late_cancels: int = 0
    complete: bool = False
    last_lost: bool = False
    same_service: int = 0
    days_since_last: int | None = None

    @property
    def first_visit(self) -> bool:
        """Unknown is not new: only a full record that is empty makes somebody new."""
        return self.complete and not (self.visits or self.no_shows or self.late_cancels)


class Risk(Part):
    """The chance that the booking is lost, and why in a receptionist's words."""

    level: Literal["", "low", "medium", "high"] = ""
    chance: float = 0.0
    reasons: list[str] = Field(default_factory=list)


class Contact(Part):
    """Whom the text goes to, how, and when. ``plain``: asked for non-personalised texts.

    ``send_at``: not before this moment (None: at once); ``hour_why`` says where the hour is from.
    """

    client_id: int
    client_external_id: str
    channel: Literal["sms", "email"]
    address: str
    why: str = ""
    language: Language = "en"
    plain: bool = False
    zone: str = "UTC"
    zone_why: str = ""
    send_at: datetime | None = None
    hour_why: str = ""
    written_before: bool = False


class Said(Part):
    """One message of a conversation. ``told``: what a model may read of it, without the names of
    other clients."""

    at: datetime
    by: Literal["client", "salon"]
    words: str
    told: str


class Offered(Part):
    """A service that a client asked about, as the salon offers it."""

    name: str
    minutes: int | None = None
    price: Decimal | None = None
    currency: str = "USD"


class Opened(Part):
    """When the desk is open on one of the coming days."""

    opens: datetime
    closes: datetime


class Context(Part):
    """The common part. An agent with more to know subclasses it and names the class in gather."""

    as_of: datetime
    event_at: datetime
    kind: str
    subject: str
    occasion: str
    salon: Salon
    contact: Contact
    people: list[Person]
    appointments: list[AppointmentFacts]
    forms: list[Form] = Field(default_factory=list)
    past: Past = Field(default_factory=Past)
    risk: Risk = Field(default_factory=Risk)
    remembered: str = ""
    due_at: datetime
    # What a text that asks for an answer asks for: one that means nothing else in that thread.
    digit: str = "1"
    batch: str = ""
    tainted: bool = False
    # What the desk asked of the standard text when it wanted another draft.
    brief: bool = False
    closing: str = ""
    # Of an answer: what was said, the newest last, and what it asks about.
    conversation: tuple[Said, ...] = ()
    asked_about: tuple[Offered, ...] = ()
    opening: tuple[Opened, ...] = ()

    def person(self, client_id: int) -> Person:
        return next(person for person in self.people if person.id == client_id)

    @property
    def addressee(self) -> Person:
        return self.person(self.contact.client_id)

    @property
    def first(self) -> AppointmentFacts:
        """The earliest appointment it speaks of."""
        return min(self.appointments, key=lambda visit: visit.starts_at)
