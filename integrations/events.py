"""Events: the typed, normalised meaning of what was delivered. Plain data, JSON both ways.

``key`` is stable: the same happening seen twice (webhook and poll) has the same key, and a moved
appointment has a new one. ``at`` is when it happened at the platform, ``history`` marks what was
imported or reconciled from before the connection: listeners never draft from history by themselves.
"""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

_kinds: dict[str, type["Event"]] = {}


@dataclass(frozen=True, kw_only=True)
class Event:
    """What every Event carries. Ids are our own primary keys of the working copy."""

    key: str
    connection_id: str
    at: datetime
    location_id: int | None = None
    client_id: int | None = None
    history: bool = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        _kinds[cls.__name__] = cls

    def to_json(self) -> dict[str, Any]:
        data = asdict(self)
        data["at"] = self.at.isoformat()
        return {"type": type(self).__name__, **data}


@dataclass(frozen=True, kw_only=True)
class AppointmentEvent(Event):
    appointment_id: int


@dataclass(frozen=True, kw_only=True)
class AppointmentBooked(AppointmentEvent):
    """A new booking; ``reinstated`` when a cancelled one came back."""

    reinstated: bool = False


@dataclass(frozen=True, kw_only=True)
class AppointmentMoved(AppointmentEvent):
    """Another time, therapist or location; ``before`` is the earlier start in UTC ISO, with the
    earlier end (where it was known), therapist and location."""

    before: str = ""
    before_ends: str = ""
    before_staff_id: int | None = None
    before_location_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class AppointmentConfirmed(AppointmentEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class AppointmentCancelled(AppointmentEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class AppointmentNoShow(AppointmentEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class ClientCheckedIn(AppointmentEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class ServiceCompleted(AppointmentEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class AppointmentSoon(AppointmentEvent):
    """The clock: ``offset`` is the name an agent declared ("reminder-24h")."""

    offset: str


@dataclass(frozen=True, kw_only=True)
class DayClosed(Event):
    """The clock: a location's day ended; ``day`` is its local date (ISO)."""

    day: str


@dataclass(frozen=True, kw_only=True)
class TomorrowReady(Event):
    """The clock: time to draft what falls due before the desk opens again.

    ``until`` is that next opening (UTC ISO); ``day`` the local date on which it is drafted.
    """

    day: str
    until: str


@dataclass(frozen=True, kw_only=True)
class ClientUpdated(Event):
    changed: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class ConsentChanged(Event):
    """A yes or no recorded here, by whatever way the client said it; not what a platform shows."""

    channel: str
    granted: bool
    purposes: list[str] = field(default_factory=list)
    wording: str = ""
    said_by: str = ""


@dataclass(frozen=True, kw_only=True)
class MessageReceived(Event):
    message_id: int


@dataclass(frozen=True, kw_only=True)
class StaffReplied(Event):
    """Somebody of the salon wrote to the client by other means (no machine, and not us)."""

    message_id: int


@dataclass(frozen=True, kw_only=True)
class MessageStatusChanged(Event):
    """An outgoing message was delivered or failed; ``reference`` is the one we sent it under."""

    reference: str
    status: str


@dataclass(frozen=True, kw_only=True)
class SaleCompleted(Event):
    sale_id: int


@dataclass(frozen=True, kw_only=True)
class FeedbackReceived(Event):
    feedback_id: int


@dataclass(frozen=True, kw_only=True)
class FormSubmitted(Event):
    form_id: int


@dataclass(frozen=True, kw_only=True)
class WaitlistChanged(Event):
    entry_id: int


@dataclass(frozen=True, kw_only=True)
class SlotEvent(Event):
    """A free stretch of somebody's shift, from ``starts_at`` to ``ends_at`` (UTC ISO)."""

    staff_id: int
    starts_at: str
    ends_at: str


@dataclass(frozen=True, kw_only=True)
class ShiftAdded(SlotEvent):
    """A shift that was not there before and lies ahead."""

    shift_id: int


@dataclass(frozen=True, kw_only=True)
class ScheduleChanged(Event):
    """Something on the calendar changed that no other Event speaks of: a room, a length, a service,
    a shift. ``moments`` are those it concerns (UTC ISO): where it stood, and where it stands."""

    moments: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class CalendarRead(Event):
    """Many days may look different at once: a first reading or a file has ended, or what somebody
    can do or a service asks for has changed. History by itself gives no Events, so nobody drafts of
    this one; who looks for clashes looks at the days ahead, at ``location_id`` or everywhere."""


@dataclass(frozen=True, kw_only=True)
class OffersChanged(Event):
    """What the salon offers or says of itself reads differently: a service, a product, opening
    hours. One for a whole delivery, whatever it holds; stock alone is no news of this kind."""


@dataclass(frozen=True, kw_only=True)
class SlotFree(SlotEvent):
    """Nobody is booked then. From the clock, so many hours before it begins ("still_free"), or
    a part of a new shift ("new_shift")."""

    cause: str = "still_free"


@dataclass(frozen=True, kw_only=True)
class StaffLeft(Event):
    """Somebody lost their last role here: what they had put off is free again.

    ``location_id`` is the one they left; None where none of the connection's is left to them.
    """

    user_id: int
    staff_external_id: str = ""


def event_from_json(data: dict[str, Any]) -> Event:
    """The Event that ``to_json`` wrote; unknown fields of an older or newer release are dropped."""
    cls = _kinds[data["type"]]
    names = set(cls.__dataclass_fields__)
    fields = {name: value for name, value in data.items() if name in names}
    fields["at"] = datetime.fromisoformat(fields["at"])
    return cls(**fields)


def event_types() -> dict[str, type[Event]]:
    return dict(_kinds)
